// The contract: every refusal with its field, the worked examples byte by byte, three point additions, and no way to change it afterwards.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Delegation from '../../src/babylon/Delegation.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as Address from '../../src/bitcoin/Address.ts';
import * as TapTree from '../../src/bitcoin/TapTree.ts';
import * as Ecc from '../../src/crypto/Ecc.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import {
  bytes,
  castOf,
  codeOf,
  contractOf,
  counting,
  failure,
  filled,
  hex,
  type KeyPair,
  keyOf,
  keysOf,
  keyWithParity,
  optionsOf,
  pks,
  RULES,
  refusal,
  SEED,
  stakingTransaction,
  untyped,
} from '../support/stakes.ts';

const SMALL = castOf({ covenant: keysOf('cov', 3), covenantQuorum: 2 });
const build = (changes: Partial<Record<keyof StakingContract.Options, unknown>>) => () =>
  StakingContract.from(optionsOf(SMALL, untyped<Partial<StakingContract.Options>>(changes)));
const staker = keyOf('staker').publicKey;
const provider = keyOf('fp1').publicKey;
const covenant = pks(SMALL.covenant);

describe('worked example: 1 staker, 1 provider, 2-of-3 covenant, 1008 and 144 blocks', () => {
  // From a script that shares no code with this project, compared there with bitcoinjs-lib 6.
  const { staking, unbonding, slashingChange } = contractOf(SMALL);

  it('has the leaves', () => {
    const s = 'a7fee5f17c9c8bb5062158225718d464aae0cc78b4563bf1ca1653fce413a43b';
    const c =
      '208514a59245e7f69de9b2c13112f3b9f425d384950605df680ebe6ed1f653d269ac20dd70139934d55db6af188f0effd4d541b45a50f6d6cb53112df5c3e687b879d7ba20e04c15c3e27ef4c109e215d8359974502a4a7e23827e13f8763606ee00e8b62dba529c';
    expect(hex(staking.paths.timelock.script)).toBe(`20${s}ad02f003b2`);
    expect(hex(staking.paths.unbonding.script)).toBe(`20${s}ad${c}`);
    expect(hex(staking.paths.slashing.script)).toBe(`20${s}ad20a0de2f54af59442d224b992a680fa802f6a3d5534f7d2943fdd9bf0061a6fc1aad${c}`);
    expect(hex(unbonding.paths.timelock.script)).toBe(`20${s}ad029000b2`);
  });

  it('has the outputs, with the slashing leaf at depth 1 and the others at depth 2', () => {
    expect(hex(staking.outputKey)).toBe('d3aefe29fd5c62d7b2382b1f7c956cc4d8342e6f310c1c0bf2553fa96f931108');
    expect(hex(staking.merkleRoot)).toBe('0637ba3d5e2ba43d4335452b361b66a7317b090d81bdc946186424c1200eeb4d');
    expect(hex(unbonding.outputKey)).toBe('0963372158374bd60414dbc955a133d38d9d5adc301b9077c4cbee29ab708705');
    expect(hex(slashingChange.outputKey)).toBe('47e97142f48f242a00bdfe5da4888597de05da0bedd86e2e9670a235c5057769');
    const lengths = Object.entries(staking.paths).map(([path, { controlBlock }]) => [path, controlBlock.length]);
    expect(Object.fromEntries(lengths)).toEqual({ timelock: 97, unbonding: 97, slashing: 65 });
  });

  it('has the addresses', () => {
    const addresses = [staking, unbonding, slashingChange].map(({ scriptPubKey }) => Address.encode(scriptPubKey, 'mainnet'));
    expect(addresses).toEqual([
      'bc1p6wh0u20at33d0v3c9v0he9tvcnvrgtn0xyxpczlj25l6jmunzyyqy9eu87',
      'bc1pp93nwg2cxa9avpq5m0y4tgfn6wxe6kkuxqdeqa7ye0hzn2mssuzs0kre9l',
      'bc1pgl5hzsh53ujz5q9alew6fzy9jl0qtkstahvxut5kwz3rt3g9wa5sq3hn59',
    ]);
  });

  it('has the parity of each output in its control blocks, not always c0', () => {
    const cb = '50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0';
    expect(hex(staking.paths.slashing.controlBlock)).toBe(`c0${cb}96f5c29a4be0a8eb5ca30fcea8f530d9367b1481b6ad56f6fd10fec0237716d9`);
    expect(hex(slashingChange.paths.timelock.controlBlock)).toBe(`c1${cb}`);
  });

  it('shares the slashing leaf between both outputs and the timelock leaf between unbonding and change, but no control block', () => {
    expect(hex(staking.paths.slashing.leafHash)).toBe(hex(unbonding.paths.slashing.leafHash));
    expect(hex(staking.paths.slashing.controlBlock)).not.toBe(hex(unbonding.paths.slashing.controlBlock));
    expect(hex(unbonding.paths.timelock.leafHash)).toBe(hex(slashingChange.paths.timelock.leafHash));
    expect(unbonding.paths.timelock.controlBlock).toHaveLength(65);
    expect(slashingChange.paths.timelock.controlBlock).toHaveLength(33);
  });
});

