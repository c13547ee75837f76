// Against the published peer: the staking transaction and the extension over random coins, and their PSBTs. The two models of fees differ, so
// that the transactions are compared at the fee that the peer takes; that ours is exact is shown beside it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Delegation from '../../src/babylon/Delegation.ts';
import * as ExtensionTx from '../../src/babylon/ExtensionTx.ts';
import * as OpReturn from '../../src/babylon/OpReturn.ts';
import * as StakingTx from '../../src/babylon/StakingTx.ts';
import * as Sats from '../../src/base/Sats.ts';
import * as Address from '../../src/bitcoin/Address.ts';
import type { Coin } from '../../src/bitcoin/Coin.ts';
import * as SigningRequest from '../../src/bitcoin/SigningRequest.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as PlainKey from '../../src/wallet/PlainKey.ts';
import * as Steps from '../../src/wallet/Steps.ts';
import { codeOf, signaturesOf } from '../support/stakes.ts';
import { walletCoin } from '../support/wallets.ts';
import {
  bitcoinjs,
  type Case,
  cases,
  contractOf,
  delegationOf,
  hex,
  MAINNET,
  onRandom,
  type PeerPsbt,
  type PeerTransaction,
  type Purse,
  peer,
  peerParamsOf,
  peerStakingOf,
  purses,
  rateFor,
  rulesOf,
  scriptsOf,
  toPeer,
  utxosOf,
  withoutExtras,
} from './support.ts';

const small = cases({ maxMembers: 3 });
const rates = fc.integer({ min: 1, max: 40 });
const rich = { maxCoins: 6, minSats: 60_000, maxSats: 1_000_000 };

/** What the peer takes for a transaction over all these coins without change. */
function peerFee(coins: readonly Coin[], feeRate: number, dataBytes: number): number {
  const sizes = coins.map(({ scriptPubKey: { length, 0: first } }) => (length === 22 ? 68 : first === 0x51 ? 58 : 180));
  return (sizes.reduce((sum, size) => sum + size, 0) + 43 + dataBytes + 11) * feeRate + (feeRate <= 2 ? 30 : 0);
}

/** What the coins can pay: some stakes leave change, some so little that it goes to the fee. */
function fitted(c: Case, { coins }: Purse, share: number, feeRate: number, dataBytes = 0): Case {
  const have = Number(sumOf(coins));
  if (share > 0.7) return { ...c, valueSats: have - peerFee(coins, feeRate, dataBytes) - Math.floor(((share - 0.7) / 0.3) * 546) };
  return { ...c, valueSats: Math.max(10_000, Math.floor((have - 55_000) * share)) };
}

/** The coins that the peer chose, in its order. */
function chosenBy(transaction: PeerTransaction, coins: readonly Coin[]): readonly Coin[] {
  const byOutpoint = new Map(coins.map((coin) => [`${coin.outpoint.txid}:${coin.outpoint.vout}`, coin]));
  return Tx.fromHex(transaction.toHex()).ins.map((_, i) => {
    const { txid, vout } = Tx.outpointOf(Tx.fromHex(transaction.toHex()), i);
    return byOutpoint.get(`${txid}:${vout}`) as Coin;
  });
}

const sumOf = (coins: readonly Coin[]): bigint => coins.reduce((sum, { valueSats }) => sum + valueSats, 0n);
const paidBy = (transaction: PeerTransaction, haveSats: bigint): bigint =>
  haveSats - transaction.outs.reduce((sum, { value }) => sum + BigInt(value), 0n);

