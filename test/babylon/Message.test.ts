// The messages against the published package of the chain, and what is refused.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import * as Message from '../../src/babylon/Message.ts';
import { DEFINITIONS } from '../../src/babylon/messages/tables.ts';
import { hasCode } from '../../src/base/Errors.ts';
import * as Hex from '../../src/base/Hex.ts';
import { type Codec, peerCodecs } from './messages/peer.ts';
import { message, SHAPES } from './messages/random.ts';

const WIRE = { rules: 'wire' } as const;
const RUNS = 60;
let peer: ReadonlyMap<string, Codec> = new Map();

beforeAll(async () => {
  peer = await peerCodecs();
});

const codecOf = (typeUrl: string): Codec => {
  const codec = peer.get(typeUrl.slice(1));
  if (codec === undefined) throw new Error(`the package has no ${typeUrl}`);
  return codec;
};

/** The peer's form of a value: enums and 64-bit integers as numbers. */
function peerValue(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(peerValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, key === 'btcSigType' ? ['BIP340', 'BIP322', 'ECDSA'].indexOf(one) : peerValue(one)]),
  );
}

const typed = (value: unknown): Message.Message => value as Message.Message;
/** All of a value as text: quicker to compare than objects with large arrays. */
const shown = (value: unknown): string =>
  JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one instanceof Uint8Array ? Hex.encode(one) : one));
/** What the call was refused for. */
function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return 'accepted';
}
function fieldOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as { reason?: { field?: string } }).reason?.field ?? String(error);
  }
  return 'accepted';
}

describe('the tables', () => {
  it('are known here by another spelling', () => {
    expect(Object.keys(SHAPES).sort()).toEqual([...Message.TYPE_URLS].sort());
    for (const typeUrl of Message.TYPE_URLS) expect(Object.keys(DEFINITIONS[typeUrl].table)).toEqual(Object.keys(SHAPES[typeUrl] ?? {}));
  });

  it('have rows in ascending order, which is the order of the bytes', () => {
    for (const { table } of Object.values(DEFINITIONS)) {
      const numbers = Object.values(table).map(({ number }) => number);
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    }
  });
});

describe.each(Message.TYPE_URLS)('%s', (typeUrl) => {
  it(`${RUNS} random messages have the package's bytes, and are read back`, () => {
    const codec = codecOf(typeUrl);
    fc.assert(
      fc.property(message(typeUrl), (random) => {
        const encoded = Message.encode(typed(random), WIRE);
        const expected = Uint8Array.from(
          codec.encode(peerValue({ bsnId: '', maxFinalityProviders: 0, ...withDefaults(random.value, typeUrl) })).finish(),
        );
        expect(Hex.encode(encoded.value)).toBe(Hex.encode(expected));
        const decoded = Message.decode(encoded, WIRE);
        expect(shown(decoded)).toBe(shown(Message.check(typed(random), WIRE)));
        expect(shown(Message.encode(decoded, WIRE))).toBe(shown(encoded));
      }),
      { seed: 4, numRuns: RUNS, endOnFailure: true },
    );
  });

  it('JSON both ways, also as the package writes it', () => {
    const codec = codecOf(typeUrl);
    fc.assert(
      fc.property(message(typeUrl), (random) => {
        const checked = Message.check(typed(random), WIRE);
        const json = JSON.parse(JSON.stringify(Message.toJson(checked))) as { readonly value: object };
        expect(shown(Message.fromJson(json))).toBe(shown(checked));
        const theirs = JSON.parse(JSON.stringify(codec.toJSON(codec.decode(Message.encode(checked, WIRE).value)))) as object;
        expect(shown(Message.fromJson({ typeUrl, value: theirs }))).toBe(shown(checked));
        expect(shown(Message.fromJson({ '@type': typeUrl, ...json.value }))).toBe(shown(checked));
        const { value } = Message.toAmino(checked, WIRE);
        expect(Object.keys(value)).toEqual(Object.keys(value).sort());
      }),
      { seed: 5, numRuns: 30, endOnFailure: true },
    );
  });

  it('survives any bytes with an error of ours', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (value) => {
        try {
          Message.decodeTolerant({ typeUrl, value });
        } catch (error) {
          expect(['message.malformed', 'message.wrong-wire-type']).toContain((error as { code?: string }).code);
        }
      }),
      { seed: 6, numRuns: 200 },
    );
  });
});

