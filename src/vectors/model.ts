// The exchange format as types: a file is a kind, a source and cases; a case is an input and what must come of it ("satlock-vectors/1").

/** The only version of the format. */
export const SCHEMA = 'satlock-vectors/1';

/** The kinds that are read, verified and generated here. */
export const KINDS = [
  'staking.scripts',
  'staking.transactions',
  'bitcoin.spend',
  'eots.sign',
  'eots.verify',
  'eots.extract',
  'eots.randomness',
  'eots.commitment',
  'adaptor.signature',
  'babylon.pop',
  'babylon.message',
] as const;

export type Kind = (typeof KINDS)[number];

/** What a case's output is: hex or text, a verdict, or a list of hex. */
export type Value = string | boolean | readonly string[];

/** Input as JSON has it. Its fields are checked against the kind's table before anybody reads them. */
export type Input = Readonly<Record<string, unknown>>;

/** The input must be refused: with this code, or (`true`) with any error of the library. */
export type Refusal = { readonly error: string | true };

/** Outputs by name. Only those that are listed are compared. */
export type Values = Readonly<Record<string, Value>>;

export type Case = {
  readonly id: string;
  readonly comment?: string;
  readonly input: Input;
  readonly expect: Refusal | Values;
};

export type VectorFile = {
  readonly schema: typeof SCHEMA;
  readonly kind: Kind;
  readonly source: string;
  readonly cases: readonly Case[];
};

/** Tells a refusal from outputs: no kind has an output of the name `error`. */
export function isRefusal(expect: Refusal | Values): expect is Refusal {
  return Object.hasOwn(expect, 'error');
}
