// Mutations of the witness of input 0: signatures, slots, stack, leaf, control block, annex.
// biome-ignore-all lint/suspicious/noAssignInExpressions: a table of changes, one expression each
import {
  concat,
  type Draft,
  hex,
  type Input,
  type Item,
  isSignature,
  negate,
  number32,
  type Signature,
  type Signer,
  signer,
} from './draft.ts';
import { type Base, outputOf, PATHS } from './outputs.ts';

/** A change of a draft; false when it does not apply to this spend. */
export type Change = (draft: Draft, base: Base) => unknown;
/** Named changes. */
export type Changes = readonly (readonly [id: string, change: Change])[];

const EMPTY = new Uint8Array();
const FIELD_PRIME = 2n ** 256n - 2n ** 32n - 977n;
const ORDER = 0xffff_ffff_ffff_ffff_ffff_ffff_ffff_fffe_baae_dce6_af48_a03b_bfd2_5e8c_d036_4141n;

const first = (draft: Draft): Input => draft.inputs[0] as Input;
const signatures = (draft: Draft, role?: string): Signature[] =>
  first(draft)
    .items.filter(isSignature)
    .filter((item) => role === undefined || item.role === role);
const roleOf = (item: Item): string | undefined => item.role;
const flip = (bytes: Uint8Array, at: number, mask = 1): Uint8Array => bytes.map((byte, i) => (i === at ? byte ^ mask : byte));
const zeros = (length: number): Uint8Array => new Uint8Array(length);

const HASH_TYPES: readonly (readonly [string, number])[] = [
  ['all', 0x01],
  ['none', 0x02],
  ['single', 0x03],
  ['all-acp', 0x81],
  ['none-acp', 0x82],
  ['single-acp', 0x83],
];

const honest: Changes = [
  ['honest', () => undefined],
  ...HASH_TYPES.map(([name, hashType]): readonly [string, Change] => [
    `type-${name}`,
    (draft) => {
      for (const signature of signatures(draft)) signature.hashType = hashType;
    },
  ]),
  [
    'type-mixed',
    (draft) => {
      for (const [i, signature] of signatures(draft).entries()) signature.hashType = [0, 1, 2, 3, 0x81, 0x82, 0x83][i % 7] as number;
    },
  ],
  ['signers-first', (draft) => chooseSigners(draft, 'covenant', (size, need) => (i) => i < need || size === need)],
  [
    'signers-alternate',
    (draft) => chooseSigners(draft, 'covenant', (size, need) => (i) => (i % 2 === 0 ? i / 2 < need : (size - 1) / 2 + (i + 1) / 2 < need)),
  ],
  ['stakers-first', (draft) => chooseSigners(draft, 'staker', (_size, need) => (i) => i < need)],
  ['providers-first', (draft) => chooseSigners(draft, 'provider', (_size, need) => (i) => i < need)],
];

/** Lets other members of a group sign, as many as before. */
function chooseSigners(draft: Draft, role: string, rule: (size: number, need: number) => (index: number) => boolean): false | undefined {
  const input = first(draft);
  const size = input.items.filter((item) => roleOf(item) === role).length;
  const need = signatures(draft, role).length;
  if (size === need || size === 0) return false;
  const chosen = rule(size, need);
  let at = -1;
  input.items = input.items.map((item) => {
    if (roleOf(item) !== role) return item;
    at++;
    const owner = ownerOf(item);
    return chosen(at) ? { signer: owner, role, hashType: 0 } : { raw: EMPTY, role, owner };
  });
  return undefined;
}

function ownerOf(item: Item): Signer {
  const owner = isSignature(item) ? item.signer : item.owner;
  if (owner === undefined) throw new Error('the slot has no owner');
  return owner;
}

