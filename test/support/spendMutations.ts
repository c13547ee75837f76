// Thousands of spends of Babylon-like outputs, honest and broken in every way we could think of, for a comparison with a live node:
// fund the coins of `fundings`, mine until they are old enough, then judge each spend of `spends` and ask the node.
// Everything is deterministic and independent of the test runner.
import { type Coin, copy, type Draft, finish, type Input, isSignature, signer } from './spends/draft.ts';
import { oddFundings, oddSpends } from './spends/odd.ts';
import {
  type Base,
  BESIDE,
  baseOf,
  type Committee,
  coinOf,
  committees,
  type Funding,
  keyHashInput,
  keyPathInput,
  leafInput,
  outputOf,
  PATHS,
  type Path,
  fundings as stakingFundings,
  type World,
} from './spends/outputs.ts';
import { TRANSACTION_CHANGES } from './spends/transaction.ts';
import { type Changes, WITNESS_CHANGES } from './spends/witness.ts';

export type { Base, Coin, Funding, World };

/** A raw transaction with the outputs that its inputs spend. */
export type Spend = { readonly id: string; readonly transaction: Uint8Array; readonly prevouts: readonly Coin[] };

/** Committees too large to be mutated in every way. */
const LARGE = 30;

/**
 * The coins that must exist. They need no more than one block of age, except that timelocks up to 150 blocks should have run out;
 * the one named in {@link YOUNG} belongs into the tip.
 */
export function fundings(): readonly Funding[] {
  return [...stakingFundings(committees()), ...oddFundings()];
}

/** Funded last, in the tip itself. */
export const YOUNG: string = BESIDE.young;

/** The honest spends of all committees and paths. */
export function* bases(world: World): Generator<Base> {
  for (const committee of committees()) for (const path of PATHS) yield baseOf(committee, path, world);
}

/** One honest spend, changed in every way that applies. */
export function* mutate(base: Base, changes: Changes = [...WITNESS_CHANGES, ...TRANSACTION_CHANGES]): Generator<Spend> {
  for (const [name, change] of changes) {
    const draft = copy(base.draft);
    if (change(draft, base) !== false) yield spendOf(`${base.id}/${name}`, draft);
  }
}

/** All spends. `every` keeps one of so many mutations, spread evenly, for a short run. */
export function* spends(world: World, every = 1): Generator<Spend> {
  let count = 0;
  const kept = (): boolean => count++ % every === 0;
  for (const base of bases(world)) {
    const isLarge = base.committee.covenant.length > LARGE;
    for (const change of [...WITNESS_CHANGES, ...TRANSACTION_CHANGES]) {
      if ((isLarge && !/^(honest|type-all|covenant-(plus-1|minus-1|all|ascending|none)|stack-|version-3)/.test(change[0])) || !kept())
        continue;
      yield* mutate(base, [change]);
    }
    if (kept()) yield* sized(base);
  }
  for (const { id, draft } of pairs(world)) if (kept()) yield spendOf(id, draft);
  for (const { id, draft } of oddSpends(world.coins)) if (kept()) yield spendOf(id, draft);
}

/** Spends with two changes each, drawn by a seed: which of two broken rules is told first. */
export function* combined(world: World, count: number, seed: number): Generator<Spend> {
  const random = randomNumbers(seed);
  const all = [...bases(world)].filter(({ committee }) => committee.covenant.length <= LARGE);
  const changes = [...WITNESS_CHANGES, ...TRANSACTION_CHANGES];
  for (let made = 0; made < count; ) {
    const base = all[random(all.length)] as Base;
    const picked = [changes[random(changes.length)], changes[random(changes.length)]] as Changes;
    const draft = copy(base.draft);
    if (
      !picked.every(
        ([, change]) =>
          draft.inputs.length > 0 && draft.outputs.length > 0 && draft.inputs[0]?.tail.length === 2 && change(draft, base) !== false,
      )
    )
      continue;
    const spend = signable(`${base.id}/${picked.map(([name]) => name).join('+')}-${made + 1}`, draft);
    if (spend === undefined) continue;
    made++;
    yield spend;
  }
}

