// Descriptors of the contract outputs: published miniscripts, a compiler written apart for the test, checksums, and strict reading back.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Descriptor from '../../src/babylon/Descriptor.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import { isSatlockError } from '../../src/base/Errors.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';

const H = '50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0';
const hex = (text: string) => PublicKey.fromHex(text);
/** Keys of the secrets 1, 2, 3 …: cheap, different, on the curve. */
const KEYS = Array.from({ length: 30 }, (_, i) => {
  const secret = new Uint8Array(32);
  secret[31] = i + 1;
  return PublicKey.ofSecret(SecretKey.from(secret));
});
const keys = (from: number, count: number) => KEYS.slice(from, from + count);

function reasonOf(run: () => unknown): Record<string, unknown> {
  try {
    run();
  } catch (error) {
    if (isSatlockError(error)) return { ...error.reason };
    throw error;
  }
  throw new Error('expected an error');
}

// The testnet record of BitGoJS modules/utxo-staking/test/fixtures/babylon/scripts.testnet.json: keys, times and the miniscript of each leaf.
const STAKER = '7b6a08504c46336f985a5787a5423eb18c10b149fef29cd3316ad86f565cd2b9';
const PROVIDER = 'd23c2c25e1fcf8fd1c21b9a402c19e2e309e531e45e92fb1e9805b6056b0cc76';
const COVENANT = [
  'fa9d882d45f4060bdb8042183828cd87544f1ea997380e586cab77d5fd698737',
  '0aee0509b16db71c999238a4827db945526859b13c95487ab46725357c9a9f25',
  '17921cf156ccb4e73d428f996ed11b245313e37e27c978ac4d2cc21eca4672e4',
  '113c3a32a9d320b72190a04a020a0db3976ef36972673258e9a38a364f3dc3b0',
  '79a71ffd71c503ef2e2f91bccfc8fcda7946f4653cef0d9f3dde20795ef3b9f0',
  '3bb93dfc8b61887d771f3630e9a63e97cbafcfcc78556a474df83a31a0ef899c',
  'd21faf78c6751a0d38e6bd8028b907ff07e9a869a43fc837d6b3f8dff6119a36',
  '40afaf47c4ffa56de86410d8e47baa2bb6f04b604f4ea24323737ddc3fe092df',
  'f5199efae3f28bb82476163a7e458c7ad445d9bffb0682d10d3bdb2cb41f8e8e',
];
const MULTI =
  'multi_a(6,0aee0509b16db71c999238a4827db945526859b13c95487ab46725357c9a9f25,113c3a32a9d320b72190a04a020a0db3976ef36972673258e9a38a364f3dc3b0,17921cf156ccb4e73d428f996ed11b245313e37e27c978ac4d2cc21eca4672e4,3bb93dfc8b61887d771f3630e9a63e97cbafcfcc78556a474df83a31a0ef899c,40afaf47c4ffa56de86410d8e47baa2bb6f04b604f4ea24323737ddc3fe092df,79a71ffd71c503ef2e2f91bccfc8fcda7946f4653cef0d9f3dde20795ef3b9f0,d21faf78c6751a0d38e6bd8028b907ff07e9a869a43fc837d6b3f8dff6119a36,f5199efae3f28bb82476163a7e458c7ad445d9bffb0682d10d3bdb2cb41f8e8e,fa9d882d45f4060bdb8042183828cd87544f1ea997380e586cab77d5fd698737)';
const PUBLISHED = {
  timelock: `and_v(v:pk(${STAKER}),older(10000))`,
  unbonding: `and_v(v:pk(${STAKER}),${MULTI})`,
  slashing: `and_v(and_v(v:pk(${STAKER}),v:pk(${PROVIDER})),${MULTI})`,
  unbondingTimelock: `and_v(v:pk(${STAKER}),older(1008))`,
};
const TESTNET = {
  stakerPks: [hex(STAKER)],
  stakerQuorum: 1,
  finalityProviderPks: [hex(PROVIDER)],
  covenantPks: COVENANT.map(hex),
  covenantQuorum: 6,
  stakingTimeBlocks: 10_000,
  unbondingTimeBlocks: 1_008,
};
const bodyOf = (descriptor: string) => descriptor.slice(0, -9);

