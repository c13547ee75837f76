// Against the published peer: scripts, and every transaction and PSBT that follows from a stake, of at least 500 random stakes per flow, byte
// for byte. What differs on purpose is a test of its own, and a row of docs/differences.md.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as OpReturn from '../../src/babylon/OpReturn.ts';
import * as WithdrawalTx from '../../src/babylon/WithdrawalTx.ts';
import * as Sats from '../../src/base/Sats.ts';
import * as Address from '../../src/bitcoin/Address.ts';
import type { LeafSpend } from '../../src/bitcoin/LeafSpend.ts';
import * as SigningRequest from '../../src/bitcoin/SigningRequest.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as Step from '../../src/wallet/Step.ts';
import * as Steps from '../../src/wallet/Steps.ts';
import { codeOf } from '../support/stakes.ts';
import {
  type Case,
  cases,
  contractOf,
  delegationOf,
  hex,
  MAINNET,
  onRandom,
  type PeerPsbt,
  peer,
  peerStakingOf,
  pkOf,
  scriptsOf,
  toPeer,
  unsigned,
  withoutExtras,
} from './support.ts';

const P2WPKH = Address.encode(Uint8Array.from([0, 20, ...new Uint8Array(20).fill(0x66)]), 'mainnet');

describe('the peer and satlock agree', () => {
  it('on the scripts of a stake', () => {
    onRandom(cases(), (c) => {
      const { staking, unbonding } = contractOf(c);
      const scripts = scriptsOf(c);
      expect(scripts.timelockScript.toString('hex')).toBe(hex(staking.paths.timelock.script));
      expect(scripts.unbondingScript.toString('hex')).toBe(hex(staking.paths.unbonding.script));
      expect(scripts.slashingScript.toString('hex')).toBe(hex(staking.paths.slashing.script));
      expect(scripts.unbondingTimelockScript.toString('hex')).toBe(hex(unbonding.paths.timelock.script));
    });
  });

  it('on the data output of the lock-only phase', () => {
    const tags = fc.uint8Array({ minLength: 4, maxLength: 4 });
    onRandom(fc.tuple(cases({ maxProviders: 1, maxMembers: 3 }), tags), ([c, tag]) => {
      const [provider] = c.providers as readonly [Case['staker']];
      const data = new peer.ObservableStakingScriptData(
        Buffer.from(c.staker.publicKey),
        [Buffer.from(provider.publicKey)],
        c.covenant.map((one) => Buffer.from(pkOf(one))),
        c.quorum,
        c.stakingTime,
        c.unbondingTime,
        Buffer.from(tag),
      );
      const terms = { stakerPk: c.staker.publicKey, finalityProviderPk: provider.publicKey, stakingTimeBlocks: c.stakingTime };
      expect(data.buildDataEmbedScript().toString('hex')).toBe(hex(OpReturn.build({ tag, ...terms })));
    });
  });

  it('on the unbonding transaction and its PSBT', () => {
    onRandom(cases(), (c) => {
      const delegation = delegationOf(c);
      const staking = toPeer(delegation.stakingTransaction);
      const theirs = peerStakingOf(c, P2WPKH);
      const { transaction } = theirs.createUnbondingTransaction(staking);
      expect(transaction.toHex()).toBe(Tx.toHex(delegation.unbonding.transaction));
      expect(theirs.toUnbondingPsbt(transaction, staking).toHex()).toBe(withoutExtras(Step.psbtHex(Steps.unbonding(delegation))));
    });
  });

  it('on the slashing of the staking output, its change and its PSBT', () => {
    onRandom(cases(), (c) => {
      const delegation = delegationOf(c);
      const { psbt } = peer.slashTimelockUnbondedTransaction(
        scriptsOf(c),
        toPeer(delegation.stakingTransaction),
        c.slashingScript,
        c.rateBps / 10_000,
        c.slashingFee,
        MAINNET,
        c.outputIndex,
      );
      same(psbt, delegation.stakingSlashing);
      expect(psbt.toHex()).toBe(withoutExtras(Step.psbtHex(Steps.slashingConsent(delegation, 'staking'))));
      expect(psbt.txOutputs[1]?.script.toString('hex')).toBe(hex(delegation.contract.slashingChange.scriptPubKey));
    });
  });

  it('on the slashing of the unbonding output, its change and its PSBT', () => {
    onRandom(cases(), (c) => {
      const delegation = delegationOf(c);
      const { psbt } = peer.slashEarlyUnbondedTransaction(
        scriptsOf(c),
        toPeer(delegation.unbonding.transaction),
        c.slashingScript,
        c.rateBps / 10_000,
        c.slashingFee,
        MAINNET,
      );
      same(psbt, delegation.unbondingSlashing);
      expect(psbt.toHex()).toBe(withoutExtras(Step.psbtHex(Steps.slashingConsent(delegation, 'unbonding'))));
    });
  });

  const rates = fc.integer({ min: 1, max: 50 });
  const SOURCES = ['staking', 'unbonding', 'slashing-change'] as const;

  it.each(SOURCES)('on withdrawals from %s and their PSBTs, at the fee that the peer takes', (from) => {
    onRandom(fc.tuple(cases(), rates, fc.boolean()), ([c, feeRate, ofUnbonding]) => {
      const { funding, inputs } = withdrawable(c, from, ofUnbonding);
      const { psbt, fee } = peerWithdrawal(c, from, funding, feeRate);
      const destinationScriptPubKey = Address.decode(P2WPKH, 'mainnet');
      const built = WithdrawalTx.build({ inputs, destinationScriptPubKey, feeSats: Sats.from(BigInt(fee)) });
      expect(unsigned(psbt)).toBe(Tx.toHex(built.transaction));
      expect(psbt.toHex()).toBe(withoutExtras(SigningRequest.toHex(Steps.withdrawal(built, inputs).request)));
      // Every output and signature counts: ours pays the rate asked for, where the peer counts 129 vbytes whatever is withdrawn.
      const exact = WithdrawalTx.build({ inputs, destinationScriptPubKey, feeRateSatsPerKvb: BigInt(feeRate) * 1000n });
      const vbytes = Math.ceil(exact.signedWeight / 4);
      expect(Number(exact.feeSats)).toBe(vbytes * feeRate);
      expect(fee).toBe(129 * feeRate + (feeRate <= 2 ? 30 : 0));
    });
  });
});

