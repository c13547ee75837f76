// Hand-made leaves of the same opcodes: raw quorums and locks, keys of other lengths, other leaf versions, deep trees, resource limits.
import { sha256 } from '@noble/hashes/sha2.js';
import * as TapTree from '../../../src/bitcoin/TapTree.ts';
import { type Coin, concat, type Draft, hex, type Item, type Signature, signer } from './draft.ts';
import { type Funding, push } from './outputs.ts';

/** One spend of a hand-made output. */
type Odd = {
  readonly name: string;
  readonly leaf: Uint8Array;
  readonly leafVersion?: number;
  /** Siblings from the leaf upwards. */
  readonly path?: readonly Uint8Array[];
  readonly internalKey?: Uint8Array;
  readonly items: () => Item[];
  readonly sequence?: number;
  readonly version?: number;
  readonly annex?: Uint8Array;
  /** Spends the output by its key path. */
  readonly keyPath?: boolean;
};

const EMPTY = new Uint8Array();
const STAKER = signer('odd staker');
const COVENANT = [0, 1, 2].map((i) => signer(`odd covenant ${i}`));
const staker = concat(push(STAKER.publicKey), hex('ad'));
const FINAL = 0xffff_ffff;
const sig = (one = STAKER): Signature => ({ signer: one, role: 'odd', hashType: 0 });
const raw = (text: string): Item => ({ raw: hex(text) });
const sibling = (i: number): Uint8Array => sha256(Uint8Array.of(i));

const RAW_NUMBERS = [
  '00',
  '51',
  '52',
  '53',
  '54',
  '60',
  '4f',
  '0100',
  '0180',
  '0101',
  '0102',
  '0103',
  '0181',
  '0182',
  '01ff',
  '4c00',
  '4c0102',
  '4c0112',
  '4d010002',
  '4d0000',
  '4e0100000002',
  '4e00000000',
  '020200',
  '028000',
  '020080',
  '020280',
  '03020000',
  '0402000000',
  '0402000080',
  '050200000000',
  '050000000000',
  '0600000000000000',
  '0301',
  '4c',
  '4c05',
  '4d01',
  '4d0201',
  '4e010000',
  '4effffffff',
  '5151',
  '0000',
  '50',
  '',
  '04ffffff7f',
  '04ffffffff',
];

const quorums: Odd[] = RAW_NUMBERS.flatMap((text): Odd[] => {
  const leaf = concat(staker, ...COVENANT.flatMap((one, i) => [push(one.publicKey), hex(i === 0 ? 'ac' : 'ba')]), hex(text), hex('9c'));
  return [0, 2].map((signers) => ({
    name: `unbonding/odd/quorum-raw-${text}-${signers}`,
    leaf,
    items: () => [...[...COVENANT].reverse().map((one, i) => (i < 3 - signers ? raw('') : sig(one))), sig()],
  }));
});

const LOCKS = [
  ...RAW_NUMBERS,
  '55',
  '0105',
  '0185',
  '020500',
  '03050000',
  '0405000000',
  '050500000000',
  '050000008000',
  '050500008000',
  '0305ff3f',
  '03050040',
  '03000040',
  '03ffff40',
  '0500000080ff',
  '05ffffffff00',
  '050000000001',
  '050500000001',
  '050500004001',
  '05ffffffff7f',
  '05ffffffffff',
  '06050000000000',
  '4c0105',
  '4d010005',
  '55b2',
  '5551',
  'b2',
];

const locks: Odd[] = LOCKS.flatMap((text): Odd[] =>
  (
    [
      [5, 2],
      [0, 2],
      [0x40_0005, 2],
      [FINAL, 2],
      [5, 1],
      [0x7fbf_0005, 3],
    ] as const
  ).map(([sequence, version]) => ({
    name: `staking-timelock/odd/lock-raw-${text}-${sequence.toString(16)}-v${version}`,
    leaf: concat(staker, hex(text), hex('b2')),
    items: () => [sig()],
    sequence,
    version,
  })),
);