describe('worked example: 2-of-3 stakers', () => {
  const contract = contractOf({ ...SMALL, stakers: [keyOf('staker'), keyOf('staker2'), keyOf('staker3')], stakerQuorum: 2 });

  it('has the scripts and the addresses', () => {
    const { staking, unbonding, slashingChange } = contract;
    expect(hex(staking.paths.timelock.script)).toBe(
      '2069480aebcf8b4adb1c1d4c09b8db05936a7a147ab787d414508144a844cf2f7eac20a7fee5f17c9c8bb5062158225718d464aae0cc78b4563bf1ca1653fce413a43bba20b472893d721c9c6b9cd7794655fc8a2fe60bd67e944e1899b313d1a83c011a19ba529d02f003b2',
    );
    expect([staking, unbonding, slashingChange].map(({ scriptPubKey }) => Address.encode(scriptPubKey, 'mainnet'))).toEqual([
      'bc1ptpyfwl38nm0d83j9gzevzdr0t32jttjfvrd3u4smz9h4g3xt7f9snrz3pd',
      'bc1py2rgvxxx6v3ljw6edprxavy7z7hvgtrkj7upplx26f2k8pujptls2dy2vu',
      'bc1pt20x646mqkvuhx47t5kjwx2dy0ecwc3ehj0txt5lpca5eyewfxlsl35fxq',
    ]);
    expect([staking.parity, unbonding.parity, slashingChange.parity]).toEqual([1, 0, 1]);
  });
});

describe('leaf lengths of a 9-member covenant', () => {
  it('are those of mainnet: 342 and 376 bytes, timelocks 36 to 39', () => {
    const { staking } = contractOf(castOf());
    expect([staking.paths.unbonding.script.length, staking.paths.slashing.script.length]).toEqual([342, 376]);
    const lengths = [16, 127, 1008, 64_000].map(
      (stakingTimeBlocks) => contractOf(castOf(), { stakingTimeBlocks }).staking.paths.timelock.script.length,
    );
    expect(lengths).toEqual([36, 37, 38, 39]);
  });

  it('grow to the long form with a second provider', () => {
    const { staking } = contractOf(castOf({ providers: keysOf('fp', 2) }));
    expect(staking.paths.slashing.script.length).toBe(376 + 36);
  });
});

