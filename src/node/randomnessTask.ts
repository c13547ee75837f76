// What the threads of a randomness pool are sent, and what they answer.
import type * as PubRand from '../crypto/PubRand.ts';
import type * as SecretKey from '../crypto/SecretKey.ts';

/** One piece of a range. The key is a copy that the thread wipes. */
export type Task = {
  readonly id: number;
  readonly secretKey: SecretKey.SecretKey;
  readonly chainId: string;
  readonly range: PubRand.HeightRange;
};

/** `sealed` is undefined when the thread could not compute the piece. */
export type Answer = { readonly id: number; readonly sealed: PubRand.SealedPoints | undefined };