describe('the peer and satlock agree on stakes', () => {
  const inputs = fc.tuple(small, purses(rich), rates, fc.double({ min: 0.2, max: 1, noNaN: true }), fc.boolean());

  it('over the coins that the peer chose, at the fee that it takes: the same transaction', () => {
    const seen = { change: 0, none: 0, nested: 0 };
    onRandom(inputs, ([any, purse, feeRate, share, withData]) => {
      const c = { ...fitted(any, purse, share, feeRate, withData ? 82 : 0), providers: [any.providers[0] as Case['staker']] as const };
      const tag = Uint8Array.of(1, 2, 3, 4);
      const [provider] = c.providers;
      const data = OpReturn.build({
        tag,
        stakerPk: c.staker.publicKey,
        finalityProviderPk: provider.publicKey,
        stakingTimeBlocks: c.stakingTime,
      });
      const scripts = { ...scriptsOf(c), ...(withData ? { dataEmbedScript: Buffer.from(data) } : {}) };
      const theirs = peer.stakingTransaction(scripts, c.valueSats, purse.address, utxosOf(purse.coins), MAINNET, feeRate).transaction;
      const coins = chosenBy(theirs, purse.coins);
      const paid = paidBy(theirs, sumOf(coins));
      const hasChange = theirs.outs.length === (withData ? 3 : 2);
      const terms = {
        contract: contractOf(c),
        coins,
        valueSats: Sats.from(BigInt(c.valueSats)),
        changeScriptPubKey: purse.changeScript,
        ...(withData ? { opReturnScript: data } : {}),
      };
      const rough = StakingTx.build({ ...terms, feeRateSatsPerKvb: 1_000n });
      const weight = rough.signedWeight + 4 * (9 + purse.changeScript.length) * (Number(hasChange) - Number(rough.changeSats > 0n));
      const feeRateSatsPerKvb = rateFor(paid, weight);
      // The rate is in steps of 0.001 sat/vB: below 1,000 vbytes each fee has one.
      expect(feeRateSatsPerKvb).toBeDefined();
      const ours = StakingTx.build({ ...terms, feeRateSatsPerKvb: feeRateSatsPerKvb as bigint });
      // Of nested coins we write the script that is known before signing, so that the txid is final; the peer's txid changes when they are signed.
      const nested = coins.some(({ redeemScript }) => redeemScript !== undefined);
      expect(Tx.toHex(withoutScripts(ours.transaction))).toBe(theirs.toHex());
      expect(Tx.txid(ours.transaction) === theirs.getId()).toBe(!nested);
      if (nested) seen.nested++;
      expect(ours.feeSats).toBe(paid);
      seen[hasChange ? 'change' : 'none']++;
    });
    expect(seen.change).toBeGreaterThan(100);
    expect(seen.none).toBeGreaterThan(100);
    expect(seen.nested).toBeGreaterThan(100);
  });

  it('not on the fee: ours is exact, the peer counts by constants and does not report what it hides', () => {
    const off = { over: 0, hidden: 0 };
    onRandom(inputs, ([any, purse, feeRate, share]) => {
      const c = fitted(any, purse, share, feeRate);
      const { transaction, fee } = peer.stakingTransaction(
        scriptsOf(c),
        c.valueSats,
        purse.address,
        utxosOf(purse.coins),
        MAINNET,
        feeRate,
      );
      const coins = chosenBy(transaction, purse.coins);
      const { feeSats, changeSats, signedWeight } = StakingTx.build({
        contract: contractOf(c),
        coins,
        valueSats: Sats.from(BigInt(c.valueSats)),
        changeScriptPubKey: purse.changeScript,
        feeRateSatsPerKvb: BigInt(feeRate) * 1000n,
      });
      const exact = BigInt(Math.ceil(signedWeight / 4) * feeRate);
      // Without change the rest, which is below dust and the cost of an output, goes to the fee, and we say so.
      if (changeSats > 0n) expect(feeSats).toBe(exact);
      else expect(feeSats).toBeGreaterThanOrEqual(exact);
      if (BigInt(fee) > exact) off.over++;
      if (paidBy(transaction, sumOf(coins)) !== BigInt(fee)) off.hidden++;
    });
    expect(off.over).toBeGreaterThan(100);
    expect(off.hidden).toBeGreaterThan(10);
  });

  it('on the PSBT of a stake', () => {
    const own = fc.record({
      values: fc.uniqueArray(fc.integer({ min: 300_000, max: 5_000_000 }), { minLength: 1, maxLength: 4 }),
      isTaproot: fc.boolean(),
    });
    onRandom(fc.tuple(small, own, purses(rich)), ([any, { values, isTaproot }, purse]) => {
      const c = { ...any, valueSats: 200_000 };
      const key = PlainKey.from(c.staker.secretKey, { network: 'mainnet', addressType: isTaproot ? 'p2tr' : 'p2wpkh' });
      const coins = isTaproot
        ? values.map((value, vout) => key.coin({ outpoint: { txid: 'ab'.repeat(32), vout }, valueSats: BigInt(value) }))
        : [...purse.coins, ...values.map((value, i) => walletCoin('p2wpkh', BigInt(value), 50 + i))];
      const { transaction } = StakingTx.build({
        contract: contractOf(c),
        coins,
        valueSats: Sats.from(200_000n),
        changeScriptPubKey: purse.changeScript,
        feeRateSatsPerKvb: 1_000n,
      });
      const delegation = Delegation.from({ contract: contractOf(c), rules: rulesOf(c), stakingTransaction: transaction });
      const theirs = peerStakingOf(c, key.address).toStakingPsbt(toPeer(transaction), utxosOf(coins));
      samePsbt(theirs, SigningRequest.toHex(Steps.staking(delegation, coins).request), coins);
    });
  });
});

