// Makes vector files from a seed: inputs that the library accepts, with its outputs, and inputs that it must refuse, with the code.
// The outputs are this library's own: such files carry its behaviour to other implementations and releases, they do not prove it.
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Ecc from '../crypto/Ecc.ts';
import { type Definition, valuesOf } from './definition.ts';
import { DEFINITIONS } from './kinds/all.ts';
import { type Case, KINDS, SCHEMA, type VectorFile } from './model.ts';
import { stream } from './random.ts';

export type Reason = Check.Reason | { readonly code: 'vectors.unknown-kind'; readonly got: string };

export { KINDS } from './model.ts';

export type Options = {
  /** One of {@link KINDS}. */
  readonly kind: string;
  /** Any text. A secret has no place here: every key of the file follows from it. */
  readonly seed: string;
  readonly count: number;
};

export const MAX_COUNT = 100_000;
/** One case in four is a refusal. */
const REFUSAL_EVERY = 4;

/**
 * `count` cases of a kind. Case i depends on kind, seed and i alone: a longer file begins with the shorter one, and every platform and
 * backend gives the same bytes.
 *
 * @throws vectors.unknown-kind, input.not-text, input.not-integer, input.out-of-range
 */
export function generate(options: Options, ecc: Ecc.Ecc = Ecc.auto()): VectorFile {
  const kind = KINDS.find((one) => one === options.kind);
  if (kind === undefined)
    fail<Reason>({ code: 'vectors.unknown-kind', got: String(options.kind) }, `kind: expected one of ${KINDS.join(', ')}`);
  const seed = Check.text(options.seed, 'seed');
  const count = Check.integer(options.count, 'count', 0, MAX_COUNT);
  const definition = DEFINITIONS[kind];
  const cases = Array.from({ length: count }, (_, index) => makeCase(definition, seed, index, ecc));
  return { schema: SCHEMA, kind, source: `satlock vectors generate, seed ${JSON.stringify(seed)}: outputs are satlock's own`, cases };
}

function makeCase(definition: Definition, seed: string, index: number, ecc: Ecc.Ecc): Case {
  const random = stream(SCHEMA, definition.kind, seed, String(index));
  const number = String(index).padStart(4, '0');
  if (index % REFUSAL_EVERY === REFUSAL_EVERY - 1) {
    const { spoilings } = definition;
    const spoiling = spoilings[Math.floor(index / REFUSAL_EVERY) % spoilings.length];
    if (spoiling !== undefined)
      return { id: `${number}-${spoiling.name}`, input: spoiling.spoil(random, ecc), expect: { error: spoiling.error } };
  }
  const { name, comment, input } = definition.draft(random, index, ecc);
  return { id: `${number}-${name}`, ...(comment === undefined ? {} : { comment }), input, expect: valuesOf(definition, input, ecc) };
}