const OFF_CURVE = hex(`${'00'.repeat(31)}05`);
const keys: Odd[] = [0, 1, 2, 31, 33, 34, 64, 65, 75, 76, 255, 256, 257, 520, 521].flatMap((length): Odd[] => {
  const body = new Uint8Array(length).fill(2);
  const pushed =
    length < 76
      ? push(body)
      : length < 256
        ? concat(hex('4c'), Uint8Array.of(length), body)
        : concat(hex('4d'), Uint8Array.of(length & 255, length >> 8), body);
  return (['', '01', '55'.repeat(64)] as const).flatMap((signature): Odd[] => [
    {
      name: `unbonding/odd/key-${length}-sig-${signature.length / 2}`,
      leaf: concat(staker, length === 0 ? hex('00') : pushed, hex('ac')),
      items: () => [raw(signature), sig()],
    },
    {
      name: `unbonding/odd/key-add-${length}-sig-${signature.length / 2}`,
      leaf: concat(staker, hex('00'), length === 0 ? hex('00') : pushed, hex('ba519c')),
      items: () => [raw(signature), sig()],
    },
    {
      name: `unbonding/odd/key-verify-${length}-sig-${signature.length / 2}`,
      leaf: concat(length === 0 ? hex('00') : pushed, hex('ad51')),
      items: () => [raw(signature)],
    },
  ]);
});
const offCurve: Odd[] = ['', '01', '55'.repeat(64), `${'55'.repeat(64)}01`].map((signature) => ({
  name: `unbonding/odd/key-off-curve-sig-${signature.length / 2}`,
  leaf: concat(staker, push(OFF_CURVE), hex('ac')),
  items: () => [raw(signature), sig()],
}));

const HONEST_LEAF = concat(staker, push((COVENANT[0] as typeof STAKER).publicKey), hex('ac'));
const honestItems = (): Item[] => [sig(COVENANT[0]), sig()];

const versions: Odd[] = [0x00, 0x02, 0x50, 0x66, 0x7e, 0xbe, 0xc2, 0xc4, 0xfe].flatMap((leafVersion): Odd[] => [
  { name: `unbonding/odd/leaf-version-${leafVersion}`, leaf: HONEST_LEAF, leafVersion, items: honestItems },
  { name: `unbonding/odd/leaf-version-${leafVersion}-no-sigs`, leaf: HONEST_LEAF, leafVersion, items: () => [] },
  { name: `unbonding/odd/leaf-version-${leafVersion}-long-item`, leaf: HONEST_LEAF, leafVersion, items: () => [raw('07'.repeat(600))] },
  { name: `unbonding/odd/leaf-version-${leafVersion}-bad-script`, leaf: hex('4cff'), leafVersion, items: () => [] },
]);

const successes: Odd[] = [80, 98, 126, 129, 131, 134, 137, 138, 141, 142, 149, 153, 187, 200, 254].flatMap((opcode): Odd[] => {
  const code = Uint8Array.of(opcode);
  return [
    { name: `unbonding/odd/success-${opcode}`, leaf: concat(HONEST_LEAF, code), items: () => [] },
    { name: `unbonding/odd/success-${opcode}-signed`, leaf: concat(HONEST_LEAF, code), items: honestItems },
    { name: `unbonding/odd/success-${opcode}-in-push`, leaf: concat(Uint8Array.of(1), code), items: () => [] },
    { name: `unbonding/odd/success-${opcode}-before-truncated`, leaf: concat(code, hex('4d01')), items: () => [] },
    { name: `unbonding/odd/success-${opcode}-after-truncated`, leaf: concat(hex('05'), code), items: () => [] },
    {
      name: `unbonding/odd/success-${opcode}-limits`,
      leaf: code,
      items: () => [raw('07'.repeat(600)), ...Array.from({ length: 1001 }, () => raw(''))],
    },
  ];
});

const shapes: Odd[] = [
  ...[0, 1, 2, 3, 6, 7, 8, 9, 64, 127, 128].map(
    (depth): Odd => ({
      name: `unbonding/odd/depth-${depth}`,
      leaf: HONEST_LEAF,
      path: Array.from({ length: depth }, (_, i) => sibling(i)),
      items: honestItems,
    }),
  ),
  ...[129, 130].map(
    (depth): Odd => ({
      name: `unbonding/odd/depth-${depth}`,
      leaf: HONEST_LEAF,
      path: Array.from({ length: depth }, (_, i) => sibling(i)),
      items: honestItems,
    }),
  ),
  {
    name: 'unbonding/odd/depth-8-bad-sig',
    leaf: HONEST_LEAF,
    path: Array.from({ length: 8 }, (_, i) => sibling(i)),
    items: () => [sig(), sig()],
  },
  { name: 'unbonding/odd/sibling-equal', leaf: HONEST_LEAF, path: [TapTree.leafHash(HONEST_LEAF)], items: honestItems },
  { name: 'unbonding/odd/sibling-low', leaf: HONEST_LEAF, path: [new Uint8Array(32)], items: honestItems },
  { name: 'unbonding/odd/sibling-high', leaf: HONEST_LEAF, path: [new Uint8Array(32).fill(255)], items: honestItems },
  { name: 'unbonding/odd/other-internal', leaf: HONEST_LEAF, internalKey: STAKER.publicKey, items: honestItems },
  { name: 'unbonding/odd/reversed', leaf: HONEST_LEAF, items: () => honestItems().reverse() },
];

