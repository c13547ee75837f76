// Mutations of the transaction: version, locks, outputs, amounts, other inputs, scriptSig, sizes.
// biome-ignore-all lint/suspicious/noAssignInExpressions: a table of changes, one expression each
import { concat, type Draft, hex, type Input, isSignature, type Output, type Signature, signer } from './draft.ts';
import { type Base, BESIDE, coinOf, keyHashInput, keyPathInput, push, uncompressed, wpkhSigner } from './outputs.ts';
import type { Change, Changes } from './witness.ts';

const first = (draft: Draft): Input => draft.inputs[0] as Input;
const last = (draft: Draft): Output => draft.outputs[draft.outputs.length - 1] as Output;
const key = signer('destination').publicKey;
const repeat = (byte: string, count: number): Uint8Array => hex(byte.repeat(count));

const version =
  (value: number): Change =>
  (draft) =>
    void (draft.version = value);

/** Several changes one after the other; they apply when all do. */
function steps(...changes: readonly Change[]): Change {
  return (draft, base) => changes.every((change) => change(draft, base) !== false);
}

const versions: Changes = [0, 1, 3, 4, -1, 0x7fff_ffff, -0x8000_0000].map((value): readonly [string, Change] => [
  `version-${value}`,
  version(value),
]);

/** Standard and other output scripts. */
const SCRIPTS: Readonly<Record<string, Uint8Array>> = {
  p2tr: concat(hex('5120'), key),
  'p2tr-off-curve': concat(hex('5120'), repeat('00', 31), hex('05')),
  p2wpkh: concat(hex('0014'), key.slice(0, 20)),
  p2wsh: concat(hex('0020'), key),
  p2pkh: concat(hex('76a914'), key.slice(0, 20), hex('88ac')),
  p2sh: concat(hex('a914'), key.slice(0, 20), hex('87')),
  p2a: hex('51024e73'),
  empty: hex(''),
  true: hex('51'),
  nop: hex('61'),
  'v0-21': concat(hex('0015'), key.slice(0, 21)),
  'v0-2': hex('00020000'),
  'v1-2': hex('51020000'),
  'v1-31': concat(hex('511f'), key.slice(1)),
  'v1-33': concat(hex('5121'), key, hex('00')),
  'v1-40': concat(hex('5128'), key, key.slice(0, 8)),
  'v1-41': concat(hex('5129'), key, key.slice(0, 9)),
  'witness-2': concat(hex('5220'), key),
  'witness-16': concat(hex('6020'), key),
  'witness-16-40': concat(hex('6028'), key, key.slice(0, 8)),
  'p2pk-33': concat(push(concat(hex('02'), key)), hex('ac')),
  'p2pk-65': concat(push(uncompressed(signer('destination'), 4)), hex('ac')),
  'p2pk-bad': concat(push(concat(hex('05'), key)), hex('ac')),
  'multisig-1of1': concat(hex('51'), push(concat(hex('02'), key)), hex('51ae')),
  'multisig-2of3': concat(hex('52'), ...[2, 3, 2].map((prefix) => push(concat(Uint8Array.of(prefix), key))), hex('53ae')),
  'multisig-2of4': concat(hex('52'), ...[2, 3, 2, 3].map((prefix) => push(concat(Uint8Array.of(prefix), key))), hex('54ae')),
  'p2pkh-extra': concat(hex('76a914'), key.slice(0, 20), hex('88ac61')),
  'long-34': repeat('51', 34),
  'long-35': repeat('51', 35),
  'push-33': concat(hex('20'), key),
};

