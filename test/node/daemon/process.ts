// A daemon in a process of its own, over a store in memory: what the tests of limits and signals run. Settings come as JSON in the variable DAEMON,
// answers go over the IPC channel.
import { Observer, serve, untilSignal } from '../../../src/node/daemon/SignerDaemon.ts';
import { fastest } from '../../../src/node/fastestEcc.ts';
import { babylonRecognisers } from '../../../src/node/recognisers.ts';
import { MemoryStore } from '../../../src/signer/MemoryStore.ts';
import { Signer } from '../../../src/signer/Signer.ts';
import { TestKeys } from './keys.ts';

const { hmacKey, ...options } = JSON.parse(process.env['DAEMON'] ?? '{}') as {
  readonly listen: string;
  readonly hmacKey?: string;
  readonly limits?: Record<string, number>;
  readonly metrics?: { readonly listen: string };
};
const keys = new TestKeys();
const observer = new Observer();
const store = observer.store(new MemoryStore());
const signer = new Signer({ store, keys, recognisers: babylonRecognisers(), nowMs: () => BigInt(Date.now()), ecc: fastest() });
const auth = hmacKey === undefined ? {} : { auth: { hmacKey: new TextEncoder().encode(hmacKey) } };
const running = await serve({ ...{ signer, keystore: keys, store, observer }, ...options, ...auth });
process.on('message', () => process.send?.({ memory: process.memoryUsage() }));
process.send?.({
  address: running.address,
  port: running.port,
  metrics: running.metricsAddress,
  publicKey: Buffer.from(keys.publicKey).toString('hex'),
});
await untilSignal(running);
process.disconnect();