/** What can be done to one signature. */
const SIGNATURE_EDITS: readonly (readonly [string, (signature: Signature) => void])[] = [
  ['empty', edit(() => EMPTY)],
  ['1', edit(() => zeros(1))],
  ['32', edit((s) => s.slice(0, 32))],
  ['63', edit((s) => s.slice(0, 63))],
  ['64-zeros', edit(() => zeros(64))],
  ['64-ff', edit(() => zeros(64).fill(0xff))],
  ['65-zeros', edit(() => zeros(65))],
  ['66', edit((s) => concat(s, hex('0101')))],
  ['65-00', edit((s) => concat(s, hex('00')))],
  ...['04', '05', '20', '21', '40', '41', '43', '7f', '80', '84', '85', 'c1', 'ff'].map(
    (type): readonly [string, (s: Signature) => void] => [`65-${type}`, edit((s) => concat(s, hex(type)))],
  ),
  ['default-plus-01', edit((s) => concat(s, hex('01')))],
  ['80', edit((s) => concat(s, zeros(16)))],
  ['81', edit((s) => concat(s, zeros(17)))],
  ['256', edit(() => zeros(256).fill(1))],
  ['257', edit(() => zeros(257).fill(1))],
  ['520', edit(() => zeros(520))],
  ['521', edit(() => zeros(521))],
  ['flip-r', edit((s) => flip(s, 3))],
  ['flip-s', edit((s) => flip(s, 40))],
  ['neg-s', edit((s) => concat(s.slice(0, 32), negate(s.slice(32, 64))))],
  ['s-zero', edit((s) => concat(s.slice(0, 32), zeros(32)))],
  ['s-order', edit((s) => concat(s.slice(0, 32), number32(ORDER)))],
  ['s-plus-order', edit((s) => concat(s.slice(0, 32), zeros(32).fill(0xff)))],
  ['r-field', edit((s) => concat(number32(FIELD_PRIME), s.slice(32)))],
  ['r-zero', edit((s) => concat(zeros(32), s.slice(32)))],
  ['foreign', (s) => void (s.signer = signer('foreign'))],
  ['key-path-hash', (s) => void (s.leaf = 'none')],
  ['other-leaf-hash', (s) => void (s.leaf = zeros(32).fill(7))],
  ['version', view((draft) => void draft.version++)],
  ['locktime', view((draft) => void (draft.locktime = 7))],
  ['outpoint', view((draft) => void (first(draft).coin = { ...first(draft).coin, vout: first(draft).coin.vout + 1 }))],
  ['txid', view((draft) => void (first(draft).coin = { ...first(draft).coin, txid: flip(first(draft).coin.txid, 5) }))],
  ['amount', view((draft) => void (first(draft).coin = { ...first(draft).coin, valueSats: first(draft).coin.valueSats + 1n }))],
  ['script', view((draft) => void (first(draft).coin = { ...first(draft).coin, scriptPubKey: flip(first(draft).coin.scriptPubKey, 9) }))],
  ['sequence', view((draft) => void (first(draft).sequence ^= 0x10000))],
  ['output-value', view((draft) => void ((draft.outputs[0] as { value: bigint }).value -= 1n))],
  ['output-added', view((draft) => void draft.outputs.push({ script: hex('6a'), value: 0n }))],
  ['annex', view((draft) => void (first(draft).annex = hex('50')))],
  ['acp-as-all', (s) => void Object.assign(s, { hashType: 0x81, edit: (bytes: Uint8Array) => concat(bytes.slice(0, 64), hex('01')) })],
  ['all-as-acp', (s) => void Object.assign(s, { hashType: 0x01, edit: (bytes: Uint8Array) => concat(bytes.slice(0, 64), hex('81')) })],
  ['none-as-single', (s) => void Object.assign(s, { hashType: 0x02, edit: (bytes: Uint8Array) => concat(bytes.slice(0, 64), hex('03')) })],
  ['all-as-default', (s) => void Object.assign(s, { hashType: 0x01, edit: (bytes: Uint8Array) => bytes.slice(0, 64) })],
];

function edit(change: (signature: Uint8Array) => Uint8Array): (signature: Signature) => void {
  return (signature) => {
    signature.edit = change;
  };
}

function view(change: (draft: Draft) => void): (signature: Signature) => void {
  return (signature) => {
    signature.view = (draft) => {
      change(draft);
      return draft;
    };
  };
}

