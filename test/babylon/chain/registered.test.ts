// Registrations that pass, the parameter version that rules them, chain profiles, and what the chain overlooks.
import { describe, expect, it } from 'vitest';
import type { MsgCreateBTCDelegation } from '../../../src/babylon/Message.ts';
import * as ParamsSet from '../../../src/babylon/ParamsSet.ts';
import * as Registration from '../../../src/babylon/Registration.ts';
import * as Bytes from '../../../src/base/Bytes.ts';
import { filled, keyOf } from '../../support/stakes.ts';
import { ACCOUNT, blockWith, changed, created, mineOf, paramsOf, paramsV1, provider, stake, V0, viewOf } from './world.ts';

const delegation = stake();
const message = created(delegation);
const chain = viewOf();
const mined = mineOf(delegation, 450);

describe('what is built passes', () => {
  it('before the stake is mined', () => {
    expect(Registration.check(message, chain)).toEqual({ ok: true, warnings: [] });
    expect(Registration.checkAll(message, chain, { gasLimit: 1_095_000n })).toEqual({ ok: true, failures: [], warnings: [] });
  });

  it('with its proof, from the depth on, until the timelock is too short', () => {
    const proved = created(delegation, mined.inclusionProof);
    const at = (tipHeight: number): boolean => Registration.check(proved, viewOf({ headers: [mined.header], tipHeight })).ok;
    expect([459, 460, 1_389, 1_390].map(at)).toEqual([false, true, true, false]);
  });

  it('a jailed provider takes stakes, and any release takes a deleted one but the newest', () => {
    const jailed = [{ btcPk: provider.publicKey, slashed: false, jailed: true, softDeleted: false }];
    expect(Registration.check(message, viewOf({ finalityProviders: jailed })).ok).toBe(true);
    const deleted = [{ btcPk: provider.publicKey, slashed: false, jailed: false, softDeleted: true }];
    expect(Registration.check(message, viewOf({ finalityProviders: deleted, release: 'v4.3' })).ok).toBe(true);
  });

  it('slashing transactions of version 1, outputs after others, accounts in upper case', () => {
    expect(Registration.check(created(stake({ slashingTxVersion: 1, outputIndex: 2 })), chain).ok).toBe(true);
    const upper = { ...message, value: { ...message.value, stakerAddr: ACCOUNT.toUpperCase() } };
    expect(Registration.check(upper, chain).ok).toBe(true);
  });

  it('the allow list ends, and lets its own in before', () => {
    const set = ParamsSet.from([V0, paramsOf({ ...paramsV1, allowListExpirationHeight: '8' })]);
    expect(Registration.check(message, viewOf({ paramsSet: set, babylonHeight: 8n })).ok).toBe(true);
    expect(Registration.check(message, viewOf({ paramsSet: set, allowedStakingTxids: [delegation.stakingTxid] })).ok).toBe(true);
  });
});

describe('the version of the parameters', () => {
  const old = stake({ params: V0 });

  it('is that of the tip without proof', () => {
    expect(Registration.check(created(old), viewOf({ tipHeight: 399 })).ok).toBe(true);
    expect(Registration.check(created(old), viewOf({ tipHeight: 400 }))).toMatchObject({ check: 'create.stateful.5', code: 1114 });
    expect(Registration.check(message, viewOf({ tipHeight: 399 }))).toMatchObject({ check: 'create.stateful.5', code: 1114 });
  });

  it('is that of the including block with proof, whatever the tip', () => {
    const block = blockWith(old.stakingTxid, 399);
    const view = viewOf({ headers: [block.header] });
    expect(Registration.check(created(old, block.proof), view).ok).toBe(true);
    const late = blockWith(old.stakingTxid, 400);
    expect(Registration.check(created(old, late.proof), viewOf({ headers: [late.header] }))).toMatchObject({ check: 'create.stateful.5' });
  });

  it('a change ahead is told, with the blocks that are left', () => {
    const verdict = Registration.check(created(old), viewOf({ tipHeight: 395 }));
    expect(verdict.ok).toBe(true);
    expect(verdict.warnings.map(({ why }) => why)).toEqual(['registration.params-change-ahead']);
    expect(verdict.warnings[0]?.message).toContain('applies in 5 blocks');
  });
});

describe('chain rules by profile', () => {
  const two = stake({ providers: [provider, keyOf('fp2')] });
  const both = [provider, keyOf('fp2')].map(({ publicKey }) => ({ btcPk: publicKey, slashed: false, jailed: false, softDeleted: false }));

  it('babylon-v4 refuses two providers, generic allows them', () => {
    expect(Registration.check(created(two), viewOf({ finalityProviders: both }))).toMatchObject({ code: 1116, codespace: 'btcstaking' });
    expect(Registration.check(created(two), viewOf({ finalityProviders: both, profile: 'generic' })).ok).toBe(true);
  });

  it('generic still wants each of them known and unslashed', () => {
    const [first, second] = both as [(typeof both)[number], (typeof both)[number]];
    const slashed = [first, { ...second, slashed: true }];
    expect(Registration.check(created(two), viewOf({ finalityProviders: slashed, profile: 'generic' }))).toMatchObject({
      code: 1104,
      field: 'fpBtcPkList[1]',
    });
  });
});

describe('what the chain overlooks is told', () => {
  const whys = (value: Partial<MsgCreateBTCDelegation>, changes = {}): readonly string[] => {
    const verdict = Registration.check({ ...message, value: { ...message.value, ...value } }, viewOf(changes));
    expect(verdict.ok).toBe(true);
    return verdict.warnings.map(({ why, field }) => `${why} ${field}`);
  };

  it('bytes behind a transaction', () => {
    expect(whys({ stakingTx: Bytes.concat(message.value.stakingTx, filled(2, 0)) })).toEqual(['registration.trailing-bytes stakingTx']);
    expect(whys({ unbondingSlashingTx: Bytes.concat(message.value.unbondingSlashingTx, filled(1, 7)) })).toEqual([
      'registration.trailing-bytes unbondingSlashingTx',
    ]);
  });

  it('a witness where none belongs', () => {
    const signed = changed(message.value.slashingTx, (tx) => tx.setWitness(0, [filled(64, 1)]));
    expect(whys({ slashingTx: signed })).toEqual(['registration.witness slashingTx']);
    expect(whys({ stakingTx: changed(message.value.stakingTx, (tx) => tx.setWitness(0, [filled(64, 1)])) })).toEqual([]);
  });

  it('a marker of witnesses without any', () => {
    const raw = message.value.unbondingTx;
    const marked = Bytes.concat(raw.slice(0, 4), Uint8Array.of(0, 1), raw.slice(4, -4), Uint8Array.of(0), raw.slice(-4));
    expect(whys({ unbondingTx: marked })).toEqual([]);
  });

  it('an index beyond the branch', () => {
    const wire = { ...mined.wire, key: { ...mined.wire.key, index: mined.wire.key.index + 8 } };
    expect(whys({ stakingTxInclusionProof: wire }, { headers: [mined.header] })).toEqual([
      'registration.index-beyond-branch stakingTxInclusionProof.key.index',
    ]);
  });

  it('an account that no key controls', () => {
    const text = 'bbn1qqqqqqqqv70kd6';
    expect(Registration.checkAll({ ...message, value: { ...message.value, stakerAddr: text } }, chain).warnings).toMatchObject([
      { why: 'registration.no-key-account', field: 'stakerAddr' },
    ]);
  });
});