// Miniscript of the few fragments that occur, compiled to script hex by the table of BIP379; shares no code with the builder of leaves.
function compile(source: string): string {
  let at = 0;
  const eat = (token: string): boolean => {
    if (!source.startsWith(token, at)) return false;
    at += token.length;
    return true;
  };
  const until = (stops: string): string => {
    const start = at;
    while (!stops.includes(source.charAt(at))) at++;
    return source.slice(start, at);
  };
  const number = (n: number): string => {
    if (n <= 16) return (0x50 + n).toString(16);
    let bytes = n.toString(16).padStart(2 * Math.ceil(n.toString(16).length / 2), '0');
    if (Number.parseInt(bytes.slice(0, 2), 16) >= 128) bytes = `00${bytes}`;
    return `0${bytes.length / 2}${bytes.match(/../g)?.reverse().join('')}`;
  };
  const expression = (): string => {
    if (eat('v:')) {
      // VERIFY melts with the last opcode: CHECKSIG and NUMEQUAL have a form of their own, all others get 69.
      const inner = expression();
      return inner.replace(/(ac|9c)$/, (op) => (op === 'ac' ? 'ad' : '9d'));
    }
    if (eat('and_v(')) {
      const first = expression();
      eat(',');
      const second = expression();
      eat(')');
      return first + second;
    }
    if (eat('older(')) {
      const n = Number(until(')'));
      eat(')');
      return `${number(n)}b2`;
    }
    if (eat('pk(')) {
      const key = until(')');
      eat(')');
      return `20${key}ac`;
    }
    if (!eat('multi_a(')) throw new Error(`unknown fragment at ${at} of ${source}`);
    const [quorum = '', ...list] = until(')').split(',');
    eat(')');
    return `${list.map((key, i) => `20${key}${i === 0 ? 'ac' : 'ba'}`).join('')}${number(Number(quorum))}9c`;
  };
  const script = expression();
  if (at !== source.length) throw new Error(`rest at ${at} of ${source}`);
  return script;
}