const oneSignature: Changes = ['staker', 'provider', 'covenant'].flatMap((role) =>
  SIGNATURE_EDITS.map(([name, change]): readonly [string, Change] => [
    `${role}-sig-${name}`,
    (draft) => {
      const [signature] = signatures(draft, role).slice(-1);
      if (signature === undefined) return false;
      return change(signature) as undefined;
    },
  ]),
);

const roles = ['covenant', 'provider', 'staker'] as const;
const group = (draft: Draft, role: string): Item[] => first(draft).items.filter((item) => roleOf(item) === role);

/** Puts a group's slots in other order or number. */
function regroup(role: string, change: (items: Item[]) => Item[]): Change {
  return (draft) => {
    const items = group(draft, role);
    if (items.length < 2) return false;
    const at = first(draft).items.findIndex((item) => roleOf(item) === role);
    first(draft).items.splice(at, items.length, ...change(items));
    return undefined;
  };
}

const slots: Changes = roles.flatMap(
  (role): Changes => [
    [`${role}-ascending`, regroup(role, (items) => items.reverse())],
    [`${role}-rotated`, regroup(role, ([head, ...rest]) => [...rest, head as Item])],
    [`${role}-no-empties`, regroup(role, (items) => items.filter(isSignature))],
    [`${role}-none`, (draft) => change(draft, role, () => ({ raw: EMPTY }))],
    [`${role}-all`, (draft) => change(draft, role, (item) => ({ signer: ownerOf(item), role, hashType: 0 }))],
    [`${role}-minus-1`, (draft) => changeOne(draft, role, isSignature, () => ({ raw: EMPTY }))],
    [
      `${role}-plus-1`,
      (draft) =>
        changeOne(
          draft,
          role,
          (item) => !isSignature(item),
          (item) => ({ signer: ownerOf(item), role, hashType: 0 }),
        ),
    ],
    [
      `${role}-plus-1-bad`,
      (draft) =>
        changeOne(
          draft,
          role,
          (item) => !isSignature(item),
          () => ({ signer: signer('foreign'), role, hashType: 0 }),
        ),
    ],
    ...['00', '01', '80'].map((fill): readonly [string, Change] => [
      `${role}-fill-${fill}`,
      (draft) =>
        changeOne(
          draft,
          role,
          (item) => !isSignature(item),
          () => ({ raw: hex(fill) }),
        ),
    ]),
    [
      `${role}-fill-zeros`,
      (draft) =>
        changeOne(
          draft,
          role,
          (item) => !isSignature(item),
          () => ({ raw: zeros(64) }),
        ),
    ],
    [
      `${role}-fill-copy`,
      (draft) =>
        changeOne(
          draft,
          role,
          (item) => !isSignature(item),
          () => ({ ...(signatures(draft, role)[0] as Signature) }),
        ),
    ],
    [`${role}-slot-missing`, (draft) => removeSlot(draft, role)],
  ],
);

function change(draft: Draft, role: string, make: (item: Item) => Item): false | undefined {
  const input = first(draft);
  if (!input.items.some((item) => roleOf(item) === role)) return false;
  input.items = input.items.map((item) => (roleOf(item) === role ? make(item) : item));
  return undefined;
}

function changeOne(draft: Draft, role: string, which: (item: Item) => boolean, make: (item: Item) => Item): false | undefined {
  const { items } = first(draft);
  const at = items.findIndex((item) => roleOf(item) === role && which(item));
  if (at < 0) return false;
  items[at] = make(items[at] as Item);
  return undefined;
}

function removeSlot(draft: Draft, role: string): false | undefined {
  const { items } = first(draft);
  const at = items.findIndex((item) => roleOf(item) === role);
  if (at < 0) return false;
  items.splice(at, 1);
  return undefined;
}

const bottom =
  (...raws: Uint8Array[]): Change =>
  (draft) =>
    void first(draft).items.unshift(...raws.map((raw) => ({ raw })));
const fillTo =
  (count: number): Change =>
  (draft) => {
    const { items } = first(draft);
    items.unshift(...Array.from({ length: count - items.length }, () => ({ raw: EMPTY })));
  };

