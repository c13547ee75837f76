// The metrics of the daemon, name by name: eotsd's six (finality-provider metrics/eots_collectors.go), and ours.
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

type Key = 'fp_btc_pk_hex';

export type Metrics = {
  readonly createdKeys: Counter;
  readonly randomnessLists: Counter<Key>;
  readonly randomnessHeight: Gauge<Key>;
  readonly signed: Counter<Key>;
  readonly signedHeight: Gauge<Key>;
  readonly schnorr: Counter<Key>;
  readonly returned: Counter<Key>;
  readonly refused: Counter<Key | 'code'>;
  readonly randomnessValues: Counter<Key>;
  readonly calls: Counter<'method' | 'status'>;
  readonly callSeconds: Histogram<'method'>;
  readonly storeSeconds: Histogram<'operation'>;
  readonly storeFailures: Counter<'code'>;
  readonly storeReachable: Gauge;
  readonly halted: Gauge;
  readonly authFailures: Counter<'why'>;
  readonly fencedSlots: Gauge;
  readonly condemned: Gauge;
  readonly watermark: Gauge<Key | 'chain_id'>;
  readonly highestSigned: Gauge<Key | 'chain_id'>;
  readonly keys: Gauge;
  readonly unlockedKeys: Gauge;
  readonly connections: Gauge;
  readonly droppedConnections: Counter<'why'>;
  readonly openCalls: Gauge;
  readonly build: Gauge<'version' | 'node' | 'store'>;
};

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const KEY = ['fp_btc_pk_hex'] as const;

/** Registers all of them; nothing else is ever registered by the daemon but prom-client's metrics of the process. */
export function makeMetrics(registry: Registry): Metrics {
  const registers = [registry];
  const prefix = 'satlock_signer_';
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> =>
    new Counter<L>({ name: prefix + name, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]): Gauge<L> =>
    new Gauge<L>({ name: prefix + name, help, labelNames, registers });
  const histogram = <L extends string>(name: string, help: string, labelNames: readonly L[]): Histogram<L> =>
    new Histogram<L>({ name: prefix + name, help, labelNames, buckets: SECONDS, registers });
  return {
    ...referenceMetrics(registry),
    returned: counter('returned_total', 'Repeated votes that were answered with the stored signature', KEY),
    refused: counter('refused_total', 'Requests that were refused, by code', [...KEY, 'code']),
    randomnessValues: counter('randomness_values_total', 'Values of public randomness that were made', KEY),
    calls: counter('calls_total', 'Answered calls by method and gRPC status', ['method', 'status']),
    callSeconds: histogram('call_seconds', 'From the whole request to its answer', ['method']),
    storeSeconds: histogram('store_seconds', 'Time that the store took', ['operation']),
    storeFailures: counter('store_failures_total', 'Failures of the store by code', ['code']),
    storeReachable: gauge('store_reachable', '1 when the store answered the last probe', []),
    halted: gauge('halted', '1 when the store made the signer stop signing', []),
    authFailures: counter('auth_failures_total', 'Calls that were not let in', ['why']),
    fencedSlots: gauge('fenced_slots', 'Pairs of key and chain that sign nothing new until their watermark is raised', []),
    condemned: gauge('condemned_keys', 'Keys with two different messages at one height', []),
    watermark: gauge('watermark_height', 'Nothing new is signed at this height or below', [...KEY, 'chain_id']),
    highestSigned: gauge('highest_signed_height', 'Highest height in the store', [...KEY, 'chain_id']),
    keys: gauge('keys', 'Keys in the keystore', []),
    unlockedKeys: gauge('unlocked_keys', 'Keys that are unlocked', []),
    connections: gauge('connections', 'Open connections', []),
    droppedConnections: counter('connections_dropped_total', 'Connections that the signer closed, by reason', ['why']),
    openCalls: gauge('open_calls', 'Calls that are being received, worked on or answered', []),
    build: new Gauge({ name: 'satlock_build_info', help: 'Always 1', labelNames: ['version', 'node', 'store'], registers }),
  };
}

type Reference = 'createdKeys' | 'randomnessLists' | 'randomnessHeight' | 'signed' | 'signedHeight' | 'schnorr';

function referenceMetrics(registry: Registry): Pick<Metrics, Reference> {
  const registers = [registry];
  const counter = (name: string, help: string): Counter<Key> => new Counter<Key>({ name, help, labelNames: KEY, registers });
  const gauge = (name: string, help: string): Gauge<Key> => new Gauge<Key>({ name, help, labelNames: KEY, registers });
  return {
    createdKeys: new Counter({ name: 'eots_created_keys_counter', help: 'Keys that came to the keystore while the signer ran', registers }),
    randomnessLists: counter('eots_fp_total_generated_randomness_counter', 'Lists of public randomness that were made'),
    randomnessHeight: gauge('eots_fp_last_generated_randomness_height', 'First height of the list of public randomness that was made last'),
    signed: counter('eots_fp_total_eots_sign_counter', 'Votes that were signed and stored'),
    signedHeight: gauge('eots_fp_last_eots_sign_height', 'Height of the vote that was signed and stored last'),
    schnorr: counter('eots_fp_total_schnorr_sign_counter', 'Commitments and proofs of possession that were signed'),
  };
}