/** The leaves of `tr(H,…)` from left to right. */
function leavesOf(descriptor: string): string[] {
  const inner = bodyOf(descriptor).slice(`tr(${H},`.length, -1);
  return inner
    .replace(/[{}]/g, '')
    .split(/,(?=and_v\((?:v:|and_v\())/)
    .reduce<string[]>((leaves, part) => {
      const last = leaves.at(-1);
      const open = (text: string) => (text.match(/\(/g)?.length ?? 0) > (text.match(/\)/g)?.length ?? 0);
      if (last !== undefined && open(last)) leaves[leaves.length - 1] = `${last},${part}`;
      else leaves.push(part);
      return leaves;
    }, []);
}

describe('checksum', () => {
  it('is BIP380s', () => {
    expect(Descriptor.checksum('raw(deadbeef)')).toBe('89f8spxm');
    expect(reasonOf(() => Descriptor.checksum('raw(d€)'))).toEqual({ code: 'descriptor.bad-character', at: 5 });
  });
});

describe('writing', () => {
  it('has the published leaves in the contract tree', () => {
    const { timelock, unbonding, slashing, unbondingTimelock } = PUBLISHED;
    expect(bodyOf(Descriptor.staking(TESTNET))).toBe(`tr(${H},{${slashing},{${unbonding},${timelock}}})`);
    expect(bodyOf(Descriptor.unbonding(TESTNET))).toBe(`tr(${H},{${slashing},${unbondingTimelock}})`);
    expect(bodyOf(Descriptor.slashingChange(TESTNET))).toBe(`tr(${H},${unbondingTimelock})`);
  });

  it('has the checksums and output scripts that a node derives', () => {
    // Recorded from getdescriptorinfo and deriveaddresses of Bitcoin Knots 29.4.3.
    const { stakerPks: _pks, stakerQuorum: _quorum, ...rest } = TESTNET;
    const contract = StakingContract.from({ ...rest, stakerPk: hex(STAKER) });
    const recorded = [
      [Descriptor.staking(TESTNET), contract.staking, '0v4hcce8', 'f1871fc2ac3050b53dc35d502a9d94388f6f373b86f3905667945a8430cbd639'],
      [Descriptor.unbonding(TESTNET), contract.unbonding, '0wft5vzt', '4dcea0c802236110602d7b1cc2e76ef5f1f05170b058685b4caf4367ac849d6b'],
      [
        Descriptor.slashingChange(TESTNET),
        contract.slashingChange,
        'meljf7w3',
        'd5238530e223ef1bd34a8a98ee1708f6a8a87e7a2589d88de6700b9973ffff46',
      ],
    ] as const;
    for (const [descriptor, output, checksum, outputKey] of recorded) {
      expect(descriptor.slice(-9)).toBe(`#${checksum}`);
      expect(Hex.encode(output.scriptPubKey)).toBe(`5120${outputKey}`);
    }
  });

  it('writes one key as pk in every role, and several as multi_a', () => {
    const one = Descriptor.staking({ ...TESTNET, covenantPks: [hex(COVENANT[0] ?? '')], covenantQuorum: 1 });
    expect(one).not.toContain('multi_a');
    expect(one).toContain(`and_v(v:pk(${STAKER}),pk(${COVENANT[0]}))`);
    const restaked = Descriptor.staking({ ...TESTNET, finalityProviderPks: [hex(PROVIDER), ...keys(0, 1)] });
    const [low, high] = [PROVIDER, Hex.encode(keys(0, 1)[0] ?? new Uint8Array())].sort();
    expect(restaked).toContain(`v:multi_a(1,${low},${high})`);
    const joint = Descriptor.slashingChange({ stakerPks: keys(0, 3), stakerQuorum: 2, unbondingTimeBlocks: 17 });
    expect(joint).toContain(`and_v(v:multi_a(2,${keys(0, 3).map(Hex.encode).sort().join(',')}),older(17))`);
  });

  const terms = fc.record({
    n: fc.integer({ min: 1, max: 20 }),
    q: fc.integer({ min: 1, max: 20 }),
    m: fc.integer({ min: 1, max: 4 }),
    N: fc.integer({ min: 1, max: 4 }),
    M: fc.integer({ min: 1, max: 4 }),
    T: fc.integer({ min: 1, max: 65_535 }),
    U: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constantFrom(127, 128, 255, 256, 32_767, 32_768, 65_535)),
  });

  it('compiles to the leaves of the contract, whatever the terms, and reads back', () => {
    fc.assert(
      fc.property(terms, ({ n, q, m, N, M, T, U }) => {
        const options = {
          stakerPks: keys(0, N),
          stakerQuorum: Math.min(M, N),
          finalityProviderPks: keys(4, m),
          covenantPks: keys(8, n),
          covenantQuorum: Math.min(q, n),
          stakingTimeBlocks: T,
          unbondingTimeBlocks: U,
        };
        const stakers = { pks: options.stakerPks, quorum: options.stakerQuorum };
        const { stakerPks: _pks, stakerQuorum: _quorum, ...rest } = options;
        const contract = StakingContract.from({ ...rest, stakers, profile: 'generic' });
        const scripts = (descriptor: string) => leavesOf(descriptor).map(compile);
        const { staking, unbonding, slashingChange } = contract;
        const expected = (...leaves: { readonly script: Uint8Array }[]) => leaves.map(({ script }) => Hex.encode(script));
        const texts = [Descriptor.staking(options), Descriptor.unbonding(options), Descriptor.slashingChange(options)] as const;
        expect(scripts(texts[0])).toEqual(expected(staking.paths.slashing, staking.paths.unbonding, staking.paths.timelock));
        expect(scripts(texts[1])).toEqual(expected(unbonding.paths.slashing, unbonding.paths.timelock));
        expect(scripts(texts[2])).toEqual(expected(slashingChange.paths.timelock));
        for (const text of texts) {
          const { kind, ...parsed } = Descriptor.parse(text);
          for (const [key, value] of Object.entries(parsed)) {
            const given: unknown = options[key as keyof typeof options];
            const sorted = Array.isArray(given) ? given.map(Hex.encode).sort() : given;
            expect(Array.isArray(value) ? value.map(Hex.encode) : value).toEqual(sorted);
          }
          expect(Descriptor.parse(bodyOf(text))).toEqual({ kind, ...parsed });
        }
        expect(texts.map((text) => Descriptor.parse(text).kind)).toEqual(['staking', 'unbonding', 'slashing-change']);
        // The terms of a contract are enough, and the order of keys does not matter.
        expect(Descriptor.staking(contract.terms)).toBe(texts[0]);
        expect(Descriptor.staking({ ...options, covenantPks: [...options.covenantPks].reverse() })).toBe(texts[0]);
      }),
      { seed: 5, numRuns: 60 },
    );
  });

  it('refuses what the contract refuses', () => {
    const refusal = (changes: Record<string, unknown>) => reasonOf(() => Descriptor.staking({ ...TESTNET, ...changes }));
    expect(refusal({ covenantQuorum: 10 })).toMatchObject({ code: 'input.out-of-range', field: 'covenantQuorum' });
    expect(refusal({ stakingTimeBlocks: 0 })).toMatchObject({ code: 'input.out-of-range', field: 'stakingTimeBlocks' });
    expect(refusal({ covenantPks: [] })).toMatchObject({ code: 'tapscript.no-keys' });
    expect(refusal({ finalityProviderPks: [hex(STAKER)] })).toMatchObject({ code: 'staking-contract.duplicate-key' });
    const change = { stakerPks: keys(0, 2), stakerQuorum: 3, unbondingTimeBlocks: 5 };
    expect(reasonOf(() => Descriptor.slashingChange(change))).toMatchObject({ code: 'input.out-of-range', field: 'stakerQuorum' });
    expect(reasonOf(() => Descriptor.slashingChange({ ...change, stakerQuorum: 2, unbondingTimeBlocks: 65_536 }))).toMatchObject({
      code: 'input.out-of-range',
    });
    expect(reasonOf(() => Descriptor.slashingChange({ ...change, stakerPks: [hex(H)], stakerQuorum: 1 }))).toMatchObject({
      code: 'staking-contract.unspendable-key',
    });
  });
});

describe('reading', () => {
  const staking = Descriptor.staking(TESTNET);
  const body = bodyOf(staking);
  const refusal = (text: string) => reasonOf(() => Descriptor.parse(text));

  it('notices every changed character of a checksummed descriptor', () => {
    for (let at = 0; at < staking.length; at += 13) {
      const other = staking.charAt(at) === '1' ? '2' : '1';
      expect(refusal(staking.slice(0, at) + other + staking.slice(at + 1))['code']).toMatch(/^descriptor\.(bad-checksum|syntax)$/);
    }
    const last = staking.charAt(staking.length - 1) === 'q' ? 'p' : 'q';
    expect(refusal(staking.slice(0, -1) + last)).toMatchObject({ code: 'descriptor.bad-checksum', expected: staking.slice(-8) });
    expect(refusal(staking.slice(0, -1))).toMatchObject({ code: 'descriptor.bad-checksum' });
    expect(refusal(`${body}#`)).toMatchObject({ code: 'descriptor.bad-checksum', got: '' });
  });

  it('takes the NUMS key only', () => {
    expect(refusal(body.replace(H, STAKER))).toEqual({ code: 'descriptor.internal-key', got: STAKER, expected: H });
  });

  it('does not take multi_a of one key for the contract', () => {
    const one = bodyOf(Descriptor.unbonding({ ...TESTNET, covenantPks: [hex(COVENANT[0] ?? '')], covenantQuorum: 1 }));
    expect(Descriptor.parse(one)).toMatchObject({ kind: 'unbonding', covenantQuorum: 1 });
    expect(refusal(one.replace(`pk(${COVENANT[0]})`, `multi_a(1,${COVENANT[0]})`))).toMatchObject({ code: 'descriptor.multi-of-one' });
  });

  it('wants ascending keys, agreeing leaves and one provider signature', () => {
    const sorted = [...COVENANT].sort();
    const swapped = [sorted[1], sorted[0], ...sorted.slice(2)].join(',');
    expect(refusal(body.replaceAll(sorted.join(','), swapped))).toMatchObject({ code: 'descriptor.not-ascending' });
    expect(refusal(body.replace('multi_a(6', 'multi_a(5'))).toEqual({ code: 'descriptor.leaves-disagree', group: 'covenant' });
    const last = body.lastIndexOf(STAKER);
    expect(refusal(body.slice(0, last) + PROVIDER + body.slice(last + 64))).toEqual({
      code: 'descriptor.leaves-disagree',
      group: 'staker',
    });
    const restaked = bodyOf(Descriptor.staking({ ...TESTNET, finalityProviderPks: keys(0, 2) }));
    expect(refusal(restaked.replace('v:multi_a(1,', 'v:multi_a(2,'))).toEqual({ code: 'descriptor.provider-quorum', got: 2 });
    const twice = body.replaceAll(sorted[0] ?? '', sorted[1] ?? '');
    expect(refusal(twice)).toMatchObject({ code: 'tapscript.duplicate-key' });
    expect(refusal(body.replaceAll('multi_a(6', 'multi_a(10'))).toMatchObject({ code: 'input.out-of-range', field: 'covenantQuorum' });
  });

  it('knows no other form', () => {
    const { timelock, unbonding, slashing } = PUBLISHED;
    const others = [
      '',
      'tr(',
      `wsh(${timelock})`,
      `tr(${H})`,
      `tr(${H},{${timelock},${slashing}})`,
      `tr(${H},{{${unbonding},${timelock}},${slashing}})`,
      `tr(${H},{${slashing},{${timelock},${unbonding}}})`,
      `${body} `,
      body.replace(STAKER, STAKER.toUpperCase()),
      body.replace('older(10000)', 'older(010000)'),
      body.replace('older(10000)', 'after(10000)'),
      body.replaceAll('multi_a', 'sortedmulti_a'),
      body.replace('tr(', 'tr( '),
    ];
    for (const text of others) expect([text, refusal(text)['code']]).toEqual([text, 'descriptor.syntax']);
    expect(refusal(body.replace('older(10000)', 'older(65536)'))).toMatchObject({ code: 'input.out-of-range', field: 'older' });
    expect(refusal(body.replaceAll(STAKER, `${'00'.repeat(31)}05`))).toMatchObject({ code: 'public-key.not-on-curve' });
    expect(reasonOf(() => Descriptor.parse(5 as unknown as string))).toMatchObject({ code: 'input.not-text' });
  });
});