const stack: Changes = [
  ['extra-bottom-empty', bottom(EMPTY)],
  ['extra-bottom-00', bottom(hex('00'))],
  ['extra-bottom-01', bottom(hex('01'))],
  ['extra-bottom-two', bottom(EMPTY, hex('01'))],
  ['extra-top-empty', (draft) => void first(draft).items.push({ raw: EMPTY })],
  ['extra-top-01', (draft) => void first(draft).items.push({ raw: hex('01') })],
  ...[80, 81, 256, 257, 520, 521].map((length): readonly [string, Change] => [`extra-${length}`, bottom(zeros(length).fill(3))]),
  ...[997, 998, 999, 1000, 1001].map((count): readonly [string, Change] => [`stack-${count}`, (draft, base) => fillTo(count)(draft, base)]),
  ['missing-bottom', (draft) => void first(draft).items.shift()],
  ['missing-top', (draft) => void first(draft).items.pop()],
  ['all-reversed', (draft) => void first(draft).items.reverse()],
  ['only-script-cb', (draft) => void (first(draft).items = [])],
  ['missing-script', (draft) => void first(draft).tail.shift()],
  ['missing-cb', (draft) => void first(draft).tail.pop()],
  ['script-and-cb-swapped', (draft) => void first(draft).tail.reverse()],
  ['only-cb', (draft) => void Object.assign(first(draft), { items: [], tail: first(draft).tail.slice(1) })],
  ['witness-empty', (draft) => void Object.assign(first(draft), { items: [], tail: [] })],
  ['witness-one-empty', (draft) => void Object.assign(first(draft), { items: [{ raw: EMPTY }], tail: [] })],
  ['witness-two-empty', (draft) => void Object.assign(first(draft), { items: [{ raw: EMPTY }, { raw: EMPTY }], tail: [] })],
  ['key-path-64', (draft) => void Object.assign(first(draft), { items: [{ raw: zeros(64).fill(9) }], tail: [] })],
  [
    'key-path-signed',
    (draft) => void Object.assign(first(draft), { items: [{ signer: signer('foreign'), role: 'x', hashType: 0, leaf: 'none' }], tail: [] }),
  ],
  ['key-path-65-00', (draft) => void Object.assign(first(draft), { items: [{ raw: zeros(65) }], tail: [] })],
];

const control =
  (make: (cb: Uint8Array, draft: Draft) => Uint8Array): Change =>
  (draft) => {
    const { tail } = first(draft);
    tail[1] = make(tail[1] as Uint8Array, draft);
  };
const script =
  (make: (script: Uint8Array) => Uint8Array): Change =>
  (draft) => {
    const { tail } = first(draft);
    tail[0] = make(tail[0] as Uint8Array);
  };
const withFirst = (cb: Uint8Array, byte: number): Uint8Array => concat(Uint8Array.of(byte), cb.slice(1));

