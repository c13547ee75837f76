// Babylon-like outputs of committees of all sizes, and the honest spends of them that mutations start from.
import { build as buildTree, type SpendableLeaf, type TapOutput, type Tree } from '../../../src/bitcoin/TapTree.ts';
import { type Coin, concat, type Draft, hash160, hex, type Input, type Item, type Signer, signer } from './draft.ts';

/** A committee: how many of whom must sign, and the two locks in blocks. */
export type Committee = {
  readonly name: string;
  readonly stakers: readonly Signer[];
  readonly stakerQuorum: number;
  readonly providers: readonly Signer[];
  readonly covenant: readonly Signer[];
  readonly quorum: number;
  readonly stakingBlocks: number;
  readonly unbondingBlocks: number;
};

type Pair = readonly [number, number];
/** `of`: quorum and members; `stakers` likewise; `locks`: staking and unbonding blocks. */
type Shape = { readonly of: Pair; readonly providers?: number; readonly stakers?: Pair; readonly locks: Pair };

const SHAPES: Readonly<Record<string, Shape>> = {
  '1of1': { of: [1, 1], locks: [1, 2] },
  '1of3': { of: [1, 3], locks: [5, 16] },
  '2of3': { of: [2, 3], locks: [17, 5] },
  '2of3-2fp': { of: [2, 3], providers: 2, locks: [16, 17] },
  '3of5': { of: [3, 5], locks: [127, 128] },
  '6of9': { of: [6, 9], locks: [128, 101] },
  '9of9': { of: [9, 9], locks: [129, 3] },
  '5of7-3fp': { of: [5, 7], providers: 3, locks: [144, 10] },
  '18of20-10fp': { of: [18, 20], providers: 10, locks: [150, 20] },
  '2of2-staker1of2': { of: [2, 2], stakers: [1, 2], locks: [7, 8] },
  '2of3-staker2of3': { of: [2, 3], stakers: [2, 3], locks: [9, 11] },
  '6of9-2fp-staker2of3': { of: [6, 9], providers: 2, stakers: [2, 3], locks: [12, 13] },
  '3of5-long': { of: [3, 5], locks: [32768, 255] },
  '5of9-max': { of: [5, 9], locks: [65535, 65535] },
  '40of60': { of: [40, 60], locks: [30, 31] },
  '1of300': { of: [1, 300], locks: [33, 34] },
  '1of998': { of: [1, 998], locks: [35, 36] },
  '1of999': { of: [1, 999], locks: [37, 38] },
};

let cached: readonly Committee[] | undefined;

/** All committees, smallest first within reason; made once, since the large ones have many keys. */
export function committees(): readonly Committee[] {
  cached ??= make();
  return cached;
}

function make(): readonly Committee[] {
  const one: Pair = [1, 1];
  return Object.entries(SHAPES).map(([name, { of, providers = 1, stakers = one, locks }]) => ({
    name,
    stakers: group(`${name} staker`, stakers[1]),
    stakerQuorum: stakers[0],
    providers: group(`${name} provider`, providers),
    covenant: group(`${name} covenant`, of[1]),
    quorum: of[0],
    stakingBlocks: locks[0],
    unbondingBlocks: locks[1],
  }));
}

/** Signers in the order of the script: ascending by their keys. */
function group(name: string, size: number): readonly Signer[] {
  return Array.from({ length: size }, (_, i) => signer(`${name} ${i}`)).sort((a, b) => compare(a.publicKey, b.publicKey));
}

function compare(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return at < 0 ? 0 : (a[at] as number) - (b[at] as number);
}

/** The minimal push of a number. */
export function num(value: number): Uint8Array {
  if (value === 0) return hex('00');
  if (value <= 16) return Uint8Array.of(0x50 + value);
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.push(rest % 256);
  if ((bytes[bytes.length - 1] as number) >= 0x80) bytes.push(0);
  return Uint8Array.of(bytes.length, ...bytes);
}

export function push(key: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(key.length), key);
}

/** `<key> CHECKSIG[VERIFY]`, or the k-of-n form for several keys. */
export function multi(signers: readonly Signer[], quorum: number, verify: boolean): Uint8Array {
  const [first, ...rest] = signers.map(({ publicKey }) => push(publicKey)) as [Uint8Array, ...Uint8Array[]];
  if (rest.length === 0) return concat(first, hex(verify ? 'ad' : 'ac'));
  return concat(first, hex('ac'), ...rest.flatMap((key) => [key, hex('ba')]), num(quorum), hex(verify ? '9d' : '9c'));
}