const outputs: Changes = [
  ...Object.entries(SCRIPTS).map(([name, script]): readonly [string, Change] => [
    `out-${name}`,
    (draft) => void (last(draft).script = script),
  ]),
  ...Object.entries({ p2tr: 330, p2wpkh: 294, p2wsh: 330, p2pkh: 546, p2sh: 540, p2a: 240, 'witness-16': 330, 'v1-2': 240 }).flatMap(
    ([name, limit]): Changes => [
      [`nodust-${name}`, (draft) => void draft.outputs.push({ script: SCRIPTS[name] as Uint8Array, value: BigInt(limit) })],
      [`dust-${name}`, (draft) => void draft.outputs.push({ script: SCRIPTS[name] as Uint8Array, value: BigInt(limit - 1) })],
      [`dust-0-${name}`, (draft) => void draft.outputs.push({ script: SCRIPTS[name] as Uint8Array, value: 0n })],
    ],
  ),
  [
    'dust-two',
    (draft) =>
      void draft.outputs.push({ script: SCRIPTS['p2tr'] as Uint8Array, value: 1n }, { script: SCRIPTS['p2wpkh'] as Uint8Array, value: 2n }),
  ],
  ['dust-first', (draft) => void draft.outputs.unshift({ script: SCRIPTS['p2tr'] as Uint8Array, value: 1n })],
  [
    'dust-and-no-fee',
    (draft) => {
      draft.outputs.push({ script: SCRIPTS['p2tr'] as Uint8Array, value: 1n });
      last({ ...draft, outputs: draft.outputs.slice(0, -1) }).value += 2999n;
    },
  ],
  [
    'dust-anchor-and-no-fee',
    (draft) => {
      draft.outputs.push({ script: SCRIPTS['p2a'] as Uint8Array, value: 0n });
      last({ ...draft, outputs: draft.outputs.slice(0, -1) }).value += 3000n;
    },
  ],
  [
    'dust-anchor-version-3-no-fee',
    (draft) => {
      draft.version = 3;
      draft.outputs.push({ script: SCRIPTS['p2a'] as Uint8Array, value: 0n });
      last({ ...draft, outputs: draft.outputs.slice(0, -1) }).value += 3000n;
    },
  ],
  ['no-fee', (draft) => void (last(draft).value += 3000n)],
  ['fee-minus-1', (draft) => void (last(draft).value += 3001n)],
  ['no-outputs', (draft) => void (draft.outputs = [])],
  ['outputs-equal', (draft) => void draft.outputs.push({ ...last(draft), value: 1000n })],
];

const opReturn = (id: string, script: Uint8Array, value = 0n): readonly [string, Change] => [
  `opreturn-${id}`,
  (draft) => void (draft.outputs = [{ script, value }, last(draft)]),
];

const dataOutputs: Changes = [
  opReturn('bare', hex('6a')),
  opReturn('empty-push', hex('6a00')),
  opReturn('v0', concat(hex('6a47'), repeat('62', 71))),
  opReturn('82', concat(hex('6a4c4f'), repeat('01', 79))),
  opReturn('83', concat(hex('6a4c50'), repeat('01', 80))),
  opReturn('84', concat(hex('6a4c51'), repeat('01', 81))),
  opReturn('200', concat(hex('6a4cc5'), repeat('01', 197))),
  opReturn('not-push', hex('6a61')),
  opReturn('truncated', hex('6a05010203')),
  opReturn('truncated-1', hex('6a4c')),
  opReturn('reserved', hex('6a50')),
  opReturn('numbers', hex('6a515f604f')),
  opReturn('checksig', hex('6aac')),
  opReturn('two-pushes', hex('6a0201020103')),
  opReturn('non-minimal', hex('6a4c0101')),
  opReturn('value', hex('6a0101'), 12_345n),
  ['burn-only', (draft) => void (draft.outputs = [{ script: hex('6a07626162796c6f6e'), value: 1000n }])],
  ['burn-only-0', (draft) => void (draft.outputs = [{ script: hex('6a3c626162796c6f6e').slice(0, 2), value: 0n }])],
  ['burn-two', (draft) => void draft.outputs.push({ script: hex('6a07626162796c6f6e'), value: 1n }, { script: hex('6a'), value: 0n })],
  ['burn-last', (draft) => void draft.outputs.push({ script: hex('6a0100'), value: 0n })],
];

const MAX = 2_100_000_000_000_000n;
const values: Changes = [
  ['value-negative', (draft) => void (last(draft).value = -1n)],
  ['value-most-negative', (draft) => void (last(draft).value = -(2n ** 63n))],
  ['value-max', (draft) => void (last(draft).value = MAX)],
  ['value-over-max', (draft) => void (last(draft).value = MAX + 1n)],
  ['value-int64', (draft) => void (last(draft).value = 2n ** 63n - 1n)],
  ['value-sum', (draft) => void draft.outputs.push({ ...last(draft), value: MAX })],
  [
    'value-two-max',
    (draft) =>
      void (draft.outputs = [
        { ...last(draft), value: MAX },
        { ...last(draft), value: MAX },
      ]),
  ],
  ['value-over-burn', (draft) => void draft.outputs.push({ script: hex('6a0100'), value: 10_000_000n })],
  ['value-and-negative', (draft) => void draft.outputs.push({ ...last(draft), value: MAX + 1n }, { ...last(draft), value: -1n })],
];