describe('duplicate keys are refused', () => {
  const compressedTwin = keyWithParity('twin', 3);

  it.each([
    ['two equal covenant keys', { covenantPks: [covenant[0], covenant[1], covenant[0]] }, 'tapscript.duplicate-key'],
    ['two equal providers', { finalityProviderPks: [provider, provider] }, 'tapscript.duplicate-key'],
    ['two equal stakers', { stakerPk: undefined, stakers: { pks: [staker, staker], quorum: 1 } }, 'tapscript.duplicate-key'],
    ['staker = provider', { finalityProviderPks: [staker] }, 'staking-contract.duplicate-key'],
    ['staker = covenant member', { covenantPks: [covenant[0], staker] }, 'staking-contract.duplicate-key'],
    ['provider = covenant member', { covenantPks: [provider, covenant[1]] }, 'staking-contract.duplicate-key'],
  ] as const)('%s', (_, changes, code) => expect(codeOf(build(changes))).toBe(code));

  it('names both roles, the key, and the text of the chain', () => {
    expect(failure(build({ covenantPks: [provider, covenant[1]] })).reason).toEqual({
      code: 'staking-contract.duplicate-key',
      field: 'covenantPks',
      key: hex(provider),
      roles: ['finalityProviderPks', 'covenantPks'],
      reference: `key: ${hex(provider)}: duplicated key in script`,
    });
    expect(failure(build({ covenantPks: [covenant[0], covenant[0]] })).reason).toMatchObject({
      field: 'covenantPks',
      key: hex(covenant[0] as Uint8Array),
    });
  });

  it('also as the two halves 02 and 03 of one x', () => {
    const x = PublicKey.fromCompressedAnyParity(PublicKey.compressedOfSecret(compressedTwin.secretKey));
    expect(codeOf(build({ covenantPks: [x, compressedTwin.publicKey] }))).toBe('tapscript.duplicate-key');
  });

  it('also when one is a Buffer', () => {
    expect(codeOf(build({ covenantPks: [covenant[0], Buffer.from(covenant[0] as Uint8Array)] }))).toBe('tapscript.duplicate-key');
  });
});

describe('keys that nobody can sign for are refused in every role', () => {
  const roles = [
    ['stakerPk', 'stakerPks[0]', (key: unknown) => ({ stakerPk: key })],
    ['stakers', 'stakerPks[1]', (key: unknown) => ({ stakerPk: undefined, stakers: { pks: [staker, key], quorum: 1 } })],
    ['finalityProviderPks', 'finalityProviderPks[0]', (key: unknown) => ({ finalityProviderPks: [key] })],
    ['covenantPks', 'covenantPks[2]', (key: unknown) => ({ covenantPks: [covenant[0], covenant[1], key] })],
  ] as const;

  it.each(roles)('%s: the NUMS key', (_, role, changes) => {
    expect(failure(build(changes(TapTree.nums()))).reason).toEqual({ code: 'staking-contract.unspendable-key', field: role, role });
  });

  it.each(roles)('%s: x off the curve, x = 0, x >= p', (_, role, changes) => {
    const offCurve = filled(32, 0);
    offCurve[31] = 5;
    const p = bytes('fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f');
    const pPlusOne = bytes('fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc30');
    for (const key of [offCurve, filled(32, 0), filled(32, 0xff), p, pPlusOne])
      expect(refusal(build(changes(key)))).toEqual(['public-key.not-on-curve', role]);
  });

  it.each(roles)('%s: keys of other lengths, compressed keys, text', (_, role, changes) => {
    for (const length of [0, 31, 33, 64, 65]) expect(refusal(build(changes(filled(length, 2))))).toEqual(['input.wrong-length', role]);
    expect(refusal(build(changes(PublicKey.compressedOfSecret(keyOf('other').secretKey))))).toEqual(['input.wrong-length', role]);
    for (const key of [hex(keyOf('other').publicKey), null, 5]) expect(refusal(build(changes(key)))).toEqual(['input.not-bytes', role]);
  });

  it('a compressed key with odd y is refused on the way in, unless the caller says that the parity may go', () => {
    const compressed = PublicKey.compressedOfSecret(keyWithParity('odd', 3).secretKey);
    expect(refusal(() => PublicKey.fromCompressed(compressed, 'covenantPks[0]'))).toEqual(['public-key.odd-y', 'covenantPks[0]']);
    expect(hex(PublicKey.fromCompressedAnyParity(compressed))).toBe(hex(compressed.subarray(1)));
  });
});