/** Leaves of few opcodes whose operands come from the witness. */
const bare: Odd[] = [
  ...['', '00', '01', '80', '0080', '8000', '000000', '000080', '0100', '81', '00'.repeat(32), `${'00'.repeat(31)}80`].flatMap(
    (item): Odd[] => [
      { name: `odd/empty-leaf-item-${item}`, leaf: EMPTY, items: () => [raw(item)] },
      { name: `odd/csv-item-${item}`, leaf: hex('b2'), items: () => [raw(item)], sequence: 1 },
      { name: `odd/numequal-item-${item}`, leaf: hex('009c'), items: () => [raw(item)] },
      { name: `odd/numequalverify-item-${item}`, leaf: hex('519d51'), items: () => [raw(item)] },
      { name: `odd/add-item-${item}`, leaf: concat(push(STAKER.publicKey), hex('ba519c')), items: () => [raw(''), raw(item)] },
      { name: `odd/add-signed-item-${item}`, leaf: concat(push(STAKER.publicKey), hex('ba529c')), items: () => [sig(), raw(item)] },
      { name: `odd/add-bad-item-${item}`, leaf: concat(push(STAKER.publicKey), hex('ba529c')), items: () => [raw('01'), raw(item)] },
    ],
  ),
  ...['ffffff7f', 'ffffffff', 'feffff7f', '00000080', '0000000080', '010000ff'].flatMap((item): Odd[] => [
    { name: `odd/add-signed-edge-${item}`, leaf: concat(push(STAKER.publicKey), hex('ba519c')), items: () => [sig(), raw(item)] },
    {
      name: `odd/add-unsigned-edge-${item}`,
      leaf: concat(push(STAKER.publicKey), hex('ba04ffffff7f9c')),
      items: () => [raw(''), raw(item)],
    },
    { name: `odd/csv-edge-${item}`, leaf: hex('b2'), items: () => [raw(item)], sequence: 1 },
  ]),
  { name: 'odd/empty-leaf', leaf: EMPTY, items: () => [] },
  { name: 'odd/empty-leaf-two', leaf: EMPTY, items: () => [raw('01'), raw('01')] },
  { name: 'odd/csv-empty-stack', leaf: hex('b2'), items: () => [], sequence: 1 },
  { name: 'odd/numequal-one', leaf: hex('9c'), items: () => [raw('01')] },
  { name: 'odd/numequalverify-one', leaf: hex('9d'), items: () => [raw('01')] },
  { name: 'odd/checksig-one', leaf: hex('ac'), items: () => [raw('01')] },
  { name: 'odd/checksigverify-none', leaf: hex('ad'), items: () => [] },
  { name: 'odd/add-two', leaf: hex('ba'), items: () => [raw('01'), raw('01')] },
  { name: 'odd/key-from-witness', leaf: hex('ac'), items: () => [sig(), { raw: STAKER.publicKey }] },
  { name: 'odd/key-from-witness-33', leaf: hex('ac'), items: () => [sig(), { raw: STAKER.compressed }] },
  { name: 'odd/two-numbers-left', leaf: hex('5151'), items: () => [] },
  ...[999, 1000, 1001].map((pushes): Odd => ({ name: `odd/pushes-${pushes}`, leaf: hex('51'.repeat(pushes)), items: () => [] })),
  ...[75, 76, 80, 81, 255, 256, 257, 520, 521].flatMap((length): Odd[] => [
    {
      name: `odd/push-${length}`,
      leaf: concat(
        length < 256 ? concat(hex('4c'), Uint8Array.of(length)) : concat(hex('4d'), Uint8Array.of(length & 255, length >> 8)),
        new Uint8Array(length).fill(1),
      ),
      items: () => [],
    },
    {
      name: `odd/push-wide-${length}`,
      leaf: concat(hex('4d'), Uint8Array.of(length & 255, length >> 8), new Uint8Array(length).fill(1)),
      items: () => [],
    },
    { name: `odd/item-${length}`, leaf: EMPTY, items: () => [raw('01'.repeat(length))] },
  ]),
];