/** One output that makes a stripped size of 60 bytes plus its script. */
const tiny =
  (size: number, fill: (length: number) => Uint8Array): Change =>
  (draft) => {
    if (draft.inputs.length !== 1) return false;
    draft.outputs = [{ script: fill(size - 60), value: 1000n }];
    return undefined;
  };

const sizes: Changes = [
  ...[61, 62, 64, 65, 66].map((size): readonly [string, Change] => [
    `tiny-${size}`,
    tiny(size, (length) => (length === 1 ? hex('6a') : concat(hex('6a'), Uint8Array.of(length - 2), repeat('07', length - 2)))),
  ]),
  ['tiny-64-p2a', tiny(64, () => hex('51024e73'))],
];

/** Adds payments of the smallest amount to key hashes, paid by the last output. */
const payments =
  (count: number): Change =>
  (draft) => {
    last(draft).value -= 294n * BigInt(count);
    draft.outputs.unshift(...Array.from({ length: count }, () => ({ script: SCRIPTS['p2wpkh'] as Uint8Array, value: 294n })));
  };

const large: Changes = [
  ['payments-100', payments(100)],
  ['payments-300', payments(300)],
  ['truc-300', steps(payments(300), version(3))],
  ['truc-330', steps(payments(330), version(3))],
  ['heavy', payments(3300)],
];

const MAX_UINT32 = 0xffff_ffff;
const locks: Changes = [
  ['lock-ignored', (draft) => void lock(draft, 500, MAX_UINT32)],
  ['lock-height', (draft, { world }) => lock(draft, world.tipHeight)],
  ['lock-height-below', (draft, { world }) => lock(draft, world.tipHeight - 1)],
  ['lock-height-next', (draft, { world }) => lock(draft, world.tipHeight + 1)],
  ['lock-height-next-final', (draft, { world }) => lock(draft, world.tipHeight + 1, MAX_UINT32)],
  ['lock-height-max', (draft) => lock(draft, 499_999_999)],
  ['lock-time-threshold', (draft) => lock(draft, 500_000_000)],
  ['lock-time-before', (draft, { world }) => lock(draft, world.medianTime - 1)],
  ['lock-time-equal', (draft, { world }) => lock(draft, world.medianTime)],
  ['lock-time-after', (draft, { world }) => lock(draft, world.medianTime + 1)],
  ['lock-time-equal-final', (draft, { world }) => lock(draft, world.medianTime, MAX_UINT32)],
  ['lock-time-2-31', (draft) => lock(draft, 2 ** 31)],
  ['lock-time-max', (draft) => lock(draft, MAX_UINT32)],
];

/** Sets the lock; timelock spends keep their sequence, which is not final, others get one that is not unless given. */
function lock(draft: Draft, locktime: number, sequence?: number): undefined {
  draft.locktime = locktime;
  const isTimelock = first(draft).sequence !== MAX_UINT32;
  if (sequence !== undefined) first(draft).sequence = sequence;
  else if (!isTimelock) first(draft).sequence = 0xffff_fffe;
}

const sequence =
  (change: (sequence: number, base: Base) => number): Change =>
  (draft, base) => {
    first(draft).sequence = change(first(draft).sequence, base) >>> 0;
  };
const age = ({ world, draft }: Base): number => world.tipHeight + 1 - first(draft).coin.confirmedHeight;
const timeAge = ({ world, draft }: Base): number => Math.floor((world.medianTime - first(draft).coin.medianTimeBefore) / 512);

const tooYoung = sequence((_, base) => age(base) + 1);