/** Nested messages that are left out stay out; the peer wants every scalar. */
function withDefaults(value: Readonly<Record<string, unknown>>, typeUrl: string): Readonly<Record<string, unknown>> {
  const nested = (key: string): object => {
    const inner = value[key];
    if (typeof inner !== 'object' || inner === null) return {};
    return key === 'params' ? { [key]: { maxFinalityProviders: 0, ...inner } } : {};
  };
  return typeUrl.endsWith('MsgSelectiveSlashingEvidence')
    ? { stakingTxHash: '', ...value }
    : { ...value, ...('params' in value ? nested('params') : {}) };
}

describe('the generated vector file', () => {
  it("has the package's bytes", () => {
    const raw = readFileSync(new URL('../../vectors/satlock/babylon-message.json.gz', import.meta.url));
    const { cases } = JSON.parse(gunzipSync(raw).toString('utf8')) as {
      readonly cases: readonly {
        readonly input: { readonly typeUrl: string; readonly value: object };
        readonly expect: { readonly encoded?: string };
      }[];
    };
    let compared = 0;
    for (const { input, expect: expected } of cases) {
      // Numbers beyond 2^53 are none of the package's.
      if (expected.encoded === undefined || /"[0-9]{16,20}"/.test(JSON.stringify(input.value))) continue;
      const codec = codecOf(input.typeUrl);
      expect(Hex.encode(Uint8Array.from(codec.encode(codec.fromJSON(input.value)).finish()))).toBe(expected.encoded);
      compared++;
    }
    expect(compared).toBeGreaterThan(20);
  });
});

const ADDRESS = 'bbn1cyqgpk0nlsutlm5ymkfpya30fqntanc8slpure';
const bytes = (length: number, byte = 7): Uint8Array => new Uint8Array(length).fill(byte);
const proof = { key: { index: 2, hash: bytes(32) }, proof: bytes(96, 9) };
const delegation = {
  stakerAddr: ADDRESS,
  pop: { btcSigType: 'ECDSA', btcSig: bytes(65) },
  btcPk: bytes(32),
  fpBtcPkList: [bytes(32, 8)],
  stakingTime: 64_000,
  stakingValue: 500_000n,
  stakingTx: bytes(100),
  stakingTxInclusionProof: proof,
  slashingTx: bytes(90),
  delegatorSlashingSig: bytes(64),
  unbondingTime: 301,
  unbondingTx: bytes(80),
  unbondingValue: 490_400n,
  unbondingSlashingTx: bytes(85),
  delegatorUnbondingSlashingSig: bytes(64),
};
const create = (changes: object = {}): Message.Message =>
  typed({ typeUrl: Message.CREATE_BTC_DELEGATION, value: { ...delegation, ...changes } });