/** One change for every reason of a refusal. */
const REASONS = [
  'value-negative',
  'value-sum',
  'dup-input',
  'version-4',
  'heavy',
  'scriptsig-1651',
  'scriptsig-nop',
  'scriptsig-push',
  'out-nop',
  'out-v1-33',
  'opreturn-not-push',
  'dust-two',
  'dust-p2tr',
  'dust-and-no-fee',
  'burn-two',
  'tiny-64',
  'lock-height-next',
  'seq-age-plus-1',
  'seq-time-age-plus-1',
  'value-over-burn',
  'annex-signed-1',
  'cb-empty',
  'extra-81',
  'extra-257',
  'truc-330',
  'staker-sig-flip-s',
  'staker-sig-empty',
  'cb-parity',
  'with-wpkh-odd-type-4',
  'with-wpkh-before-bad',
  'with-tr-annex',
  'with-tr-bad',
  'witness-empty',
  'missing-script',
  'no-fee',
  'version-1',
  'burn-only',
  'with-wpkh-scriptsig',
];

/** Every two reasons in one spend, in both orders of making them. */
export function* ordered(world: World, ids: readonly string[] = ['unbonding/6of9', 'change-timelock/2of3']): Generator<Spend> {
  const changes = [...WITNESS_CHANGES, ...TRANSACTION_CHANGES].filter(([name]) => REASONS.includes(name));
  for (const base of bases(world)) {
    if (!ids.includes(base.id)) continue;
    for (const one of changes) {
      for (const two of changes) {
        const draft = copy(base.draft);
        if (
          ![one, two].every(([, change]) => draft.outputs.length > 0 && draft.inputs[0]?.tail.length === 2 && change(draft, base) !== false)
        )
          continue;
        const spend = signable(`${base.id}/${one[0]}+${two[0]}`, draft);
        if (spend !== undefined) yield spend;
      }
    }
  }
}

/** Not every two changes go together: undefined when what one wants signed is gone by the other. */
function signable(id: string, draft: Draft): Spend | undefined {
  try {
    return spendOf(id, draft);
  } catch {
    return undefined;
  }
}

/** A small generator of numbers below a limit (xorshift). */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function spendOf(id: string, draft: Draft): Spend {
  return { id, transaction: finish(draft), prevouts: draft.inputs.map(({ coin }) => coin) };
}

type Named = { readonly id: string; readonly draft: Draft };

const first = (draft: Draft): Input => draft.inputs[0] as Input;

/** Two staking outputs in one transaction, and extensions. */
function* pairs(world: World): Generator<Named> {
  const small = committees().filter(({ covenant }) => covenant.length <= LARGE);
  const all = small.flatMap((committee) => PATHS.map((path) => baseOf(committee, path, world)));
  for (const [i, base] of all.entries()) {
    for (const step of [1, 7, 20]) {
      const other = all[(i + step) % all.length] as Base;
      if (first(other.draft).coin === first(base.draft).coin) continue;
      yield* pair(base, other);
    }
    if (base.path === 'unbonding') yield* extensions(base, small[(i + 1) % small.length] as Committee, world);
  }
}

function* pair(base: Base, other: Base): Generator<Named> {
  const id = `${base.id}/two-${other.id.replace('/', '-')}`;
  const both = (change: (draft: Draft) => void): Draft => {
    const draft = copy(base.draft);
    draft.inputs.push(...copy(other.draft).inputs);
    draft.outputs.push(...copy(other.draft).outputs.map((output) => ({ ...output, value: output.value / 2n })));
    draft.outputs = draft.outputs.filter(
      ({ script }, at, list) => script[0] !== 0x6a || at === list.findIndex((one) => one.script[0] === 0x6a),
    );
    change(draft);
    return draft;
  };
  const spoil =
    (index: number) =>
    (draft: Draft): void => {
      const signature = (draft.inputs[index] as Input).items.find(isSignature);
      if (signature !== undefined) signature.signer = signer('foreign');
    };
  const types =
    (hashType: number) =>
    (draft: Draft): void => {
      for (const item of draft.inputs.flatMap(({ items }) => items)) if (isSignature(item)) item.hashType = hashType;
    };
  const { world } = base;
  yield { id, draft: both(() => undefined) };
  yield { id: `${id}-first-bad`, draft: both(spoil(0)) };
  yield { id: `${id}-second-bad`, draft: both(spoil(1)) };
  yield { id: `${id}-all-acp`, draft: both(types(0x81)) };
  yield { id: `${id}-single`, draft: both(types(3)) };
  yield {
    id: `${id}-second-young`,
    draft: both(({ inputs: [, second] }) => {
      if (second !== undefined) second.sequence = world.tipHeight + 2 - second.coin.confirmedHeight;
    }),
  };
  yield {
    id: `${id}-witnesses-swapped`,
    draft: both(({ inputs }) => {
      const [a, b] = inputs as [Input, Input];
      [a.tail, b.tail, a.items, b.items] = [b.tail, a.tail, b.items, a.items];
    }),
  };
}

