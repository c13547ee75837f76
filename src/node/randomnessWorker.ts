// The thread of a randomness pool: computes the sealed points of one range after another. Holds a key only while it computes with it.
import { parentPort } from 'node:worker_threads';
import * as PubRand from '../crypto/PubRand.ts';
import { fastest } from './fastestEcc.ts';
import type { Answer, Task } from './randomnessTask.ts';

const ecc = fastest();

parentPort?.on('message', ({ id, secretKey, chainId, range }: Task) => {
  const answer = ((): Answer => {
    try {
      return { id, sealed: PubRand.sealedPoints(secretKey, chainId, range, ecc) };
    } catch {
      // The caller computes the range itself, and then sees what is wrong.
      return { id, sealed: undefined };
    } finally {
      secretKey.fill(0);
    }
  })();
  // `points` alone fills its memory, so that it can be moved instead of copied.
  parentPort?.postMessage(answer, answer.sealed === undefined ? [] : [answer.sealed.points.buffer as ArrayBuffer]);
});