function same(psbt: PeerPsbt, spend: LeafSpend): void {
  expect(unsigned(psbt)).toBe(Tx.toHex(spend.transaction));
}

type Withdrawable = { readonly funding: Tx.Transaction; readonly inputs: readonly WithdrawalTx.Input[] };

function withdrawable(c: Case, from: WithdrawalTx.Source, ofUnbonding: boolean): Withdrawable {
  const { contract, stakingTransaction, staking, unbonding, unbondingOutput, stakingSlashing, unbondingSlashing } = delegationOf(c);
  if (from === 'staking') return { funding: stakingTransaction, inputs: [{ contract, from, ...staking }] };
  if (from === 'unbonding') return { funding: unbonding.transaction, inputs: [{ contract, from, ...unbondingOutput }] };
  const { transaction: funding, txid } = ofUnbonding ? unbondingSlashing : stakingSlashing;
  const valueSats = Sats.from(Tx.outputOf(funding, 1).valueSats);
  return { funding, inputs: [{ contract, from, outpoint: { txid, vout: 1 }, valueSats }] };
}

function peerWithdrawal(c: Case, from: WithdrawalTx.Source, funding: Tx.Transaction, feeRate: number): { psbt: PeerPsbt; fee: number } {
  const scripts = scriptsOf(c);
  const transaction = toPeer(funding);
  if (from === 'staking') return peer.withdrawTimelockUnbondedTransaction(scripts, transaction, P2WPKH, MAINNET, feeRate, c.outputIndex);
  if (from === 'unbonding') return peer.withdrawEarlyUnbondedTransaction(scripts, transaction, P2WPKH, MAINNET, feeRate);
  return peer.withdrawSlashingTransaction(scripts, transaction, P2WPKH, MAINNET, feeRate, 1);
}

describe('the peer differs from satlock', () => {
  it('in a fractional quorum, which it writes into the script and we refuse', () => {
    onRandom(fc.tuple(cases({ maxMembers: 5 }), fc.double({ min: 0.05, max: 0.95, noNaN: true })), ([c, part]) => {
      const quorum = c.quorum - part;
      expect(scriptsOf({ ...c, quorum }).unbondingScript.length).toBeGreaterThan(0);
      expect(codeOf(() => contractOf({ ...c, quorum }))).toBe('input.not-integer');
    });
  });

  it('in a fractional time, which it cuts off and we refuse', () => {
    onRandom(
      fc.tuple(cases({ maxMembers: 3, times: fc.integer({ min: 17, max: 65_534 }) }), fc.double({ min: 0.05, max: 0.95, noNaN: true })),
      ([c, part]) => {
        const cut = scriptsOf({ ...c, stakingTime: c.stakingTime + part });
        expect(cut.timelockScript.equals(scriptsOf(c).timelockScript)).toBe(true);
        expect(codeOf(() => contractOf({ ...c, stakingTime: c.stakingTime + part }))).toBe('input.not-integer');
      },
    );
  });

  it('in one key in two roles, which it puts into the scripts and we refuse', () => {
    onRandom(fc.tuple(cases({ maxMembers: 5 }), fc.boolean()), ([c, isStaker]) => {
      const providers = [isStaker ? c.staker : (c.covenant[0] as Case['staker'])];
      expect(scriptsOf({ ...c, providers }).slashingScript.length).toBeGreaterThan(0);
      expect(codeOf(() => contractOf({ ...c, providers }))).toBe('staking-contract.duplicate-key');
    });
  });
});
