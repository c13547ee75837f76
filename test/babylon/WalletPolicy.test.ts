// Wallet policies: the same outputs and leaves as an independent compiler of miniscript (rust-miniscript) makes, strict reading, and the form of keys.
import { Miniscript as Leaf, Descriptor as Miniscript } from '@bitgo/wasm-miniscript';
import { HDKey } from '@scure/bip32';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Descriptor from '../../src/babylon/Descriptor.ts';
import * as Networks from '../../src/babylon/Networks.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as WalletPolicy from '../../src/babylon/WalletPolicy.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import { codeOf, failure, filled, hex, keyOf, keysOf, pks, SEED } from '../support/stakes.ts';
import { upstreamContract, upstreamVectors } from '../support/upstream.ts';

const KINDS = ['staking', 'unbonding', 'slashing-change'] as const;
const PLACE = { change: 0, index: 5 } as const;
const ORIGIN = { masterFingerprint: new Uint8Array([0x73, 0xc5, 0xda, 0x0a]), path: "m/86'/0'/0'" };

/** An account of a wallet of its own, and its key at a place. */
function accountOf(
  seed: number,
  place: WalletPolicy.Place = PLACE,
): { readonly account: WalletPolicy.Account; readonly key: PublicKey.XOnlyPublicKey } {
  const node = HDKey.fromMasterSeed(filled(32, seed)).derive("m/86'/0'/0'");
  const child = node.deriveChild(place.change).deriveChild(place.index).publicKey ?? new Uint8Array();
  return { account: { xpub: node.publicExtendedKey, origin: ORIGIN }, key: PublicKey.fromCompressedAnyParity(child) };
}

const one = accountOf(1);
const contractOf = (changes: Partial<StakingContract.Options> = {}): StakingContract.StakingContract =>
  StakingContract.from({
    stakerPk: one.key,
    finalityProviderPks: [keyOf('policy provider').publicKey],
    covenantPks: pks(keysOf('cov', 9)),
    covenantQuorum: 6,
    stakingTimeBlocks: 64_000,
    unbondingTimeBlocks: 301,
    profile: 'generic',
    ...changes,
  });
const contract = contractOf();
const policyOf = (
  kind: WalletPolicy.Kind,
  { terms }: StakingContract.StakingContract = contract,
  accounts = [one.account],
): WalletPolicy.WalletPolicy => WalletPolicy.from({ kind, terms, accounts, place: PLACE });

const outputOf = ({ staking, unbonding, slashingChange }: StakingContract.StakingContract, kind: WalletPolicy.Kind): Uint8Array =>
  (kind === 'staking' ? staking : kind === 'unbonding' ? unbonding : slashingChange).scriptPubKey;
const descriptorOf = ({ terms }: StakingContract.StakingContract, kind: WalletPolicy.Kind): string =>
  kind === 'staking' ? Descriptor.staking(terms) : kind === 'unbonding' ? Descriptor.unbonding(terms) : Descriptor.slashingChange(terms);

/** What rust-miniscript derives from a descriptor without wildcard. */
const compiled = (descriptor: string): string => hex(Miniscript.fromString(descriptor, 'definite').scriptPubkey());
const leaf = (miniscript: string): string => hex(Leaf.fromString(miniscript, 'tap').encode());
const bodyOf = (descriptor: string): string => descriptor.split('#')[0] ?? '';

/** The top-level parts of a tree expression. */
function leavesOf(tree: string): readonly string[] {
  if (!tree.startsWith('{')) return [tree];
  let depth = 0;
  for (let at = 1; at < tree.length; at++) {
    const char = tree.charAt(at);
    if ('{('.includes(char)) depth++;
    if ('})'.includes(char)) depth--;
    if (char === ',' && depth === 0) return [...leavesOf(tree.slice(1, at)), ...leavesOf(tree.slice(at + 1, -1))];
  }
  throw new Error(`no tree: ${tree}`);
}

/** Descriptors and policies of a contract against the compiler, down to the leaves. */
function compare(subject: StakingContract.StakingContract): void {
  const { staking, unbonding, slashingChange } = subject;
  const leaves = {
    staking: [staking.paths.slashing, staking.paths.unbonding, staking.paths.timelock],
    unbonding: [unbonding.paths.slashing, unbonding.paths.timelock],
    'slashing-change': [slashingChange.paths.timelock],
  };
  for (const kind of KINDS) {
    const text = descriptorOf(subject, kind);
    expect(compiled(text)).toBe(hex(outputOf(subject, kind)));
    const tree = bodyOf(text).slice(68, -1);
    expect(leavesOf(tree).map(leaf)).toEqual(leaves[kind].map(({ script }) => hex(script)));
  }
}