describe('groups are refused', () => {
  it('when they are empty, missing or no list', () => {
    expect(refusal(build({ covenantPks: [] }))).toEqual(['tapscript.no-keys', 'covenantPks']);
    expect(refusal(build({ finalityProviderPks: [] }))).toEqual(['tapscript.no-keys', 'finalityProviderPks']);
    expect(refusal(build({ stakerPk: undefined, stakers: { pks: [], quorum: 1 } }))).toEqual(['tapscript.no-keys', 'stakerPks']);
    for (const value of [undefined, null]) expect(refusal(build({ covenantPks: value }))).toEqual(['input.missing', 'covenantPks']);
    for (const value of [staker, 'key']) expect(refusal(build({ covenantPks: value }))).toEqual(['input.not-list', 'covenantPks']);
    for (const changes of [{ stakerPk: undefined }, { stakerPk: undefined, stakers: null }])
      expect(refusal(build(changes))).toEqual(['input.missing', 'stakerPk']);
    expect(refusal(build({ stakers: { pks: [staker], quorum: 1 } }))).toEqual(['staking-contract.staker-choice', undefined]);
  });

  it('above 294 keys, which the chain cannot write; 294 are built', () => {
    const many = pks(keysOf('many', 295));
    expect(failure(build({ covenantPks: many, covenantQuorum: 200 })).reason).toEqual({
      code: 'staking-contract.too-many-keys',
      role: 'covenantPks',
      max: 294,
      got: 295,
    });
    const { staking } = build({ covenantPks: many.slice(1), covenantQuorum: 200 })();
    expect(staking.paths.unbonding.script.length).toBe(34 + 34 * 294 + 3 + 1);
  });
});

describe('quorums are refused', () => {
  it.each([
    ['covenantQuorum', (quorum: unknown) => ({ covenantQuorum: quorum })],
    [
      'stakerQuorum',
      (quorum: unknown) => ({ stakerPk: undefined, stakers: { pks: [staker, keyOf('s2').publicKey, keyOf('s3').publicKey], quorum } }),
    ],
  ] as const)('%s: 0, negative, above the number of keys, fractions, text', (field, changes) => {
    for (const quorum of [0, -1, 4, 100]) expect(refusal(build(changes(quorum)))).toEqual(['input.out-of-range', field]);
    for (const quorum of [0.5, 1.7, Number.NaN, '2', 2n, null, undefined])
      expect(refusal(build(changes(quorum)))).toEqual(['input.not-integer', field]);
    for (const quorum of [1, 2, 3]) expect(() => build(changes(quorum))()).not.toThrow();
  });

  it('with one staker key, where the script would not show it', () => {
    for (const quorum of [0, 2, 5])
      expect(refusal(build({ stakerPk: undefined, stakers: { pks: [staker], quorum } }))).toEqual(['input.out-of-range', 'stakerQuorum']);
  });
});

describe('times are refused', () => {
  it.each(['stakingTimeBlocks', 'unbondingTimeBlocks'] as const)('%s: 0, 65536, negative, fractions, text', (field) => {
    for (const blocks of [0, 65_536, -1, 70_000]) expect(refusal(build({ [field]: blocks }))).toEqual(['input.out-of-range', field]);
    for (const blocks of [100.5, 1008.9, Number.NaN, '1000', 1000n, null, undefined])
      expect(refusal(build({ [field]: blocks }))).toEqual(['input.not-integer', field]);
    for (const blocks of [1, 16, 17, 65_535]) expect(build({ [field]: blocks })().terms[field]).toBe(blocks);
  });
});

