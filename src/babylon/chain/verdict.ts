// What the chain would answer to a message: the vocabulary of all checks of this folder, and the two ways of running them.
// Codes and texts are those of babylon x/btcstaking/types/errors.go; how an error becomes a code is cosmossdk.io/errors ABCIInfo.
import { isSatlockError } from '../../base/Errors.ts';

/**
 * One refusal. `code` counts within `codespace`: `btcstaking` is the staking module, `finality` the finality module, `staking` the framework's
 * own staking, `undefined`/1 an error without a code, `sdk` the framework; `satlock` (code 0) is a rule of ours, for what the chain takes and
 * nobody wants.
 */
export type Failure = {
  readonly codespace: 'btcstaking' | 'finality' | 'staking' | 'undefined' | 'sdk' | 'satlock';
  readonly code: number;
  /** The chain's own text as its log prints it; of errors in libraries below it, only the part that the chain writes. */
  readonly reference: string;
  /** Field of the message. */
  readonly field: string;
  /** Our code: `registration.…`, or that of the module that found the fault. */
  readonly why: string;
  /** The numbered check, such as `create.stateful.6`. */
  readonly check: string;
  /** The facts of our own error, when a module below found the fault. */
  readonly facts?: Readonly<Record<string, unknown>>;
};

/** What the chain takes and a sender should look at. */
export type Warning = { readonly why: string; readonly field: string; readonly message: string };

export type Verdict =
  | { readonly ok: true; readonly warnings: readonly Warning[] }
  | (Failure & { readonly ok: false; readonly warnings: readonly Warning[] });

/** The outcome of one check: nothing to say, a refusal, or `blocked` where an earlier refusal left nothing to look at. */
export type Outcome = Omit<Failure, 'check'> | 'blocked' | undefined;

/** A numbered check over what a message needs. */
export type Step<C> = readonly [name: string, run: (context: C) => Outcome];

/** The first refusal in the order of the steps. */
export function first<C>(steps: readonly Step<C>[], context: C): Failure | undefined {
  for (const [check, run] of steps) {
    const outcome = run(context);
    if (outcome !== undefined && outcome !== 'blocked') return { ...outcome, check };
  }
  return undefined;
}

/** Every refusal that does not merely follow from an earlier one. */
export function every<C>(steps: readonly Step<C>[], context: C): readonly Failure[] {
  return steps.flatMap(([check, run]) => {
    const outcome = run(context);
    return outcome === undefined || outcome === 'blocked' ? [] : [{ ...outcome, check }];
  });
}

/** Descriptions of the registered errors; the log ends with them. */
const SENTINELS = {
  1100: 'the finality provider is not found',
  1102: 'the BTC delegation is not found',
  1103: 'the finality provider has already been registered',
  1104: 'the finality provider has already been slashed',
  1106: 'the BTC staking tx is already used',
  1107: 'the BTC staking tx specifies a wrong covenant PK',
  1108: 'the BTC staking tx is not valid',
  1109: 'the BTC slashing tx is not valid',
  1110: 'the covenant signature is not valid',
  1111: 'commission cannot be less than min rate',
  1112: 'commission cannot be more than one',
  1114: 'the BTC unbonding tx is not valid',
  1116: 'the finality provider list contains too many public keys, it must contain exactly one',
  1117: 'the proof of possession is not valid',
  1118: 'the staking request contains duplicated finality provider public key',
  1119: 'invalid undelegation request',
  1121: 'the finality provider has already been jailed',
  1122: 'the finality provider is not jailed',
  1123: 'the covenant signature is already submitted',
  1124: 'the staking transaction is included too early in BTC chain',
  1125: 'empty commission',
  1130: 'the finality provider has been deleted',
} as const;

type Why = { readonly field: string; readonly why: string; readonly facts?: Readonly<Record<string, unknown>> };

/** The log text of a registered error: what is wrapped around it stands in front. */
export function textOf(code: keyof typeof SENTINELS, text = ''): string {
  return text === '' ? SENTINELS[code] : `${text}: ${SENTINELS[code]}`;
}

/** An error of the staking module. */
export function staking(code: keyof typeof SENTINELS, text: string, why: Why): Omit<Failure, 'check'> {
  return { codespace: 'btcstaking', code, reference: textOf(code, text), ...why };
}

/** An error without a code. */
export function plain(reference: string, why: Why): Omit<Failure, 'check'> {
  return { codespace: 'undefined', code: 1, reference, ...why };
}

/** A gRPC status out of a handler: it has no code of its own either. */
export function invalidArgument(text: string, why: Why): Omit<Failure, 'check'> {
  return plain(`rpc error: code = InvalidArgument desc = ${text}`, why);
}

/** A message that does not even decode. */
export function undecodable(text: string, why: Why): Omit<Failure, 'check'> {
  return { codespace: 'sdk', code: 2, reference: `${text}: tx parse error`, ...why };
}

/** A handler that falls over a missing field; the runner catches it. */
export function panic(why: Why): Omit<Failure, 'check'> {
  return {
    codespace: 'undefined',
    code: 111_222,
    reference: 'recovered: runtime error: invalid memory address or nil pointer dereference: panic',
    ...why,
  };
}

/** A rule of ours. */
export function own(reference: string, why: Why): Omit<Failure, 'check'> {
  return { codespace: 'satlock', code: 0, reference, ...why };
}

/** What an error of ours says: the chain's words where it has them, its code and its facts. */
export type Caught = { readonly reference: string; readonly why: string; readonly facts: Readonly<Record<string, unknown>> };

/** What `make` gives; undefined where a module of ours refuses. Errors that are not ours pass. */
export function attempt<T>(make: () => T): T | undefined {
  let made: T | undefined;
  caught(() => {
    made = make();
  });
  return made;
}

/** Runs a check that throws; gives what it threw, or undefined. Errors that are not ours pass. */
export function caught(act: () => void): Caught | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (!isSatlockError(error)) throw error;
    const { code, reference, ...facts } = error.reason as { readonly code: string; readonly reference?: unknown };
    return { reference: typeof reference === 'string' ? reference : error.message, why: code, facts };
  }
}