/** Keys of an unknown type, each with a signature of one byte: the witness brings less than the signatures cost. */
const CHECK = hex('0117ad');
const budgets: Odd[] = [1, 2, 3, 4].flatMap((checks): Odd[] =>
  [0, 1, 2, 3, 16, 17, 18, 19, 30, 31, 32, 33, 34, 50].map(
    (padding): Odd => ({
      name: `odd/budget-${checks}-pad-${padding}`,
      // 0 0 NUMEQUALVERIFY leaves nothing behind
      leaf: concat(...Array.from({ length: padding }, () => hex('00009d')), ...Array.from({ length: checks }, () => CHECK), hex('51')),
      items: () => Array.from({ length: checks }, () => raw('01')),
    }),
  ),
);
/** The same byte by byte: a push of the right length is what remains on the stack. */
const fineBudgets: Odd[] = Array.from({ length: 9 }, (_, spare) => ({
  name: `odd/budget-fine-${spare}`,
  leaf: concat(CHECK, CHECK, CHECK, CHECK, hex('4c'), Uint8Array.of(89 + spare), new Uint8Array(89 + spare).fill(1)),
  items: () => Array.from({ length: 4 }, () => raw('01')),
}));

const ODDS: readonly Odd[] = [
  ...quorums,
  ...locks,
  ...keys,
  ...offCurve,
  ...versions,
  ...successes,
  ...shapes,
  ...bare,
  ...budgets,
  ...fineBudgets,
];

/** Output key and parity of a hand-made tree; deeper than a control block may say, too. */
function tweaked({
  leaf,
  leafVersion = TapTree.TAPSCRIPT,
  path = [],
  internalKey = TapTree.nums(),
}: Odd): ReturnType<typeof TapTree.tweak> & { leafHash: Uint8Array } {
  const leafHash = TapTree.leafHash(leaf, leafVersion);
  const root = path.reduce((hash, one) => TapTree.branchHash(hash, one), leafHash);
  return { ...TapTree.tweak(internalKey, root), leafHash };
}

function scriptPubKeyOf(odd: Odd): Uint8Array {
  return TapTree.scriptPubKeyOf(tweaked(odd).outputKey);
}

/** The outputs to fund, one for each different script. */
export function oddFundings(): readonly Funding[] {
  const byScript = new Map(ODDS.map((odd) => [String(scriptPubKeyOf(odd)), odd]));
  return [...byScript.values()].map((odd) => ({
    name: `odd:${String(scriptPubKeyOf(odd))}`,
    scriptPubKey: scriptPubKeyOf(odd),
    valueSats: 100_000n,
  }));
}

/** All hand-made spends. */
export function* oddSpends(coins: ReadonlyMap<string, Coin>): Generator<{ readonly id: string; readonly draft: Draft }> {
  for (const odd of ODDS) {
    const coin = coins.get(`odd:${String(scriptPubKeyOf(odd))}`);
    if (coin === undefined) throw new Error(`no coin for ${odd.name}`);
    const { parity, leafHash } = tweaked(odd);
    const { leafVersion = TapTree.TAPSCRIPT, path = [], internalKey = TapTree.nums() } = odd;
    const controlBlock = concat(Uint8Array.of(leafVersion | parity), internalKey, ...path);
    const input = {
      coin,
      sequence: odd.sequence ?? FINAL,
      scriptSig: EMPTY,
      items: odd.items(),
      tail: [odd.leaf, controlBlock],
      leafHash,
      after: [],
      ...(odd.annex === undefined ? {} : { annex: odd.annex }),
    };
    const script = concat(hex('5120'), signer('destination').publicKey);
    yield {
      id: odd.name,
      draft: { version: odd.version ?? 2, locktime: 0, inputs: [input], outputs: [{ script, value: coin.valueSats - 2000n }] },
    };
  }
}