describe('worked bytes', () => {
  it('the proof for index 2, and index 128 with its longer length', () => {
    const of = (index: number): string =>
      Hex.encode(
        Message.encode(
          typed({
            typeUrl: Message.ADD_INCLUSION_PROOF,
            value: { signer: ADDRESS, stakingTxHash: 'ab'.repeat(32), stakingTxInclusionProof: { ...proof, key: { ...proof.key, index } } },
          }),
        ).value,
      ).slice(2 * (2 + 42 + 2 + 64));
    expect(of(2)).toBe(`1a88010a2408021220${'07'.repeat(32)}1260${'09'.repeat(96)}`);
    expect(of(128)).toBe(`1a89010a250880011220${'07'.repeat(32)}1260${'09'.repeat(96)}`);
    expect(of(0)).toBe(`1a86010a221220${'07'.repeat(32)}1260${'09'.repeat(96)}`);
  });

  it('a proof of possession of the default type leaves the type out', () => {
    const of = (btcSigType: string | number): string =>
      Hex.encode(Message.encode(create({ pop: { btcSigType, btcSig: bytes(64) } })).value).slice(2 * 44, 2 * 46);
    expect(of('BIP340')).toBe('1242');
    expect(of(0)).toBe('1242');
    expect(of('ECDSA')).toBe('1244');
  });

  it('amino: type URL, sorted proto names, numbers for enums, text for 64-bit integers, zero left out', () => {
    const { type, value } = Message.toAmino(create({ stakingTxInclusionProof: { ...proof, key: { index: 0, hash: bytes(32) } } }));
    expect(type).toBe('/babylon.btcstaking.v1.MsgCreateBTCDelegation');
    expect(Object.keys(value)).toEqual([
      'btc_pk',
      'delegator_slashing_sig',
      'delegator_unbonding_slashing_sig',
      'fp_btc_pk_list',
      'pop',
      'slashing_tx',
      'staker_addr',
      'staking_time',
      'staking_tx',
      'staking_tx_inclusion_proof',
      'staking_value',
      'unbonding_slashing_tx',
      'unbonding_time',
      'unbonding_tx',
      'unbonding_value',
    ]);
    expect(value).toMatchObject({ staking_time: 64_000, staking_value: '500000', pop: { btc_sig_type: 2 } });
    expect(value['staking_tx_inclusion_proof']).toEqual({
      key: { hash: Buffer.from(bytes(32)).toString('base64') },
      proof: Buffer.from(bytes(96, 9)).toString('base64'),
    });
    expect(Object.keys(Message.toAmino(create({ pop: { btcSigType: 0, btcSig: bytes(64) } })).value['pop'] ?? {})).toEqual(['btc_sig']);
  });

  it('amino prints decimals with 18 places', () => {
    const message = typed({
      typeUrl: '/babylon.btcstaking.v1.MsgEditFinalityProvider',
      value: { addr: ADDRESS, btcPk: bytes(32), description: { moniker: 'm' }, commission: Message.decimal('0.05') },
    });
    expect(Message.toAmino(message).value['commission']).toBe('0.050000000000000000');
    expect(Message.toJson(message).value['commission']).toBe('50000000000000000');
  });

  it('a BIP322 signature is address and witness', () => {
    const encoded = Message.encodeBip322Sig({ address: 'bc1q', sig: bytes(2) });
    expect(Hex.encode(encoded)).toBe('0a046263317112020707');
    expect(Message.decodeBip322Sig(Hex.decode('0a0161180512010a0a046263317112020707'))).toEqual({ address: 'bc1q', sig: bytes(2) });
  });
});

