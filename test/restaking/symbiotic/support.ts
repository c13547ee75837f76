// Shared by the tests of the Symbiotic ledger.
import type * as Config from '../../../src/restaking/symbiotic/Config.ts';
import type { Operation } from '../../../src/restaking/symbiotic/Operations.ts';
import * as Symbiotic from '../../../src/restaking/symbiotic/Symbiotic.ts';

export const DAY = 86_400n;
export const WEEK: bigint = 7n * DAY;
export const ETHER: bigint = 10n ** 18n;
export const MAX: bigint = 2n ** 256n - 1n;
export const ZERO = '0x0000000000000000000000000000000000000000';
export const NET = { net: 'net', id: 0n } as const;

/** A vault with two operators and two networks; two days to veto. */
export function ledger(given: Partial<Config.Config> = {}): Symbiotic.Ledger {
  const vetoDuration = 2n * DAY;
  return Symbiotic.create({ slasher: 'instant', vetoDuration, networks: ['net', 'net2'], operators: ['op1', 'op2'], ...given });
}

/** Does operations that must be accepted. @returns what the last one gave */
export function accept(state: Symbiotic.Ledger, ...operations: readonly Operation[]): Symbiotic.Results {
  let last: Symbiotic.Results = {};
  for (const operation of operations) {
    const result = Symbiotic.apply(state, operation);
    if (!result.ok) throw new Error(`${operation.op}: ${String(result.error)}`);
    last = result;
  }
  const { ok: _, ...results } = last;
  return results;
}

/** The name of the refusal of an operation, which must leave no trace. */
export function refused(state: Symbiotic.Ledger, operation: Operation): string {
  const before = JSON.stringify(Symbiotic.toJson(state));
  const result = Symbiotic.apply(state, operation);
  if (result.ok) throw new Error(`${operation.op} was accepted`);
  if (JSON.stringify(Symbiotic.toJson(state)) !== before) throw new Error(`${operation.op} left a trace`);
  return String(result.error);
}

type Node = { readonly [key: string]: Node } & string;

/** A field of the state, for example `at(state, 'accounts', 'alice', 'tokens')`. */
export function at(state: Symbiotic.Ledger, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((node, key) => (node as Node)[key], Symbiotic.view(state));
}

/** A restaked vault: a network's whole stake on one operator. */
export function restaked(given: Partial<Config.Config> = {}, amount = 1000n): Symbiotic.Ledger {
  const state = ledger(given);
  accept(
    state,
    { op: 'setMaxNetworkLimit', ...NET, amount: 10n ** 24n },
    { op: 'setNetworkLimit', ...NET, amount: 10n ** 24n },
    { op: 'setOperatorNetworkShares', ...NET, operator: 'op1', shares: 1n },
    { op: 'deposit', who: 'alice', amount },
    { op: 'advance', seconds: 100n },
  );
  return state;
}