export type Path = 'staking-timelock' | 'unbonding' | 'slashing' | 'unbonding-timelock' | 'unbonding-slashing' | 'change-timelock';
export const PATHS: readonly Path[] = [
  'staking-timelock',
  'unbonding',
  'slashing',
  'unbonding-timelock',
  'unbonding-slashing',
  'change-timelock',
];

/** A coin that must exist: what to pay to. */
export type Funding = { readonly name: string; readonly scriptPubKey: Uint8Array; readonly valueSats: bigint };

type Kind = 'staking' | 'unbonding' | 'change';

/** The output of a kind, and its leaves by path. */
export function outputOf(
  committee: Committee,
  kind: Kind,
): { readonly output: TapOutput; readonly leaves: ReadonlyMap<Path, SpendableLeaf> } {
  const { stakers, stakerQuorum, providers, covenant, quorum } = committee;
  const timelock = (blocks: number): { script: Uint8Array } => ({
    script: concat(multi(stakers, stakerQuorum, true), num(blocks), hex('b2')),
  });
  const staker = multi(stakers, stakerQuorum, true);
  const unbonding = { script: concat(staker, multi(covenant, quorum, false)) };
  const slashing = { script: concat(staker, multi(providers, 1, true), multi(covenant, quorum, false)) };
  const shapes: Readonly<Record<Kind, readonly [Tree, readonly Path[]]>> = {
    staking: [
      [[timelock(committee.stakingBlocks), unbonding], slashing],
      ['staking-timelock', 'unbonding', 'slashing'],
    ],
    unbonding: [
      [slashing, timelock(committee.unbondingBlocks)],
      ['unbonding-slashing', 'unbonding-timelock'],
    ],
    change: [timelock(committee.unbondingBlocks), ['change-timelock']],
  };
  const [tree, paths] = shapes[kind];
  const output = buildTree(tree);
  return { output, leaves: new Map(paths.map((path, i) => [path, output.leaves[i] as SpendableLeaf])) };
}

const KIND: Readonly<Record<Path, Kind>> = {
  'staking-timelock': 'staking',
  unbonding: 'staking',
  slashing: 'staking',
  'unbonding-timelock': 'unbonding',
  'unbonding-slashing': 'unbonding',
  'change-timelock': 'change',
};

/** Names under which the coins beside the staking outputs are funded. */
export const BESIDE = {
  wpkh: 'beside-wpkh',
  uncompressed: 'beside-wpkh-uncompressed',
  hybrid: 'beside-wpkh-hybrid',
  keyPath: 'beside-key-path',
  young: 'young-wpkh',
} as const;
export const wpkhSigner: Signer = signer('beside wpkh');
export const keyPathSigner: Signer = signer('beside key path');

export function wpkhScript(publicKey: Uint8Array): Uint8Array {
  return concat(hex('0014'), hash160(publicKey));
}

/** All coins that the honest spends and mutations use; the ones named young- must be confirmed in the tip. */
export function fundings(list: readonly Committee[]): readonly Funding[] {
  const valueSats = 2_000_000n;
  const staking = list.flatMap((committee) =>
    (['staking', 'unbonding', 'change'] as const).map((kind) => ({
      name: `${committee.name}/${kind}`,
      scriptPubKey: outputOf(committee, kind).output.scriptPubKey,
      valueSats,
    })),
  );
  return [
    ...staking,
    { name: BESIDE.wpkh, scriptPubKey: wpkhScript(wpkhSigner.compressed), valueSats: 50_000n },
    { name: BESIDE.young, scriptPubKey: wpkhScript(wpkhSigner.compressed), valueSats: 50_001n },
    { name: BESIDE.uncompressed, scriptPubKey: wpkhScript(uncompressed(wpkhSigner, 4)), valueSats: 50_002n },
    { name: BESIDE.hybrid, scriptPubKey: wpkhScript(uncompressed(wpkhSigner, 6)), valueSats: 50_003n },
    { name: BESIDE.keyPath, scriptPubKey: concat(hex('5120'), keyPathSigner.publicKey), valueSats: 60_000n },
  ];
}