describe('what the chain would refuse for its form is refused, with the field', () => {
  it.each<[string, object, string]>([
    ['btcPk', { btcPk: bytes(33, 2) }, 'input.wrong-length'],
    ['btcPk', { btcPk: 'ab'.repeat(32) }, 'input.not-bytes'],
    ['fpBtcPkList[0]', { fpBtcPkList: [bytes(31)] }, 'input.wrong-length'],
    ['fpBtcPkList[0]', { fpBtcPkList: new Array(1) }, 'input.not-bytes'],
    ['fpBtcPkList', { fpBtcPkList: bytes(32) }, 'input.not-list'],
    ['stakingTime', { stakingTime: 2 ** 32 }, 'input.out-of-range'],
    ['stakingTime', { stakingTime: 1.5 }, 'input.not-integer'],
    ['stakingTime', { stakingTime: '64000' }, 'input.not-integer'],
    ['stakingValue', { stakingValue: 500_000 }, 'input.not-integer'],
    ['stakingValue', { stakingValue: '500000' }, 'input.not-integer'],
    ['stakingValue', { stakingValue: 2n ** 63n }, 'input.out-of-range'],
    ['stakingValue', { stakingValue: -1n }, 'input.out-of-range'],
    ['unbondingValue', { unbondingValue: Number.NaN }, 'input.not-integer'],
    ['slashingTx', { slashingTx: bytes(0) }, 'input.wrong-length'],
    ['slashingTx', { slashingTx: undefined }, 'input.missing'],
    ['delegatorSlashingSig', { delegatorSlashingSig: bytes(65) }, 'input.wrong-length'],
    ['pop', { pop: undefined }, 'input.missing'],
    ['pop.btcSig', { pop: { btcSigType: 'ECDSA', btcSig: bytes(0) } }, 'input.wrong-length'],
    ['pop.btcSigType', { pop: { btcSigType: 'bip322', btcSig: bytes(65) } }, 'message.bad-enum'],
    ['pop.btcSigType', { pop: { btcSigType: 3, btcSig: bytes(65) } }, 'message.bad-enum'],
    [
      'stakingTxInclusionProof.key.hash',
      { stakingTxInclusionProof: { ...proof, key: { index: 1, hash: bytes(2) } } },
      'input.wrong-length',
    ],
    [
      'stakingTxInclusionProof.key.index',
      { stakingTxInclusionProof: { ...proof, key: { index: -3, hash: bytes(32) } } },
      'input.out-of-range',
    ],
    ['stakingTxInclusionProof.proof', { stakingTxInclusionProof: { ...proof, proof: bytes(31) } }, 'input.wrong-length'],
    ['stakingTxInclusionProof.key', { stakingTxInclusionProof: { proof: bytes(32) } }, 'input.missing'],
    ['stakerAddr', { stakerAddr: 'bbn1qqqqqqqqv70kd6' }, 'message.bad-address'],
    ['stakerAddr', { stakerAddr: 'bbnvaloper1cyqgpk0nlsutlm5ymkfpya30fqntanc86x9gmg' }, 'message.bad-address'],
    ['stakerAddr', { stakerAddr: ADDRESS.replace('e', 'q') }, 'message.bad-address'],
    ['stakerAddr', { stakerAddr: '' }, 'message.bad-address'],
    ['stakerAddr', { stakerAddr: `${ADDRESS.slice(0, 10)}\ud800` }, 'message.bad-text'],
    ['multisigInfo', { multisigInfo: {} }, 'message.unknown-field'],
  ])('%s, case %#', (field, changes, code) => {
    const call = (): unknown => Message.encode(create(changes));
    expect(codeOf(call)).toBe(code);
    expect(fieldOf(call)).toBe(field);
  });

  it('takes an upper-case address and leaves the rest alone', () => {
    expect(() => Message.encode(create({ stakerAddr: ADDRESS.toUpperCase() }))).not.toThrow();
    expect(() => Message.encode(create({ stakingTxInclusionProof: undefined }))).not.toThrow();
  });

  it('a short transaction hash, which the chain would fill with zeros', () => {
    const call = (stakingTxHash: string) => (): unknown =>
      Message.encode(
        typed({ typeUrl: Message.ADD_INCLUSION_PROOF, value: { signer: ADDRESS, stakingTxHash, stakingTxInclusionProof: proof } }),
      );
    expect(codeOf(call('ab'.repeat(31)))).toBe('message.bad-txid');
    expect(codeOf(call(`${'ab'.repeat(31)}zz`))).toBe('message.bad-txid');
    expect(codeOf(call('AB'.repeat(32)))).toBe('accepted');
  });

  it('unknown types', () => {
    expect(codeOf(() => Message.encode(typed({ typeUrl: '/babylon.btcstaking.v1.MsgStake', value: {} })))).toBe('message.unknown-type');
    expect(codeOf(() => Message.encode(typed({ typeUrl: 'constructor', value: {} })))).toBe('message.unknown-type');
  });

  it('decimals in any but the wire form', () => {
    const edit = (commission: string) => (): unknown =>
      Message.encode(
        typed({
          typeUrl: '/babylon.btcstaking.v1.MsgEditFinalityProvider',
          value: { addr: ADDRESS, btcPk: bytes(32), description: { moniker: 'm' }, commission },
        }),
      );
    expect(codeOf(edit('0.05'))).toBe('message.bad-decimal');
    expect(codeOf(edit(Message.decimal('0.05')))).toBe('accepted');
    for (const text of ['', '.5', '1e-3', '-1', '0.0000000000000000001'])
      expect(
        codeOf(() => Message.decimal(text)),
        text,
      ).toBe('message.bad-decimal');
    expect(Message.formatDecimal(Message.decimal('0.001'))).toBe('0.001000000000000000');
  });
});

describe('inputs', () => {
  it('are not changed and not kept', () => {
    const value = create();
    const before = JSON.stringify(Message.toJson(value));
    const { value: encoded } = Message.encode(value);
    const decoded = Message.decode({ typeUrl: value.typeUrl, value: encoded });
    encoded.fill(0);
    expect(JSON.stringify(Message.toJson(decoded))).toBe(before);
    expect(JSON.stringify(Message.toJson(value))).toBe(before);
  });
});