const POOL = pks(keysOf('miniscript', 40));

describe('against rust-miniscript', () => {
  const shapes = fc.record({
    n: fc.integer({ min: 1, max: 20 }),
    q: fc.integer({ min: 1, max: 20 }),
    m: fc.integer({ min: 1, max: 4 }),
    stakers: fc.integer({ min: 1, max: 4 }),
    stakerQuorum: fc.integer({ min: 1, max: 4 }),
    T: fc.oneof(fc.integer({ min: 1, max: 65_535 }), fc.constantFrom(1, 16, 17, 127, 128, 255, 256, 32_767, 32_768, 65_535)),
    U: fc.oneof(fc.integer({ min: 1, max: 65_535 }), fc.constantFrom(1, 16, 17, 127, 128, 255, 256, 32_767, 32_768, 65_535)),
    index: fc.integer({ min: 0, max: 0x7fff_ffff }),
    change: fc.constantFrom(0, 1),
    seed: fc.integer({ min: 1, max: 200 }),
  });

  it('200 random contracts have its outputs and leaves, as descriptors and as policies with extended keys', () => {
    fc.assert(
      fc.property(shapes, ({ n, q, m, stakers: count, stakerQuorum, T, U, index, change, seed }) => {
        const place = { change: change as 0 | 1, index };
        const stakers = Array.from({ length: count }, (_, i) => accountOf(seed + i, place));
        const { stakerPk: _, ...options } = {
          stakerPk: undefined,
          stakers: { pks: stakers.map(({ key }) => key), quorum: Math.min(stakerQuorum, count) },
          finalityProviderPks: POOL.slice(0, m),
          covenantPks: POOL.slice(m, m + n),
          covenantQuorum: Math.min(q, n),
          stakingTimeBlocks: T,
          unbondingTimeBlocks: U,
          profile: 'generic' as const,
        };
        const subject = StakingContract.from(options);
        compare(subject);
        for (const kind of KINDS) {
          const policy = WalletPolicy.from({ kind, terms: subject.terms, accounts: stakers.map(({ account }) => account), place });
          const definite = WalletPolicy.toDescriptor(policy, place);
          expect(compiled(definite)).toBe(hex(outputOf(subject, kind)));
          // One of the three is enough for what all have in common.
          if (kind !== KINDS[index % 3]) continue;
          // The multipath form with its first or second choice, at this index.
          const ranged = bodyOf(WalletPolicy.toMultipathDescriptor(policy)).replaceAll('/<0;1>/*', `/${change}/*`);
          expect(hex(Miniscript.fromString(ranged, 'derivable').atDerivationIndex(index).scriptPubkey())).toBe(
            hex(outputOf(subject, kind)),
          );
          const { kind: read, ...terms } = WalletPolicy.parse(policy, place);
          expect(read).toBe(kind);
          expect(terms.stakerPks.map(hex)).toEqual(subject.terms.stakerPks.map(hex).sort());
        }
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it.each(upstreamVectors.map((vector) => [vector.name, upstreamContract(vector)] as const))('%s', (_, subject) => {
    compare(subject);
  });

  it.each(
    (['bbn-1', 'bbn-test-6', 'bbn-test-5'] as const).flatMap((name) =>
      Networks.from(name).paramsSet.versions.map((params) => [`${name} version ${params.version}`, params] as const),
    ),
  )('%s', (_, params) => {
    const subject = StakingContract.fromParams(params, {
      stakerPk: one.key,
      finalityProviderPks: [keyOf('policy provider').publicKey],
      stakingTimeBlocks: params.maxStakingTimeBlocks,
    });
    compare(subject);
    for (const kind of KINDS)
      expect(compiled(WalletPolicy.toDescriptor(policyOf(kind, subject), PLACE))).toBe(hex(outputOf(subject, kind)));
  });

  it('one covenant key is pk: multi_a of one key is another script there too', () => {
    const subject = contractOf({ covenantPks: pks(keysOf('cov', 1)), covenantQuorum: 1 });
    compare(subject);
    const text = bodyOf(Descriptor.staking(subject.terms));
    const key = hex(subject.terms.covenantPks[0] ?? new Uint8Array());
    expect(text).not.toContain('multi_a');
    expect(compiled(text.replaceAll(`pk(${key})`, `multi_a(1,${key})`))).not.toBe(hex(subject.staking.scriptPubKey));
    expect(policyOf('staking', subject).template).not.toContain('multi_a');
  });
});

describe('a policy', () => {
  it('has the keys in the order of their placeholders, the staker with its origin', () => {
    const { template, keys } = policyOf('staking');
    const covenant = 'multi_a(6,@3,@4,@5,@6,@7,@8,@9,@10,@11)';
    expect(template).toBe(
      `tr(@0,{and_v(and_v(v:pk(@1/**),v:pk(@2)),${covenant}),{and_v(v:pk(@1/**),${covenant}),and_v(v:pk(@1/**),older(64000))}})`,
    );
    expect(keys).toHaveLength(12);
    expect(keys[1]).toBe(`[73c5da0a/86'/0'/0']${one.account.xpub}`);
    expect(policyOf('unbonding').template).toBe(`tr(@0,{and_v(and_v(v:pk(@1/**),v:pk(@2)),${covenant}),and_v(v:pk(@1/**),older(301))})`);
    expect(policyOf('slashing-change')).toMatchObject({ template: 'tr(@0,and_v(v:pk(@1/**),older(301)))' });
  });

  it('writes fixed keys as the client of the Ledger app does', () => {
    // Published in the tests of the first Babylon app for Ledger devices.
    const published = 'tpubD6NzVbkrYhZ4Yt3Vn3Naxxfg8LpfnAkUBVsm2VLFDXCWekWMsZSvKjpeWM9AVgnQxUjc9fWS7gW7Vvoy2kXbgGBc6KxTGoMP7W688gzhyKe';
    const node = HDKey.fromExtendedKey(published, { private: 0x04358394, public: 0x043587cf });
    const key = node.publicKey?.slice(1) ?? new Uint8Array();
    expect(WalletPolicy.fixedKey(key, 'testnet')).toBe(published);
    expect(WalletPolicy.fixedKey(key)).toMatch(/^xpub/);
  });

  it('of an ordinary account is strict BIP388', () => {
    const keys = [`[73c5da0a/86'/0'/0']${one.account.xpub}`];
    expect(WalletPolicy.account('p2tr', one.account)).toEqual({ template: 'tr(@0/**)', keys });
    expect(WalletPolicy.account('p2wpkh', { xpub: one.account.xpub })).toEqual({ template: 'wpkh(@0/**)', keys: [one.account.xpub] });
  });

  it('says where it departs from the strict language: the protocol leaves no choice', () => {
    expect(WalletPolicy.DEPARTURES.map(({ code }) => code)).toEqual(['fixed-key', 'repeated-key']);
    for (const kind of KINDS) expect(policyOf(kind).template).toMatch(/@0[,{]/);
    expect(policyOf('staking').template.match(/@1\/\*\*/g)).toHaveLength(3);
  });

  it('may stand on testnet keys', () => {
    const versions = { private: 0x04358394, public: 0x043587cf };
    const node = HDKey.fromMasterSeed(filled(32, 1), versions).derive("m/86'/0'/0'");
    const account = { xpub: node.publicExtendedKey };
    const policy = WalletPolicy.from({ kind: 'staking', terms: contract.terms, accounts: [account], place: PLACE, network: 'testnet' });
    expect(policy.keys.every((key) => key.startsWith('tpub'))).toBe(true);
    expect(compiled(WalletPolicy.toDescriptor(policy, PLACE))).toBe(hex(contract.staking.scriptPubKey));
  });

  it('at another place is another output', () => {
    const policy = policyOf('staking');
    expect(compiled(WalletPolicy.toDescriptor(policy, { change: 1, index: 5 }))).not.toBe(hex(contract.staking.scriptPubKey));
  });
});

describe('making one is refused', () => {
  const make = (changes: Partial<Record<keyof WalletPolicy.from.Options, unknown>>) => () =>
    WalletPolicy.from({
      kind: 'staking',
      terms: contract.terms,
      accounts: [one.account],
      place: PLACE,
      ...changes,
    } as WalletPolicy.from.Options);
  const secret = HDKey.fromMasterSeed(filled(32, 1));

  it.each<readonly [string, Parameters<typeof make>[0], string]>([
    ['at a place where the account has another key', { place: { change: 0, index: 6 } }, 'wallet-policy.not-the-staker'],
    ['without an account', { accounts: [] }, 'input.missing'],
    ['with one account twice', { accounts: [one.account, one.account] }, 'wallet-policy.duplicate-key'],
    ['with a private key', { accounts: [{ xpub: secret.privateExtendedKey }] }, 'wallet-policy.bad-xpub'],
    ['with a broken key', { accounts: [{ xpub: `${one.account.xpub.slice(0, -1)}z` }] }, 'wallet-policy.bad-xpub'],
    ['with a very long text', { accounts: [{ xpub: 'x'.repeat(1_000_000) }] }, 'wallet-policy.bad-xpub'],
    ['with a key of another network', { network: 'testnet' }, 'wallet-policy.wrong-network'],
    ['with a path that is none', { accounts: [{ ...one.account, origin: { ...ORIGIN, path: 'm/86//0' } }] }, 'wallet-policy.bad-origin'],
    [
      'with a step out of range',
      { accounts: [{ ...one.account, origin: { ...ORIGIN, path: 'm/2147483648' } }] },
      'wallet-policy.bad-origin',
    ],
    [
      'with a fingerprint of 3 bytes',
      { accounts: [{ ...one.account, origin: { ...ORIGIN, masterFingerprint: filled(3, 1) } }] },
      'input.wrong-length',
    ],
    ['of an unknown kind', { kind: 'slashing' }, 'wallet-policy.unknown-kind'],
    ['at a hardened index', { place: { change: 0, index: 0x8000_0000 } }, 'input.out-of-range'],
    ['at a third branch', { place: { change: 2, index: 0 } }, 'input.out-of-range'],
  ])('%s', (_, changes, code) => {
    expect(codeOf(make(changes))).toBe(code);
  });

  it('without telling a private key', () => {
    const error = failure(make({ accounts: [{ xpub: secret.privateExtendedKey }] }));
    expect(JSON.stringify(error) + String(error)).not.toContain(secret.privateExtendedKey.slice(4, 20));
  });
});

describe('reading one is refused', () => {
  const { template, keys } = policyOf('staking');
  const read = (changes: Partial<WalletPolicy.WalletPolicy>) => () => WalletPolicy.parse({ template, keys, ...changes }, PLACE);

  it('never when it is ours', () => {
    expect(read({})()).toMatchObject({ kind: 'staking', covenantQuorum: 6, stakingTimeBlocks: 64_000 });
  });

  it.each<readonly [string, Partial<WalletPolicy.WalletPolicy>, string]>([
    ['with a placeholder out of order', { template: template.replaceAll('@1/', '@2/') }, 'wallet-policy.bad-template'],
    ['with a key too many', { keys: [...keys, WalletPolicy.fixedKey(keyOf('more').publicKey)] }, 'wallet-policy.bad-template'],
    ['with a key too few', { keys: keys.slice(0, -1) }, 'wallet-policy.bad-template'],
    ['with a key twice', { keys: [...keys.slice(0, -1), keys[3] ?? ''] }, 'wallet-policy.duplicate-key'],
    ['with a derived internal key', { template: template.replace('tr(@0,', 'tr(@0/**,') }, 'descriptor.internal-key'],
    ['with a key used in two ways', { template: template.replace('v:pk(@1/**),v:pk', 'v:pk(@1),v:pk') }, 'wallet-policy.bad-template'],
    ['with the staker fixed', { template: template.replaceAll('@1/**', '@1') }, 'read'],
    ['with a key in the template', { template: template.replace('@2', hex(keyOf('x').publicKey)) }, 'wallet-policy.bad-template'],
    ['with another internal key', { keys: [WalletPolicy.fixedKey(keyOf('x').publicKey), ...keys.slice(1)] }, 'descriptor.internal-key'],
    ['with unordered covenant keys', { keys: [...keys.slice(0, 3), ...keys.slice(3).reverse()] }, 'descriptor.not-ascending'],
    ['with a longer derivation', { template: template.replaceAll('/**', '/0/**') }, 'descriptor.syntax'],
    ['with three branches', { template: template.replaceAll('/**', '/<0;1;2>/*') }, 'descriptor.syntax'],
    ['with another quorum in one leaf', { template: template.replace('multi_a(6', 'multi_a(5') }, 'descriptor.leaves-disagree'],
    ['with something that is no key', { keys: [...keys.slice(0, -1), 'xpub'] }, 'wallet-policy.bad-key'],
    ['with a huge template', { template: `${template}${' '.repeat(100_000)}` }, 'wallet-policy.bad-template'],
  ])('%s', (_, changes, code) => {
    // A policy without derivation is one contract's: it reads, with the account's own key as the staker.
    if (code === 'read') expect(read(changes)()).toMatchObject({ kind: 'staking' });
    else expect(codeOf(read(changes))).toBe(code);
  });

  it('when a node would refuse its descriptor too', () => {
    expect(codeOf(() => WalletPolicy.toDescriptor({ template: template.replace('older(64000)', 'older(0)'), keys }, PLACE))).toBe(
      'descriptor.syntax',
    );
    expect(Hex.encode(contract.staking.scriptPubKey)).toHaveLength(68);
  });
});