const sequences: Changes = [
  ['seq-0', sequence(() => 0)],
  ['seq-1', sequence(() => 1)],
  ['seq-minus-1', sequence((old) => old - 1)],
  ['seq-plus-1', sequence((old) => old + 1)],
  ['seq-ffff', sequence(() => 0xffff)],
  ['seq-ffffffff', sequence(() => MAX_UINT32)],
  ['seq-fffffffe', sequence(() => MAX_UINT32 - 1)],
  ['seq-fffffffd', sequence(() => MAX_UINT32 - 2)],
  ['seq-disable', sequence((old) => old | 0x8000_0000)],
  ['seq-time', sequence((old) => (old & 0xffff) | 0x40_0000)],
  ['seq-time-0', sequence(() => 0x40_0000)],
  ['seq-time-ffff', sequence(() => 0x40_ffff)],
  ...[16, 17, 20, 21, 23, 24, 30].map((bit): readonly [string, Change] => [
    `seq-bit-${bit}`,
    sequence((old) => (old & 0xffff) | (1 << bit)),
  ]),
  ['seq-all-spare', sequence((old) => (old & 0xffff) | 0x7fbf_0000)],
  ['seq-age', sequence((_, base) => age(base))],
  ['seq-age-plus-1', tooYoung],
  ['seq-age-plus-1-version-1', steps(tooYoung, version(1))],
  ['seq-age-plus-1-version-minus-1', steps(tooYoung, version(-1))],
  ['seq-age-plus-1-bad-sig', steps(tooYoung, spoil)],
  ['seq-age-plus-1-lock', steps(tooYoung, (draft, { world }) => void (draft.locktime = world.tipHeight + 1))],
  ['seq-time-age', sequence((_, base) => timeAge(base) | 0x40_0000)],
  ['seq-time-age-plus-1', sequence((_, base) => (timeAge(base) + 1) | 0x40_0000)],
  ['seq-time-age-minus-1', sequence((_, base) => (timeAge(base) - 1) | 0x40_0000)],
  ['seq-time-age-all-spare', sequence((_, base) => timeAge(base) | 0x7fff_0000)],
];

function spoil(draft: Draft): void {
  const signature = first(draft).items.find(isSignature);
  if (signature !== undefined) signature.signer = signer('foreign');
}

const scriptSigs: Changes = Object.entries({
  'empty-push': '00',
  push: '0101',
  'push-75': `4b${'11'.repeat(75)}`,
  number: '51',
  negate: '4f',
  nop: '61',
  nop10: 'b9',
  reserved: '50',
  return: '6a',
  dup: '76',
  unknown: 'ba',
  ff: 'ff',
  disabled: '7e',
  truncated: '0201',
  'truncated-size': '4d01',
  'non-minimal': '4c0101',
  'push-300': `4d2c01${'11'.repeat(300)}`,
  'push-520': `4d0802${'11'.repeat(520)}`,
  'push-521': `4d0902${'11'.repeat(521)}`,
  1650: '51'.repeat(1650),
  1651: '51'.repeat(1651),
  items: '51'.repeat(998),
  'items-over': '51'.repeat(999),
  'nops-201': '61'.repeat(201),
  'nops-202': '61'.repeat(202),
  '10001': '51'.repeat(10_001),
}).map(([name, script]): readonly [string, Change] => [`scriptsig-${name}`, (draft) => void (first(draft).scriptSig = hex(script))]);

type Make = (base: Base) => Input;
const wpkh: Make = ({ world }) => keyHashInput(coinOf(world, BESIDE.wpkh));
const keyPath: Make = ({ world }) => keyPathInput(coinOf(world, BESIDE.keyPath));
const sign = (input: Input): Signature => input.items[0] as Signature;
const edited =
  (make: Make, change: (input: Input) => void): Make =>
  (base) => {
    const input = make(base);
    change(input);
    return input;
  };
const before =
  (make: Make): Change =>
  (draft, base) =>
    void draft.inputs.unshift(make(base));
const after =
  (make: Make): Change =>
  (draft, base) =>
    void draft.inputs.push(make(base));