describe('decoding', () => {
  const { typeUrl } = create();
  const raw = Message.encode(create()).value;
  const strict = (value: Uint8Array) => (): unknown => Message.decode({ typeUrl, value });
  const join = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

  it('lists unknown fields, also nested ones, and the strict form refuses them', () => {
    const extended = join(raw, Hex.decode('8201020a00'));
    expect(codeOf(strict(extended))).toBe('message.unknown-content');
    const { message: read, unknownFields } = Message.decodeTolerant({ typeUrl, value: extended });
    expect(Message.encode(read).value).toEqual(raw);
    expect(unknownFields).toEqual([{ field: '#16', number: 16, wireType: 2, bytes: Hex.decode('8201020a00') }]);
    const nested = Message.decodeTolerant({ typeUrl, value: join(raw, Hex.decode('12021801')) });
    expect(nested.unknownFields.map(({ field }) => field)).toEqual(['pop.#3']);
  });

  it('takes the last value of a field and merges a nested message given twice, and the strict form refuses both', () => {
    const twice = join(raw, Hex.decode('2805'), Hex.decode('12020801'));
    expect(codeOf(strict(twice))).toBe('message.not-canonical');
    const { message: read } = Message.decodeTolerant({ typeUrl, value: twice });
    expect(read.value).toMatchObject({ stakingTime: 5, pop: { btcSigType: 'BIP322', btcSig: bytes(65) } });
  });

  it('refuses defaults that are written, wide varints and fields out of order, when strict', () => {
    for (const hex of ['2800', '28808000']) expect(codeOf(strict(Hex.decode(hex))), hex).toBe('message.not-canonical');
    const { message: read } = Message.decodeTolerant({ typeUrl, value: Hex.decode('28808000') });
    expect(read.value).toMatchObject({ stakingTime: 0, stakingValue: 0n, fpBtcPkList: [] });
  });

  it.each([
    ['0a', 'message.malformed'],
    ['0a05ab', 'message.malformed'],
    ['00', 'message.malformed'],
    ['0f', 'message.malformed'],
    ['28ffffffffffffffffffffff', 'message.malformed'],
    ['0a02c328', 'message.malformed'],
    ['0805', 'message.wrong-wire-type'],
    ['2a0105', 'message.wrong-wire-type'],
    ['1a'.repeat(3), 'message.malformed'],
    ['120a', 'message.malformed'],
  ])('%s', (hex, code) => {
    expect(codeOf(() => Message.decodeTolerant({ typeUrl, value: Hex.decode(hex) }))).toBe(code);
  });

  it('refuses groups nested without end', () => {
    expect(codeOf(() => Message.decodeTolerant({ typeUrl, value: Hex.decode('9301'.repeat(50_000)) }))).toBe('message.malformed');
  });

  it('keeps an enum number without a name, for the chain to refuse', () => {
    const { message: read } = Message.decodeTolerant({ typeUrl, value: Hex.decode('12020807') });
    expect(read.value).toMatchObject({ pop: { btcSigType: 7 } });
    const odd = Message.encode(create({ pop: { btcSigType: 7, btcSig: bytes(64) } }), WIRE);
    expect(codeOf(() => Message.decode(odd))).toBe('message.bad-enum');
    expect(Message.decode(odd, WIRE).value).toMatchObject({ pop: { btcSigType: 7 } });
  });

  it('strict form asks for the lengths, unless told otherwise', () => {
    expect(fieldOf(() => Message.decode({ typeUrl, value: Hex.decode('1a0101') }))).toBe('stakerAddr');
    expect(Message.decode({ typeUrl, value: Hex.decode('1a0101') }, WIRE).value).toMatchObject({ btcPk: Uint8Array.of(1) });
  });
});