describe('profiles', () => {
  const v4 = { profile: 'babylon-v4' } as const;

  it('babylon-v4 is what counts when nothing is said', () => {
    expect(codeOf(build({ profile: undefined, finalityProviderPks: pks(keysOf('fp', 2)) }))).toBe('staking-contract.profile');
    expect(build({ profile: undefined })().terms.profile).toBe('babylon-v4');
  });

  it('babylon-v4 refuses two providers with the code of the chain, generic builds them', () => {
    const two = { finalityProviderPks: pks(keysOf('fp', 2)) };
    expect(failure(build({ ...v4, ...two })).reason).toMatchObject({ code: 'staking-contract.profile', reference: 'btcstaking/1116' });
    expect(() => build({ ...two, profile: 'generic' })()).not.toThrow();
  });

  it('babylon-v4 refuses several stakers and a quorum of half the committee or less', () => {
    const two = { stakerPk: undefined, stakers: { pks: [staker, keyOf('s2').publicKey], quorum: 2 } };
    expect(codeOf(build({ ...v4, ...two }))).toBe('staking-contract.profile');
    expect(codeOf(build({ ...v4, covenantQuorum: 1 }))).toBe('staking-contract.profile');
    const four = { ...v4, covenantPks: pks(keysOf('cov', 4)) };
    expect(codeOf(build({ ...four, covenantQuorum: 2 }))).toBe('staking-contract.profile');
    expect(() => build({ ...four, covenantQuorum: 3 })()).not.toThrow();
  });

  it('with a name that does not exist is refused: it would have no rules at all', () => {
    for (const profile of ['babylon-v5', 'Babylon-v4', '', null, 4]) {
      const act = build({ profile, finalityProviderPks: pks(keysOf('fp', 2)) });
      expect(codeOf(act)).toBe(profile === null ? 'staking-contract.profile' : 'chain-profile.unknown');
    }
  });
});

describe('fromParams', () => {
  it('takes covenant and unbonding time from the parameters', () => {
    const { covenantPks, covenantQuorum, unbondingTimeBlocks, ...options } = optionsOf(SMALL);
    const contract = StakingContract.fromParams({ covenantPks, covenantQuorum, unbondingTimeBlocks }, options);
    expect(hex(contract.staking.scriptPubKey)).toBe(hex(contractOf(SMALL).staking.scriptPubKey));
  });
});

describe('order of keys', () => {
  it('never changes a script or an address', () => {
    const stakers = keysOf('s', 3);
    const providers = keysOf('fp', 4);
    const members = keysOf('cov', 7);
    const shuffled = (list: readonly KeyPair[]) => fc.shuffledSubarray([...list], { minLength: list.length, maxLength: list.length });
    const scripts = (s: readonly KeyPair[], f: readonly KeyPair[], c: readonly KeyPair[]): string[] => {
      const { staking, unbonding, slashingChange } = contractOf({
        stakers: s,
        stakerQuorum: 2,
        providers: f,
        covenant: c,
        covenantQuorum: 4,
      });
      return [staking, unbonding, slashingChange].map(({ scriptPubKey }) => hex(scriptPubKey));
    };
    const expected = scripts(stakers, providers, members);
    fc.assert(
      fc.property(shuffled(stakers), shuffled(providers), shuffled(members), (s, f, c) => {
        expect(scripts(s, f, c)).toEqual(expected);
      }),
      { seed: SEED },
    );
  });

  it('is kept in the terms: adaptor signatures stand in the list order of the providers', () => {
    const providers = pks(keysOf('fp', 4)).reverse();
    expect(contractOf(castOf(), { finalityProviderPks: providers }).terms.finalityProviderPks.map(hex)).toEqual(providers.map(hex));
  });
});

describe('different terms', () => {
  it('never give the same staking address', () => {
    const terms = fc.record({
      stakers: fc.integer({ min: 1, max: 3 }),
      stakerQuorum: fc.integer({ min: 1, max: 3 }),
      providers: fc.integer({ min: 1, max: 3 }),
      members: fc.integer({ min: 1, max: 4 }),
      quorum: fc.integer({ min: 1, max: 4 }),
      time: fc.integer({ min: 1, max: 65_535 }),
      swapped: fc.boolean(),
    });
    const seen = new Map<string, string>();
    fc.assert(
      fc.property(terms, ({ stakers, stakerQuorum, providers, members, quorum, time, swapped }) => {
        fc.pre(stakerQuorum <= stakers && quorum <= members);
        // The same keys in other roles are other terms.
        const [a, b] = swapped ? (['cov', 'fp'] as const) : (['fp', 'cov'] as const);
        const cast = castOf({
          stakers: keysOf('s', stakers),
          stakerQuorum,
          providers: keysOf(a, providers),
          covenant: keysOf(b, members),
          covenantQuorum: quorum,
        });
        const address = hex(contractOf(cast, { stakingTimeBlocks: time }).staking.outputKey);
        const name = JSON.stringify([stakers, stakerQuorum, providers, members, quorum, time, swapped]);
        expect(seen.get(address) ?? name).toBe(name);
        seen.set(address, name);
      }),
      { seed: SEED, numRuns: 300 },
    );
    expect(seen.size).toBeGreaterThan(200);
  });

  it('in unbonding time alone change the unbonding and change outputs, not the staking output', () => {
    const [a, b] = [144, 145].map((unbondingTimeBlocks) => contractOf(SMALL, { unbondingTimeBlocks })) as [
      StakingContract.StakingContract,
      StakingContract.StakingContract,
    ];
    expect(hex(a.staking.outputKey)).toBe(hex(b.staking.outputKey));
    expect(hex(a.unbonding.outputKey)).not.toBe(hex(b.unbonding.outputKey));
    expect(hex(a.slashingChange.outputKey)).not.toBe(hex(b.slashingChange.outputKey));
  });
});

