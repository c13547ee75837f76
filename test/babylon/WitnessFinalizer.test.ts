// PSBTs signed by many: standard finalizers break them, ours fills the empty slots of whoever did not sign, for every quorum.
import { Transaction as ScureTransaction } from '@scure/btc-signer';
import type { Psbt } from 'bitcoinjs-lib';
import { describe, expect, it } from 'vitest';
import * as ExtensionTx from '../../src/babylon/ExtensionTx.ts';
import * as WitnessFinalizer from '../../src/babylon/WitnessFinalizer.ts';
import * as Hex from '../../src/base/Hex.ts';
import type { LeafSpend } from '../../src/bitcoin/LeafSpend.ts';
import * as SigningRequest from '../../src/bitcoin/SigningRequest.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import { bitcoinjsSign, coinOf, OWNERS } from '../support/signers.ts';
import {
  castOf,
  codeOf,
  failure,
  filled,
  hex,
  judge,
  type KeyPair,
  keyOf,
  P2WPKH,
  signatureOf,
  signaturesOf,
  stakeOf,
} from '../support/stakes.ts';

const cast = castOf();
const { contract, delegation } = stakeOf(cast);
const staker = keyOf('staker');
const provider = keyOf('fp1');
const spend = delegation.unbonding;

/** A PSBT with the signatures of these people, each made by bitcoinjs-lib's signer. */
function signedBy(people: readonly KeyPair[], of: LeafSpend = spend): Psbt {
  return bitcoinjsSign(SigningRequest.toBytes(SigningRequest.fromLeafSpend(of)), people);
}

/** Every choice of `count` of these. */
function choose<T>(items: readonly T[], count: number): readonly (readonly T[])[] {
  if (count === 0) return [[]];
  return items.flatMap((item, i) => choose(items.slice(i + 1), count - 1).map((rest) => [item, ...rest]));
}

describe('an unbonding PSBT signed by the staker and six of nine', () => {
  const six = cast.covenant.slice(0, 6);

  it('is broken by the finalizers of bitcoinjs-lib and scure (A12) and right with ours', () => {
    const theirs = signedBy([...six, staker])
      .finalizeAllInputs()
      .extractTransaction(true) as unknown as Tx.Transaction;
    expect(theirs.ins[0]?.witness).toHaveLength(9);
    expect(judge(theirs, spend.spentOutputs)).not.toBe('valid');
    const scure = ScureTransaction.fromPSBT(signedBy([...six, staker]).toBuffer(), { allowUnknownInputs: true, allowUnknownOutputs: true });
    scure.finalize();
    expect(judge(Tx.decode(scure.extract()), spend.spentOutputs)).not.toBe('valid');
    const ours = WitnessFinalizer.finalizeLeaf({ contract, path: 'unbonding', spend, answers: [signedBy([...six, staker])] });
    expect(ours.stack).toHaveLength(12);
    expect(judge(ours.transaction as Tx.Transaction, spend.spentOutputs)).toBe('valid');
    // Even what bitcoinjs-lib broke is read back: the signatures in it are right.
    const broken = signedBy([...six, staker]).finalizeAllInputs();
    const mended = WitnessFinalizer.finalizeLeaf({ contract, path: 'unbonding', spend, answers: [broken] });
    expect(mended.stack.map(Hex.encode)).toEqual(ours.stack.map(Hex.encode));
  });

  it('is valid for all 84 quorums, also by the request alone', () => {
    const signatures = new Map(cast.covenant.map((pair) => [pair, signatureOf(spend, pair)]));
    const request = SigningRequest.fromLeafSpend(spend);
    const ofStaker = signatureOf(spend, staker);
    const quorums = choose(cast.covenant, 6);
    expect(quorums).toHaveLength(84);
    for (const quorum of quorums) {
      const psbt = SigningRequest.toPsbt(request);
      const entry = (pair: KeyPair, signature: Uint8Array): object => ({
        pubkey: pair.publicKey,
        signature,
        leafHash: spend.leaf.leafHash,
      });
      psbt.updateInput(0, {
        tapScriptSig: [entry(staker, ofStaker), ...quorum.map((pair) => entry(pair, signatures.get(pair) as Uint8Array))] as never,
      });
      const { transaction, stack, ignored } = WitnessFinalizer.finalizeLeaf({ contract, path: 'unbonding', spend, answers: [psbt] });
      expect(ignored).toEqual([]);
      expect(stack).toHaveLength(12);
      expect(judge(transaction as Tx.Transaction, spend.spentOutputs)).toBe('valid');
      const byRequest = SigningRequest.accept(request, psbt).transaction as Tx.Transaction;
      expect(Tx.toHex(byRequest)).toBe(Tx.toHex(transaction as Tx.Transaction));
    }
  });

  it('tolerates extra and wrong signatures and tells of them, whoever sent them', () => {
    const [bad, ...good] = cast.covenant as [KeyPair, ...KeyPair[]];
    const stranger = keyOf('stranger');
    const psbt = signedBy(good);
    const entry = (pair: KeyPair, signature: Uint8Array): object => ({ pubkey: pair.publicKey, signature, leafHash: spend.leaf.leafHash });
    psbt.updateInput(0, { tapScriptSig: [entry(bad, filled(64, 3)), entry(stranger, signatureOf(spend, stranger))] as never });
    const { transaction, ignored } = WitnessFinalizer.finalizeLeaf({
      contract,
      path: 'unbonding',
      spend,
      answers: [signedBy([staker]).finalizeAllInputs().toHex(), psbt.toBase64(), psbt],
    });
    expect(judge(transaction as Tx.Transaction, spend.spentOutputs)).toBe('valid');
    expect(new Set(ignored.map(({ publicKey, why }) => `${publicKey.slice(0, 8)} ${why}`))).toEqual(
      new Set([
        `${hex(bad.publicKey).slice(0, 8)} invalid-signature`,
        `${hex(stranger.publicKey).slice(0, 8)} foreign-signature`,
        ...ignored.filter(({ why }) => why === 'not-needed').map(({ publicKey }) => `${publicKey.slice(0, 8)} not-needed`),
      ]),
    );
    expect(ignored.filter(({ why }) => why === 'not-needed')).toHaveLength(2);
  });

  it('takes the covenant signatures from the chain beside the PSBT of the staker', () => {
    const covenant = signaturesOf(spend, cast.covenant);
    const { transaction } = WitnessFinalizer.finalizeLeaf({
      contract,
      path: 'unbonding',
      spend,
      answers: [signedBy([staker])],
      signatures: { covenant },
    });
    expect(judge(transaction as Tx.Transaction, spend.spentOutputs)).toBe('valid');
  });

  it('refuses too few signatures, another path, and a PSBT of another transaction', () => {
    const finalize = (answers: readonly SigningRequest.Answer[], path: 'unbonding' | 'slashing' = 'unbonding'): unknown =>
      WitnessFinalizer.finalizeLeaf({ contract, path, spend, answers });
    expect(failure(() => finalize([signedBy([staker, ...cast.covenant.slice(0, 5)])])).reason).toMatchObject({
      code: 'witness.quorum-not-reached',
      role: 'covenant',
      needed: 6,
      valid: 5,
    });
    expect(codeOf(() => finalize([signedBy(cast.covenant)]))).toBe('witness.quorum-not-reached');
    expect(codeOf(() => finalize([signedBy([staker])], 'slashing'))).toBe('witness.wrong-leaf');
    expect(codeOf(() => finalize([signedBy([staker], delegation.stakingSlashing)]))).toBe('signing-request.other-output-count');
  });
});