const WPKH: Readonly<Record<string, (input: Input) => void>> = {
  honest: () => undefined,
  bad: (input) => void (sign(input).edit = (der) => der.map((byte, i) => (i === 20 ? byte ^ 1 : byte))),
  empty: (input) => void (input.items[0] = { raw: new Uint8Array() }),
  foreign: (input) => void (sign(input).signer = signer('foreign')),
  'other-key': (input) => void (input.items[1] = { raw: signer('foreign').compressed }),
  'no-witness': (input) => void (input.items = []),
  'one-item': (input) => void (input.items = input.items.slice(0, 1)),
  'three-items': (input) => void input.items.push({ raw: new Uint8Array() }),
  'not-der': (input) => void (input.items[0] = { raw: hex('300602010102010101') }),
  garbage: (input) => void (input.items[0] = { raw: repeat('42', 71) }),
  'long-der': (input) => void (sign(input).edit = (der) => concat(der, hex('00'))),
  'padded-der': (input) =>
    void (sign(input).edit = (der) =>
      concat(hex('30'), Uint8Array.of((der[1] as number) + 1), hex('02'), Uint8Array.of((der[3] as number) + 1), hex('00'), der.slice(4))),
  'negative-der': (input) => void (sign(input).edit = (der) => der.map((byte, i) => (i === 4 ? byte | 0x80 : byte))),
  'no-type': (input) => void (sign(input).edit = (der) => der.slice(0, -1)),
  one: (input) => void (input.items[0] = { raw: hex('01') }),
  'long-300': (input) => void (input.items[0] = { raw: repeat('30', 300) }),
  'long-521': (input) => void (input.items[0] = { raw: repeat('30', 521) }),
  scriptsig: (input) => void (input.scriptSig = hex('51')),
  schnorr: (input) => void (input.items[0] = { raw: repeat('01', 64) }),
  ...Object.fromEntries(
    [0x02, 0x03, 0x81, 0x82, 0x83].map((type) => [`type-${type}`, (input: Input) => void (sign(input).hashType = type)]),
  ),
  ...Object.fromEntries(
    [0x00, 0x04, 0x20, 0x41, 0x80, 0xff].map((type) => [`odd-type-${type}`, (input: Input) => void (sign(input).hashType = type)]),
  ),
};

const others: Changes = [
  ...Object.entries(WPKH).flatMap(
    ([name, change]): Changes => [
      [`with-wpkh-${name}`, after(edited(wpkh, change))],
      [`with-wpkh-before-${name}`, before(edited(wpkh, change))],
    ],
  ),
  ['with-wpkh-high-s', after(edited(wpkh, (input) => void (sign(input).edit = highS)))],
  ['with-wpkh-uncompressed', after(({ world }) => keyHashInput(coinOf(world, BESIDE.uncompressed), uncompressed(wpkhSigner, 4)))],
  ['with-wpkh-hybrid', after(({ world }) => keyHashInput(coinOf(world, BESIDE.hybrid), uncompressed(wpkhSigner, 6)))],
  ['with-wpkh-immature', after(({ world }) => ({ ...keyHashInput(coinOf(world, BESIDE.young)), sequence: 2 }))],
  ['with-wpkh-mature', after(({ world }) => ({ ...keyHashInput(coinOf(world, BESIDE.young)), sequence: 1 }))],
  ['with-wpkh-wrong-amount', after(edited(wpkh, (input) => void (sign(input).view = raised(1))))],
  ['with-tr-before', before(keyPath)],
  ['with-tr-after', after(keyPath)],
  ['with-tr-both', steps(before(keyPath), after(wpkh))],
  ...Object.entries({ all: 1, none: 2, single: 3, 'all-acp': 0x81, 'none-acp': 0x82, 'single-acp': 0x83 }).flatMap(
    ([name, type]): Changes => [
      [`with-tr-type-${name}`, after(edited(keyPath, (input) => void (sign(input).hashType = type)))],
      [`with-tr-before-type-${name}`, before(edited(keyPath, (input) => void (sign(input).hashType = type)))],
    ],
  ),
  ['with-tr-bad', after(edited(keyPath, (input) => void (sign(input).signer = signer('foreign'))))],
  ['with-tr-63', after(edited(keyPath, (input) => void (sign(input).edit = (s) => s.slice(0, 63))))],
  ['with-tr-65-00', after(edited(keyPath, (input) => void (sign(input).edit = (s) => concat(s, hex('00')))))],
  ['with-tr-65-04', after(edited(keyPath, (input) => void (sign(input).edit = (s) => concat(s, hex('04')))))],
  ['with-tr-empty', after(edited(keyPath, (input) => void (input.items[0] = { raw: new Uint8Array() })))],
  ['with-tr-annex', after(edited(keyPath, (input) => void (input.annex = hex('5001'))))],
  ['with-tr-no-witness', after(edited(keyPath, (input) => void (input.items = [])))],
  ['with-tr-81', after(edited(keyPath, (input) => void (sign(input).edit = (s) => concat(s, repeat('00', 17)))))],
  ['with-tr-521', after(edited(keyPath, (input) => void (sign(input).edit = (s) => concat(s, repeat('00', 457)))))],
  ['with-tr-other-amount', steps(after(keyPath), seen(raised(1)))],
  ['with-tr-other-script', steps(after(keyPath), seen(otherScript))],
  ['with-acp-added', steps(types(0x81), seen(alone), after(wpkh))],
  ['with-all-added', steps(seen(alone), after(wpkh))],
  ['all-replaced', seen(otherOutputs)],
  ['none-replaced', steps(types(2), seen(otherOutputs))],
  ['single-changed', steps(types(3), seen(otherOutputs))],
  ['single-other-changed', steps((draft) => draft.outputs.push({ ...last(draft), value: 1000n }), types(3), seen(fewerOutputs))],
  ['single-none-beside', steps(before(wpkh), types(3, 1), (draft) => void draft.outputs.splice(1))],
  ['sequence-after-none', steps(types(2), after(keyPath), seen(otherSequence))],
  ['sequence-after-acp', steps(types(0x81), after(keyPath), seen(otherSequence))],
  ['dup-input', (draft) => void draft.inputs.push({ ...first(draft) })],
  ['dup-input-beside', steps(after(wpkh), after(wpkh))],
  ['null-prevout', after(edited(wpkh, (input) => void (input.coin = { ...input.coin, txid: new Uint8Array(32), vout: MAX_UINT32 })))],
  ['null-prevout-alone', (draft) => void (first(draft).coin = { ...first(draft).coin, txid: new Uint8Array(32), vout: MAX_UINT32 })],
];