describe('the peer and satlock agree on extensions', () => {
  const inputs = fc.tuple(
    small,
    purses({ ...rich, minSats: 600, maxSats: 12_000 }),
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 65_535 }),
  );

  it('over the coin that the peer chose, at the fee that it takes: the same transaction and PSBT', () => {
    const seen = { change: 0, none: 0, nested: 0 };
    onRandom(inputs, ([c, purse, feeRate, stakingTime]) => {
      const next = { ...c, stakingTime };
      const previous = delegationOf(c);
      const stakingTx = toPeer(previous.stakingTransaction);
      const big = walletCoin('p2tr', 100_000n, 99);
      const utxos = utxosOf([...purse.coins, big]);
      const info = { stakingTx, scripts: scriptsOf(c) };
      const theirs = peer.stakingExpansionTransaction(MAINNET, scriptsOf(next), c.valueSats, purse.address, feeRate, utxos, info);
      const funding = [...purse.coins, big].find(({ outpoint }) => outpoint.txid === theirs.fundingUTXO.txid) as Coin;
      const paid = paidBy(theirs.transaction, previous.stakingValueSats + funding.valueSats);
      const hasChange = theirs.transaction.outs.length === 2;
      const contract = contractOf(next);
      const terms = { previous, contract, valueSats: previous.stakingValueSats, funding, changeScriptPubKey: purse.changeScript };
      const rough = ExtensionTx.build({ ...terms, feeRateSatsPerKvb: 100n });
      const weight = rough.signedWeight + 4 * (9 + purse.changeScript.length) * (Number(hasChange) - Number(rough.changeSats > 0n));
      const feeRateSatsPerKvb = rateFor(paid, weight) as bigint;
      const built = ExtensionTx.build({ ...terms, feeRateSatsPerKvb });
      expect(Tx.toHex(withoutScripts(built.transaction))).toBe(theirs.transaction.toHex());
      seen[hasChange ? 'change' : 'none']++;

      const covenantSignatures = signaturesOf(built.spend, c.covenant);
      const { request } = Steps.extension({ previous, contract, built, funding, covenantSignatures });
      const peerPrevious = {
        stakingTx,
        stakingInput: { finalityProviderPksNoCoordHex: c.providers.map(({ publicKey }) => hex(publicKey)), stakingTimelock: c.stakingTime },
      };
      if (funding.redeemScript !== undefined) seen.nested++;
      const psbt = peerStakingOf(next, P2WPKH).toStakingExpansionPsbt(
        toPeer(withoutScripts(built.transaction)),
        utxos,
        peerParamsOf(c),
        peerPrevious,
      );
      samePsbt(psbt, SigningRequest.toHex(request), [previousCoin(previous), funding]);
    });
    expect(seen.change).toBeGreaterThan(100);
    expect(seen.none).toBeGreaterThan(20);
    expect(seen.nested).toBeGreaterThan(50);
  });

  it('not on a larger stake, another fee for another committee, or the stake as its own funding', () => {
    onRandom(fc.tuple(small, fc.integer({ min: 1, max: 20_000 })), ([c, moreSats]) => {
      const previous = delegationOf(c);
      const funding = walletCoin('p2wpkh', 100_000n, 7);
      const stakingTx = toPeer(previous.stakingTransaction);
      const info = { stakingTx, scripts: scriptsOf(c) };
      const own = { ...previous.staking.outpoint, value: 1, scriptPubKey: `0014${'11'.repeat(20)}` };
      const grow = (amount: number, utxos = utxosOf([funding])): PeerTransaction =>
        peer.stakingExpansionTransaction(MAINNET, scriptsOf(c), amount, P2WPKH, 2, utxos, info).transaction;
      expect(() => grow(c.valueSats + moreSats)).toThrow('must be equal');
      const terms = { previous, contract: contractOf(c), funding, changeScriptPubKey: CHANGE, feeRateSatsPerKvb: 2_000n };
      const built = ExtensionTx.build({ ...terms, valueSats: Sats.from(previous.stakingValueSats + BigInt(moreSats)) });
      expect(Tx.outputOf(built.transaction, 0).valueSats).toBe(previous.stakingValueSats + BigInt(moreSats));
      expect(Number(built.feeSats)).toBe(Math.ceil(built.signedWeight / 4) * 2);
      const twice = grow(c.valueSats, [{ ...own, value: 50_000 }]);
      expect(new Set(twice.ins.map(({ hash, index }) => `${hash.toString('hex')}${index}`)).size).toBe(1);
      const itself: Coin = { ...previousCoin(previous), valueSats: 50_000n };
      const extend = (): unknown => ExtensionTx.build({ ...terms, funding: itself, valueSats: previous.stakingValueSats });
      expect(codeOf(extend)).toBe('extension-tx.funding-is-the-stake');
    });
  });
});