describe('JSON', () => {
  const { typeUrl } = create();
  it('takes both spellings, both alphabets, numbers and text', () => {
    const read = Message.fromJson({
      typeUrl,
      value: {
        staker_addr: 'x',
        btcPk: '-_8',
        stakingTx: '+/8=',
        stakingValue: 5,
        unbonding_value: '9007199254740993',
        stakingTime: '7',
        pop: null,
      },
    });
    expect(read.value).toMatchObject({
      stakerAddr: 'x',
      btcPk: Uint8Array.of(251, 255),
      stakingTx: Uint8Array.of(251, 255),
      stakingValue: 5n,
      unbondingValue: 9_007_199_254_740_993n,
      stakingTime: 7,
    });
  });

  it.each<[object, string]>([
    [{ stakingValue: 1.5 }, 'input.not-integer'],
    [{ stakingValue: '1e3' }, 'message.bad-integer'],
    [{ stakingValue: '007' }, 'message.bad-integer'],
    [{ stakingValue: 2 ** 60 }, 'input.not-integer'],
    [{ stakingValue: '9223372036854775808' }, 'input.out-of-range'],
    [{ stakingTime: 4_294_967_296 }, 'input.out-of-range'],
    [{ stakingTime: '4294967296' }, 'input.out-of-range'],
    [{ btcPk: 'abc$' }, 'message.bad-base64'],
    [{ btcPk: 'ab=' }, 'message.bad-base64'],
    [{ btcPk: 'abcde' }, 'message.bad-base64'],
    [{ btcPk: 5 }, 'input.not-text'],
    [{ btcPk: [1, 2] }, 'input.not-text'],
    [{ fpBtcPkList: 'abcd' }, 'input.not-list'],
    [{ fpBtcPkList: [null] }, 'input.not-text'],
    [{ pop: [] }, 'input.not-object'],
    [{ pop: { btcSigType: 'SCHNORR' } }, 'message.bad-enum'],
    [{ stakerAddr: 'a', staker_addr: 'b' }, 'message.duplicate-field'],
    [{ stakerAddress: 'a' }, 'message.unknown-field'],
    [{ __proto__x: 1 }, 'message.unknown-field'],
  ])('refuses %j', (value, code) => {
    expect(codeOf(() => Message.fromJson({ typeUrl, value }))).toBe(code);
  });

  it('refuses what stands beside type and value', () => {
    expect(codeOf(() => Message.fromJson({ typeUrl, value: {}, extra: 1 }))).toBe('message.unknown-field');
    expect(codeOf(() => Message.fromJson({ value: {} }))).toBe('input.not-text');
  });
});

describe('gas, fees and signers', () => {
  it("the least fee is the chain's: 0.002 a gas unit, rounded, halves to even", () => {
    expect([1_095_000n, 0n, 249n, 250n, 251n, 750n, 1_250n, 10_000_000n].map(Message.minimumFeeUbbn)).toEqual([
      2190n,
      0n,
      0n,
      0n,
      1n,
      2n,
      2n,
      20_000n,
    ]);
    expect(
      hasCode(
        catching(() => Message.minimumFeeUbbn(-1n)),
        'input.out-of-range',
      ),
    ).toBe(true);
  });

  it('base gas is for registrations without proof and expansions', () => {
    const params = { delegationCreationBaseGasFee: 1_095_000n };
    expect(Message.baseGas(create(), params)).toBe(0n);
    expect(Message.baseGas(create({ stakingTxInclusionProof: undefined }), params)).toBe(1_095_000n);
    expect(Message.baseGas(typed({ typeUrl: Message.BTC_STAKE_EXPAND, value: {} }), params)).toBe(1_095_000n);
    expect(Message.baseGas(typed({ typeUrl: Message.BTC_UNDELEGATE, value: {} }), params)).toBe(0n);
  });

  it('a fee comes back when all messages are of the refundable kinds and different', () => {
    const any = (typeUrl: string, byte: number): Message.Any => ({ typeUrl, value: Uint8Array.of(byte) });
    expect(Message.isRefundable([any(Message.BTC_UNDELEGATE, 1), any(Message.BTC_UNDELEGATE, 2)])).toBe(true);
    expect(Message.isRefundable([any(Message.BTC_UNDELEGATE, 1), any(Message.BTC_UNDELEGATE, 1)])).toBe(false);
    expect(Message.isRefundable([any(Message.BTC_UNDELEGATE, 1), any(Message.CREATE_BTC_DELEGATION, 2)])).toBe(false);
    expect(Message.isRefundable([])).toBe(false);
  });

  it('the signer of each type is a field of it', () => {
    for (const typeUrl of Message.TYPE_URLS) {
      const value = Object.fromEntries(Object.keys(SHAPES[typeUrl] ?? {}).map((key) => [key, key]));
      expect(Object.keys(value)).toContain(Message.signerOf(typed({ typeUrl, value })));
    }
  });
});

function catching(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}