/** A new staking output from the old one and a second coin. */
function* extensions(base: Base, next: Committee, world: World): Generator<Named> {
  const output = (value: bigint): Draft['outputs'] => [{ script: outputOf(next, 'staking').output.scriptPubKey, value }];
  for (const [name, input] of [
    ['wpkh', keyHashInput(coinOf(world, BESIDE.wpkh))],
    ['tr', keyPathInput(coinOf(world, BESIDE.keyPath))],
  ] as const) {
    const draft = copy(base.draft);
    draft.inputs.push(input);
    draft.outputs = output(first(draft).coin.valueSats + 10_000n);
    const id = `${base.id}/extension-${next.name}-${name}`;
    yield { id, draft };
    const reversed = copy(draft);
    reversed.inputs.reverse();
    yield { id: `${id}-reversed`, draft: reversed };
    const wrong = copy(draft);
    for (const item of first(wrong).items) {
      if (isSignature(item))
        item.view = (seen) => {
          const funding = seen.inputs[1] as Input;
          funding.coin = { ...funding.coin, valueSats: funding.coin.valueSats - 1n };
          return seen;
        };
    }
    yield { id: `${id}-funding-amount`, draft: wrong };
  }
}

/** Spends of an exact weight: around the relay limit, and of version 3 around its own. */
function* sized(base: Base): Generator<Spend> {
  if (base.path !== 'unbonding' || base.committee.covenant.length > LARGE) return;
  for (const [version, weight] of [
    [2, 399_999],
    [2, 400_000],
    [2, 400_001],
    [2, 400_004],
    [3, 39_997],
    [3, 40_000],
    [3, 40_001],
    [3, 40_004],
    [2, 40_001],
  ] as const) {
    const draft = ofWeight({ ...copy(base.draft), version }, weight);
    if (draft !== undefined) yield spendOf(`${base.id}/weight-${weight}-v${version}`, draft);
  }
}

/** Adds outputs, then a data output of the right length, then one-byte hash types. */
function ofWeight(draft: Draft, weight: number): Draft | undefined {
  const P2WPKH = { script: Uint8Array.of(0, 20, ...new Uint8Array(20).fill(3)), value: 294n };
  const DATA_OUTPUT_WEIGHT = 4 * 11;
  const room = (): number => weight - weightOf(finish(draft));
  const filled = Math.floor((room() - DATA_OUTPUT_WEIGHT - 8) / 124) - 1;
  if (filled < 0) return undefined;
  draft.outputs.push(...Array.from({ length: filled }, () => ({ ...P2WPKH })));
  draft.outputs.push({ script: Uint8Array.of(0x6a, 1, 7), value: 0n });
  const output = draft.outputs[draft.outputs.length - 1] as Draft['outputs'][number];
  const length = Math.min(74, Math.floor(room() / 4)) + 1;
  output.script = Uint8Array.of(0x6a, length, ...new Uint8Array(length).fill(7));
  for (const item of first(draft).items) if (isSignature(item) && room() > 0) item.hashType = 1;
  // the outputs may take more than there is; the amount is not what is tested
  const total = draft.outputs.reduce((sum, { value }) => sum + value, 0n);
  const first0 = draft.outputs[0] as Draft['outputs'][number];
  first0.value -= total - first(draft).coin.valueSats + 1000n;
  return room() === 0 && first0.value > 1000n ? draft : undefined;
}

/** Weight of raw bytes: decoded here only as far as the marker and the witness go. */
function weightOf(raw: Uint8Array): number {
  return 3 * strippedLength(raw) + raw.length;
}

function strippedLength(raw: Uint8Array): number {
  let at = 6;
  const size = (): number => {
    const byte = raw[at++] as number;
    if (byte < 0xfd) return byte;
    at += 2;
    return (raw[at - 2] as number) + 256 * (raw[at - 1] as number);
  };
  const inputs = size();
  for (let i = 0; i < inputs; i++) {
    at += 36;
    const script = size();
    at += script + 4;
  }
  const outputs = size();
  for (let i = 0; i < outputs; i++) {
    at += 8;
    const script = size();
    at += script;
  }
  return at - 2 + 4;
}

export { leafInput, type Path };