describe('other paths and committees', () => {
  it('slashing: staker, provider and covenant in one PSBT', () => {
    for (const slashing of [delegation.stakingSlashing, delegation.unbondingSlashing]) {
      const psbt = signedBy([staker, provider, ...cast.covenant.slice(3)], slashing);
      const { transaction, stack } = WitnessFinalizer.finalizeLeaf({ contract, path: 'slashing', spend: slashing, answers: [psbt] });
      expect(stack).toHaveLength(13);
      expect(judge(transaction as Tx.Transaction, slashing.spentOutputs)).toBe('valid');
    }
  });

  it('an extension is whole with its funding coin, and says which input is missing without', () => {
    const coin = coinOf('p2tr', 90_000n, 3);
    const { spend: extension } = ExtensionTx.build({
      previous: delegation,
      contract,
      valueSats: delegation.stakingValueSats,
      funding: coin,
      changeScriptPubKey: P2WPKH,
      feeRateSatsPerKvb: 2_000n,
    });
    const request = SigningRequest.fromLeafSpend(extension, { coins: { 1: coin } });
    const answer = bitcoinjsSign(SigningRequest.toBytes(request), [staker, OWNERS[0] as KeyPair]);
    const options = {
      contract,
      path: 'unbonding',
      spend: extension,
      signatures: { covenant: signaturesOf(extension, cast.covenant) },
    } as const;
    const { transaction } = WitnessFinalizer.finalizeLeaf({ ...options, answers: [answer], coins: { 1: coin } });
    expect(judge(transaction as Tx.Transaction, extension.spentOutputs)).toBe('valid');
    const half = WitnessFinalizer.finalizeLeaf({ ...options, answers: [signedBy([staker], extension)] });
    expect([half.missing, half.transaction]).toEqual([[1], undefined]);
  });

  it.each([
    [1, 1, 1],
    [2, 3, 1],
    [3, 5, 2],
    [17, 20, 3],
  ])('%i of %i covenant members and %i providers', (quorum, members, providers) => {
    const other = castOf({
      covenant: Array.from({ length: members }, (_, i) => keyOf(`member ${i}`)),
      covenantQuorum: quorum,
      providers: Array.from({ length: providers }, (_, i) => keyOf(`provider ${i}`)),
    });
    const stake = stakeOf(other);
    const slashing = stake.delegation.stakingSlashing;
    const psbt = signedBy([staker, other.providers[0] as KeyPair, ...other.covenant.slice(members - quorum)], slashing);
    const request = SigningRequest.fromLeafSpend(slashing);
    const { transaction } = SigningRequest.accept(request, psbt);
    expect(judge(transaction as Tx.Transaction, slashing.spentOutputs)).toBe('valid');
  });

  it('several stakers', () => {
    const many = castOf({ stakers: [keyOf('s1'), keyOf('s2'), keyOf('s3')], stakerQuorum: 2 });
    const { contract: shared, delegation: theirs } = stakeOf(many);
    const answers = [...many.stakers.slice(1), ...many.covenant.slice(3)].map((pair) => signedBy([pair], theirs.unbonding));
    const { transaction } = WitnessFinalizer.finalizeLeaf({ contract: shared, path: 'unbonding', spend: theirs.unbonding, answers });
    expect(judge(transaction as Tx.Transaction, theirs.unbonding.spentOutputs)).toBe('valid');
  });
});
