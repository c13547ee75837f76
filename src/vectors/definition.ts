// What a kind consists of: its tables of fields, how its outputs are computed by the library, and how cases of it are made.
import type { Ecc } from '../crypto/Ecc.ts';
import type { Fields } from './fields.ts';
import type { Input, Kind, Value, Values } from './model.ts';
import type { Random } from './random.ts';

/** The outputs that an input determines, each computed on demand; in this order when a refusal is looked for. */
export type Outputs = Readonly<Record<string, () => Value>>;

/** A case in the making. */
export type Draft = { readonly name: string; readonly comment?: string; readonly input: Input };

/** A way to spoil an input, and the code that must come of it. */
export type Spoiling = {
  readonly name: string;
  readonly error: string;
  readonly spoil: (random: Random, ecc: Ecc) => Input;
};

export type Definition = {
  readonly kind: Kind;
  readonly about: string;
  readonly input: Fields;
  /** Where an input has several forms: the field names of each. One form must be complete. */
  readonly forms?: readonly (readonly string[])[];
  readonly expect: Fields;
  /** Outputs that every case must list, unless it is a refusal. */
  readonly always?: readonly string[];
  /** @throws every error of the library that the input deserves, here or in an output */
  readonly outputs: (input: Input, ecc: Ecc) => Outputs;
  /** An input that the library accepts. */
  readonly draft: (random: Random, index: number, ecc: Ecc) => Draft;
  readonly spoilings: readonly Spoiling[];
};

/** All outputs of an input. */
export function valuesOf({ outputs }: Definition, input: Input, ecc: Ecc): Values {
  return Object.fromEntries(Object.entries(outputs(input, ecc)).map(([name, compute]) => [name, compute()]));
}