describe('point additions', () => {
  it('are exactly three for a whole delegation, and none the second time', () => {
    const { ecc, calls } = counting(Ecc.auto());
    const contract = contractOf(castOf(), {}, ecc);
    expect(calls['pointAddScalar'] ?? 0).toBe(0);
    const delegation = Delegation.from({ contract, rules: RULES, stakingTransaction: stakingTransaction(contract, 500_000n, 2) });
    const all = (): unknown => [
      contract.staking,
      contract.unbonding,
      contract.slashingChange,
      delegation.unbonding.sighash(),
      delegation.stakingSlashing.sighash(),
      delegation.unbondingSlashing.sighash(),
      delegation.unbonding.transaction,
    ];
    all();
    expect(calls['pointAddScalar']).toBe(3);
    all();
    expect(calls['pointAddScalar']).toBe(3);
    expect(Object.keys(calls).filter((name) => name !== 'pointAddScalar' && name !== 'isXOnly')).toEqual([]);
  });

  it('are none for an output that nobody asks for', () => {
    const { ecc, calls } = counting(Ecc.auto());
    void contractOf(castOf(), {}, ecc).unbonding;
    expect(calls['pointAddScalar']).toBe(1);
  });
});

describe('what a caller does afterwards changes nothing', () => {
  it('to the lists, keys and numbers that it gave', () => {
    const expected = hex(contractOf(SMALL).staking.outputKey);
    const options = {
      stakerPk: Buffer.from(staker),
      finalityProviderPks: [Buffer.from(provider)],
      covenantPks: covenant.map((key) => Buffer.from(key)),
      covenantQuorum: 2,
      stakingTimeBlocks: 1008,
      unbondingTimeBlocks: 144,
      profile: 'generic',
    };
    const contract = StakingContract.from(untyped<StakingContract.Options>(options));
    options.stakerPk.fill(0);
    for (const key of [...options.finalityProviderPks, ...options.covenantPks]) key.fill(0);
    options.covenantPks.length = 0;
    options.covenantQuorum = 1;
    options.stakingTimeBlocks = 1;
    expect(hex(contract.staking.outputKey)).toBe(expected);
  });

  it('to the terms: they are frozen', () => {
    const { terms } = contractOf(SMALL);
    const set = (name: string, value: unknown) => () => Object.assign(terms, { [name]: value });
    expect(set('covenantQuorum', 1)).toThrow(TypeError);
    expect(() => untyped<unknown[]>(terms.covenantPks).pop()).toThrow(TypeError);
  });

  it('and frozen arguments are no trouble', () => {
    const options = optionsOf(SMALL);
    for (const list of [options.covenantPks, options.finalityProviderPks]) Object.freeze(list);
    const before = options.covenantPks.map(hex);
    expect(() => StakingContract.from(Object.freeze(options)).staking).not.toThrow();
    expect(options.covenantPks.map(hex)).toEqual(before);
  });
});

describe('hasFinalityProvider', () => {
  it('knows the providers of the contract only', () => {
    const contract = contractOf(SMALL);
    expect([provider, staker, new Uint8Array(0)].map((key) => contract.hasFinalityProvider(key))).toEqual([true, false, false]);
  });
});
