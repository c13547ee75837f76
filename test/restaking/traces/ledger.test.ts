// What holds for any history: a refusal leaves no trace, a fork goes its own way, a snapshot goes on the same. The histories are those of the
// deployed contracts.
import { describe, expect, it } from 'vitest';
import * as EigenLayer from '../../../src/restaking/eigenlayer/EigenLayer.ts';
import * as Operations from '../../../src/restaking/eigenlayer/Operations.ts';
import { jsonOf } from '../../vectors/support.ts';

type File = {
  readonly traces: readonly {
    readonly id: string;
    readonly config: { readonly strategies: readonly string[] } & Readonly<Record<string, number>>;
    readonly steps: readonly { readonly op: unknown }[];
  }[];
};
const traces = ['eigenlayer/traces.v1.13.1.json.gz', 'eigenlayer/fuzz.v1.13.1.json.gz'].flatMap((path) => (jsonOf(path) as File).traces);

function ledgerOf({ config }: File['traces'][number]): EigenLayer.Ledger {
  return EigenLayer.create({
    strategies: config.strategies.map((id) => ({ id })),
    withdrawalDelayBlocks: BigInt(config['minWithdrawalDelayBlocks'] as number),
    deallocationDelayBlocks: BigInt(config['deallocationDelay'] as number),
    configurationDelayBlocks: BigInt(config['allocationConfigurationDelay'] as number),
    startBlock: BigInt(config['startBlock'] as number),
    startTime: BigInt(config['startTime'] as number),
  });
}

describe.each(traces.map((trace) => [trace.id, trace] as const))('%s', (_, trace) => {
  const operations = trace.steps.map(({ op }) => Operations.fromJson(op));

  it('a refused operation leaves no trace', () => {
    const ledger = ledgerOf(trace);
    let refusals = 0;
    for (const operation of operations) {
      const before = refusals < 12 ? JSON.stringify(EigenLayer.toJson(ledger)) : '';
      const outcome = EigenLayer.apply(ledger, operation);
      if (outcome.ok || before === '') continue;
      refusals++;
      expect(JSON.stringify(EigenLayer.toJson(ledger))).toBe(before);
    }
  });

  it('forks in the middle go on alike, apart, and leave the ledger as it was', () => {
    const ledger = ledgerOf(trace);
    const middle = operations.length >> 1;
    for (const operation of operations.slice(0, middle)) EigenLayer.apply(ledger, operation);
    const before = JSON.stringify(EigenLayer.toJson(ledger));
    const [one, other] = [EigenLayer.fork(ledger), EigenLayer.fork(ledger)];
    for (const operation of operations.slice(middle)) {
      const outcome = EigenLayer.apply(one, operation);
      EigenLayer.apply(other, { op: 'advance', blocks: 1n });
      expect(EigenLayer.apply(EigenLayer.fork(one), { op: 'advance', blocks: 1n })).toEqual({ ok: true });
      if (operation === operations.at(-1))
        expect(outcome).toEqual(EigenLayer.apply(lastOf(ledger, operations.slice(middle, -1)), operation));
    }
    expect(JSON.stringify(EigenLayer.toJson(ledger))).toBe(before);
    const again = EigenLayer.fromJson(JSON.parse(before));
    for (const operation of operations.slice(middle)) EigenLayer.apply(again, operation);
    expect(EigenLayer.toJson(again)).toEqual(EigenLayer.toJson(one));
  });
});

/** A fork after some more operations. */
function lastOf(ledger: EigenLayer.Ledger, operations: readonly Operations.Operation[]): EigenLayer.Ledger {
  const fork = EigenLayer.fork(ledger);
  for (const operation of operations) EigenLayer.apply(fork, operation);
  return fork;
}