function types(hashType: number, index = 0): Change {
  return (draft) => {
    for (const item of (draft.inputs[index] as Input).items) if (isSignature(item)) item.hashType = hashType;
  };
}

/** Lets the signatures of the first input cover something else. */
function seen(view: (draft: Draft) => Draft): Change {
  return (draft) => {
    for (const item of first(draft).items) if (isSignature(item)) item.view = view;
  };
}

function alone(draft: Draft): Draft {
  return { ...draft, inputs: draft.inputs.slice(0, 1) };
}

function otherOutputs(draft: Draft): Draft {
  return { ...draft, outputs: draft.outputs.map((output) => ({ ...output, value: output.value - 1n })) };
}

function fewerOutputs(draft: Draft): Draft {
  return { ...draft, outputs: draft.outputs.slice(0, -1) };
}

function raised(index: number): (draft: Draft) => Draft {
  return (draft) => {
    const input = draft.inputs[index] as Input;
    input.coin = { ...input.coin, valueSats: input.coin.valueSats + 1n };
    return draft;
  };
}

function otherScript(draft: Draft): Draft {
  const input = draft.inputs[1] as Input;
  input.coin = { ...input.coin, scriptPubKey: SCRIPTS['p2tr'] as Uint8Array };
  return draft;
}

function otherSequence(draft: Draft): Draft {
  (draft.inputs[1] as Input).sequence = 5;
  return draft;
}

/** The same signature with s on the other half; still valid for consensus. */
function highS(signature: Uint8Array): Uint8Array {
  const rLength = signature[3] as number;
  const s = signature.slice(6 + rLength, -1).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  const n = 0xffff_ffff_ffff_ffff_ffff_ffff_ffff_fffe_baae_dce6_af48_a03b_bfd2_5e8c_d036_4141n;
  const high = concat(hex('00'), hex((n - s).toString(16).padStart(64, '0')));
  const body = concat(signature.slice(2, 4 + rLength), hex('0221'), high);
  return concat(hex('30'), Uint8Array.of(body.length), body, signature.slice(-1));
}

/** All changes of a transaction around its first witness. */
export const TRANSACTION_CHANGES: Changes = [
  ...versions,
  ...outputs,
  ...dataOutputs,
  ...values,
  ...sizes,
  ...large,
  ...locks,
  ...sequences,
  ...scriptSigs,
  ...others,
];