/** The 65-byte form of a key; with prefix 6 the hybrid form, whose prefix tells the parity. */
export function uncompressed({ compressed }: Signer, prefix: 4 | 6): Uint8Array {
  const p = 2n ** 256n - 2n ** 32n - 977n;
  const x = compressed.slice(1).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  let y = power((x ** 3n + 7n) % p, (p + 1n) / 4n, p);
  const odd = compressed[0] === 3;
  if ((y & 1n) !== (odd ? 1n : 0n)) y = p - y;
  return concat(Uint8Array.of(prefix === 4 ? 4 : odd ? 7 : 6), compressed.slice(1), hex(y.toString(16).padStart(64, '0')));
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let b = base, e = exponent; e > 0n; e >>= 1n) {
    if ((e & 1n) === 1n) result = (result * b) % modulus;
    b = (b * b) % modulus;
  }
  return result;
}

/** The chain that the spends are made for. */
export type World = { readonly coins: ReadonlyMap<string, Coin>; readonly tipHeight: number; readonly medianTime: number };

/** An honest spend to start from. */
export type Base = {
  readonly id: string;
  readonly path: Path;
  readonly committee: Committee;
  readonly world: World;
  readonly draft: Draft;
};

export function coinOf(world: World, name: string): Coin {
  const coin = world.coins.get(name);
  if (coin === undefined) throw new Error(`no coin named ${name}`);
  return coin;
}

/** The honest spend of a path, signed by as few as needed, the last of each group. */
export function baseOf(committee: Committee, path: Path, world: World): Base {
  const coin = coinOf(world, `${committee.name}/${KIND[path]}`);
  const { stakingBlocks, unbondingBlocks } = committee;
  const sequence = path === 'staking-timelock' ? stakingBlocks : path.endsWith('timelock') ? unbondingBlocks : 0xffff_ffff;
  const draft: Draft = {
    version: 2,
    locktime: 0,
    inputs: [leafInput(committee, path, coin, sequence)],
    outputs: outputsOf(path, coin.valueSats),
  };
  return { id: `${path}/${committee.name}`, path, committee, world, draft };
}

function outputsOf(path: Path, valueSats: bigint): Draft['outputs'] {
  const change = concat(hex('5120'), signer('destination').publicKey);
  if (!path.endsWith('slashing')) return [{ script: change, value: valueSats - 3000n }];
  return [
    { script: hex('6a07626162796c6f6e'), value: valueSats / 10n },
    { script: change, value: valueSats - valueSats / 10n - 3000n },
  ];
}

export function leafInput(committee: Committee, path: Path, coin: Coin, sequence: number): Input {
  const leaf = outputOf(committee, KIND[path]).leaves.get(path) as SpendableLeaf;
  const { stakers, stakerQuorum, providers, covenant, quorum } = committee;
  const items: Item[] = [];
  if (!path.endsWith('timelock')) items.push(...slots(covenant, quorum, 'covenant'));
  if (path.endsWith('slashing')) items.push(...slots(providers, 1, 'provider'));
  items.push(...slots(stakers, stakerQuorum, 'staker'));
  return { coin, sequence, scriptSig: new Uint8Array(), items, tail: [leaf.script, leaf.controlBlock], leafHash: leaf.leafHash, after: [] };
}

/** One slot per key, descending; the first slots are empty. */
function slots(signers: readonly Signer[], quorum: number, role: string): Item[] {
  return [...signers]
    .reverse()
    .map((one, i) => (i < signers.length - quorum ? { raw: new Uint8Array(), role, owner: one } : { signer: one, role, hashType: 0 }));
}

export function keyHashInput(coin: Coin, publicKey: Uint8Array = wpkhSigner.compressed): Input {
  return {
    coin,
    sequence: 0xffff_ffff,
    scriptSig: new Uint8Array(),
    items: [{ signer: wpkhSigner, role: 'key-hash', hashType: 1 }, { raw: publicKey }],
    tail: [],
    after: [],
    keyHash: true,
  };
}

export function keyPathInput(coin: Coin): Input {
  return {
    coin,
    sequence: 0xffff_ffff,
    scriptSig: new Uint8Array(),
    items: [{ signer: keyPathSigner, role: 'key-path', hashType: 0 }],
    tail: [],
    after: [],
  };
}
