// The signer's daemon: eotsd's gRPC service, byte for byte, over a signer that never signs twice.
// finality-provider eotsmanager/proto/eotsmanager.proto, eotsmanager/service/{rpcserver,server,hmac}.go.
import type { RunningSigner, ServeOptions } from './ports.ts';

export { Observer } from './Observer.ts';
export type { KeysPort, Limits, LogOptions, Outcome, Reason, RunningSigner, ServeOptions, SignerPort } from './ports.ts';

/** Starts the daemon. */
export async function serve(_options: ServeOptions): Promise<RunningSigner> {
  throw new Error('being written');
}

/** Stops gracefully on SIGINT and SIGTERM, at once on a second one, and reads the TLS files again on SIGHUP. Settles when the daemon has stopped. */
export async function untilSignal(running: RunningSigner): Promise<void> {
  await running.closed;
}