const commitment: Changes = [
  ['cb-parity', control((cb) => flip(cb, 0))],
  ...['00', '02', '50', '51', '66', 'bf', 'c2', 'c4', 'fe'].map((byte): readonly [string, Change] => [
    `cb-${byte}`,
    control((cb) => withFirst(cb, (Number.parseInt(byte, 16) & 0xfe) | (byte === '51' || byte === 'bf' ? 1 : (cb[0] as number) & 1))),
  ]),
  ['cb-internal-other', control((cb) => concat(cb.slice(0, 1), signer('foreign').publicKey, cb.slice(33)))],
  ['cb-internal-big', control((cb) => concat(cb.slice(0, 1), number32(FIELD_PRIME), cb.slice(33)))],
  ['cb-internal-ff', control((cb) => concat(cb.slice(0, 1), zeros(32).fill(0xff), cb.slice(33)))],
  ['cb-internal-off-curve', control((cb) => concat(cb.slice(0, 1), number32(5n), cb.slice(33)))],
  ['cb-internal-zero', control((cb) => concat(cb.slice(0, 1), zeros(32), cb.slice(33)))],
  ['cb-empty', control(() => EMPTY)],
  ['cb-1', control((cb) => cb.slice(0, 1))],
  ['cb-32', control((cb) => cb.slice(0, 32))],
  ['cb-33', control((cb) => cb.slice(0, 33))],
  ['cb-long-1', control((cb) => concat(cb, zeros(1)))],
  ['cb-short-1', control((cb) => cb.slice(0, -1))],
  ['cb-hash-added', control((cb) => concat(cb, zeros(32)))],
  ['cb-hash-removed', control((cb) => cb.slice(0, -32))],
  ['cb-path-flip', control((cb) => flip(cb, cb.length - 1))],
  ...[7, 8, 128, 129].map((hashes): readonly [string, Change] => [
    `cb-path-${hashes}`,
    control((cb) => concat(cb.slice(0, 33), zeros(32 * hashes))),
  ]),
  ['cb-path-swapped', control((cb) => (cb.length < 97 ? flip(cb, 40) : concat(cb.slice(0, 33), cb.slice(65, 97), cb.slice(33, 65))))],
  ['leaf-empty', script(() => EMPTY)],
  ['leaf-nop', script((leaf) => concat(leaf, hex('61')))],
  ['leaf-success', script((leaf) => concat(leaf, hex('50')))],
  ['leaf-short', script((leaf) => leaf.slice(0, -1))],
  ['leaf-flip', script((leaf) => flip(leaf, 12))],
  ['leaf-checksig-only', script((leaf) => concat(leaf.slice(0, 33), hex('ac')))],
  [
    'leaf-other',
    (draft, { committee, path }) => {
      const kind = path.startsWith('unbonding-') ? 'unbonding' : path.startsWith('change') ? 'change' : 'staking';
      const { leaves } = outputOf(committee, kind);
      const other = PATHS.find((one) => one !== path && leaves.has(one));
      if (other === undefined) return false;
      first(draft).tail[0] = (leaves.get(other) as { script: Uint8Array }).script;
      return undefined;
    },
  ],
];

const annexes: Changes = [
  ...['50', '5000', `50${'ab'.repeat(300)}`, `50${'00'.repeat(80)}`].map((annex, i): readonly [string, Change] => [
    `annex-signed-${i}`,
    (draft) => void (first(draft).annex = hex(annex)),
  ]),
  ['annex-unsigned', (draft) => void first(draft).after.push(hex('50aa'))],
  ['annex-other', (draft) => void Object.assign(first(draft), withAnnexReplaced(draft, hex('50bb')))],
  ['annex-dropped', (draft) => void Object.assign(first(draft), withAnnexReplaced(draft, undefined))],
  ['annex-two', (draft) => void Object.assign(first(draft), { annex: hex('50aa'), after: [hex('50bb')] })],
  ['annex-51', (draft) => void first(draft).after.push(hex('51aa'))],
  ['annex-empty', (draft) => void first(draft).after.push(EMPTY)],
  ['annex-below', (draft) => void first(draft).items.unshift({ raw: hex('50aa') })],
  [
    'annex-all-types',
    (draft) => {
      first(draft).annex = hex('50aabb');
      for (const [i, signature] of signatures(draft).entries()) signature.hashType = [0x81, 2, 3, 0x83, 1][i % 5] as number;
    },
  ],
  ['annex-only', (draft) => void Object.assign(first(draft), { items: [{ raw: hex('50aa') }], tail: [] })],
  ['annex-key-path', (draft) => void Object.assign(first(draft), { items: [{ raw: zeros(64) }], tail: [], after: [hex('50')] })],
];

/** Signed with one annex, shown with another or none. */
function withAnnexReplaced(draft: Draft, shown: Uint8Array | undefined): Partial<Input> {
  for (const signature of signatures(draft))
    signature.view = (seen) => {
      first(seen).annex = hex('50aa');
      return seen;
    };
  return shown === undefined ? {} : { annex: shown };
}

/** All changes of a witness. */
export const WITNESS_CHANGES: Changes = [...honest, ...oneSignature, ...slots, ...stack, ...commitment, ...annexes];