const CHANGE = Uint8Array.from([0, 20, ...new Uint8Array(20).fill(0x66)]);
const P2WPKH = Address.encode(CHANGE, 'mainnet');

function previousCoin({ staking, contract }: Delegation.Delegation): Coin {
  return { ...staking, scriptPubKey: contract.staking.scriptPubKey };
}

/** The peer's transactions have no scripts in their inputs. */
function withoutScripts(transaction: Tx.Transaction): Tx.Transaction {
  const bare = Tx.copy(transaction);
  for (const i of bare.ins.keys()) bare.setInputScript(i, new Uint8Array(0));
  return bare;
}

/** The peer writes the earlier transaction only where the signature does not cover the amount, and no amount beside it. */
function samePsbt(theirs: PeerPsbt, ours: string, coins: readonly Coin[]): void {
  const right = peerInputs(withoutExtras(ours));
  const left = peerInputs(theirs.toHex());
  expect(left.unsigned).toBe(right.unsigned);
  expect(left.inputs.length).toBe(right.inputs.length);
  for (const [i, input] of left.inputs.entries()) {
    const mine = { ...(right.inputs[i] as Record<string, unknown>) };
    for (const [name, value] of Object.entries(input)) expect(mine[name], `input ${i}: ${name}`).toEqual(value);
    for (const name of Object.keys(input)) delete mine[name];
    // What we say beside it, and only where the coin tells it.
    const more = Object.keys(mine);
    expect(more.every((name) => name === 'nonWitnessUtxo' || name === 'witnessUtxo')).toBe(true);
    if ('nonWitnessUtxo' in mine) expect(hex(mine['nonWitnessUtxo'] as Uint8Array)).toBe(hex(coins[i]?.previousTransaction as Uint8Array));
    if ('witnessUtxo' in mine) {
      const { script, value } = mine['witnessUtxo'] as { script: Uint8Array; value: number };
      expect([hex(script), BigInt(value)]).toEqual([hex(coins[i]?.scriptPubKey as Uint8Array), coins[i]?.valueSats]);
    }
  }
}

function peerInputs(psbtHex: string): { readonly unsigned: string; readonly inputs: readonly Record<string, unknown>[] } {
  const { data } = bitcoinjs.Psbt.fromHex(psbtHex);
  return { unsigned: (data.globalMap.unsignedTx.toBuffer() as Buffer).toString('hex'), inputs: data.inputs as never };
}
