// Symbiotic traces: their configuration and steps, in the words of "restaking-trace/1".
import { z } from 'zod';
import { fail, isSatlockError } from '../../base/Errors.ts';
import { decode } from '../state/store.ts';
import * as Config from '../symbiotic/Config.ts';
import * as Operations from '../symbiotic/Operations.ts';
import { checkHas } from '../symbiotic/requests.ts';
import * as Symbiotic from '../symbiotic/Symbiotic.ts';
import { isObject, type JsonObject, jsonOf } from './json.ts';
import type { Kind, Machine, Result } from './machine.ts';
import { type ConfigReason, configProblem, uint } from './shapes.ts';

const IDS = z.array(z.string());
const CONFIG = z.strictObject({
  epochDuration: uint,
  delegator: z.enum(Config.DELEGATORS),
  slasher: z.enum(Config.SLASHERS),
  vetoDuration: uint.exactOptional(),
  resolverSetEpochsDelay: uint.exactOptional(),
  startTime: uint.exactOptional(),
  networks: IDS,
  operators: IDS,
  accounts: IDS,
  /** Of the delegators that have only one. */
  operator: z.string().exactOptional(),
  network: z.string().exactOptional(),
  burner: z.string().exactOptional(),
});

export const symbioticKind: Kind = {
  start: (json) => {
    const config = configOf(json);
    return { start: () => machine(Symbiotic.create(config), []) };
  },
  operations: (json) => {
    const config = configOf(json);
    return (one) => {
      const operation = Operations.fromJson(one);
      checkType(operation, config);
      return operation;
    };
  },
  resume: (json) => {
    if (!isObject(json) || !Object.hasOwn(json, 'named')) return machine(Symbiotic.fromJson(json), []);
    const { named, ...ledger } = json;
    return machine(Symbiotic.fromJson(ledger), decode(IDS, named, 'named'));
  },
};

export type Reason = ConfigReason | Config.Reason | Operations.Reason;

function configOf(json: unknown): Config.Config {
  const read = z.safeDecode(CONFIG, json as z.input<typeof CONFIG>);
  return read.success ? Config.config(read.data) : configProblem(read.error);
}

/** An operation of another type of delegator or slasher is no refusal: its contract has no such function. */
function checkType({ op }: Operations.Operation, config: Config.Config): void {
  try {
    checkHas(config, op);
  } catch (error) {
    if (!isSatlockError(error)) throw error;
    fail<Operations.Reason>({ code: 'operation.bad-field', op, field: 'op', problem: error.message }, `${op}: ${error.message}`, {
      cause: error,
    });
  }
}

/**
 * Traces list every subnetwork that an operation ever named, a refused one too: those names stand beside the ledger, in which a refused
 * operation leaves no trace.
 */
function machine(ledger: Symbiotic.Ledger, given: readonly string[]): Machine {
  const named = new Set(given);
  return {
    apply: (operation) => jsonOf(Symbiotic.apply(ledger, naming(named, operation))) as Result,
    explain: (operation) => {
      const { outcome, intermediates } = Symbiotic.explain(ledger, naming(named, operation));
      return { result: jsonOf(outcome) as Result, intermediates };
    },
    state: () => Symbiotic.view(ledger, named) as JsonObject,
    save: () => {
      const refused = [...named].filter((key) => !ledger.delegation.subnetworks.has(key)).sort();
      return { ...Symbiotic.toJson(ledger), ...(refused.length === 0 ? {} : { named: refused }) };
    },
  };
}

function naming(named: Set<string>, given: unknown): Operations.Operation {
  const operation = given as Operations.Operation;
  if (isObject(given) && 'net' in operation && 'id' in operation) named.add(`${operation.net}:${operation.id}`);
  return operation;
}
