// The eight PSBTs that a staker signs: each is signed by another library and accepted; each change that a wallet could make is refused by name.
import { Transaction as ScureTransaction } from '@scure/btc-signer';
import { Psbt, Transaction } from 'bitcoinjs-lib';
import { describe, expect, it } from 'vitest';
import * as ExtensionTx from '../../src/babylon/ExtensionTx.ts';
import * as StakingTx from '../../src/babylon/StakingTx.ts';
import * as WithdrawalTx from '../../src/babylon/WithdrawalTx.ts';
import * as Bytes from '../../src/base/Bytes.ts';
import type { LeafSpend } from '../../src/bitcoin/LeafSpend.ts';
import * as SigningRequest from '../../src/bitcoin/SigningRequest.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import { bitcoinjsSign, coinOf, compressedOf, OWNERS, SCRIPTS } from '../support/signers.ts';
import { castOf, codeOf, contractOf, failure, filled, hex, type KeyPair, keyOf, P2TR, P2WPKH, sats, stakeOf } from '../support/stakes.ts';

const cast = castOf();
const { contract, delegation } = stakeOf(cast);
const staker = keyOf('staker');
const [owner] = OWNERS as [KeyPair];

const withdrawalFrom = (from: WithdrawalTx.Source): LeafSpend => {
  const { spends } = WithdrawalTx.build({
    inputs: [{ contract, from, outpoint: { txid: '77'.repeat(32), vout: 1 }, valueSats: sats(400_000n) }],
    destinationScriptPubKey: P2TR,
    feeRateSatsPerKvb: 2_000n,
  });
  return spends[0] as LeafSpend;
};

const stakingRequest = (): SigningRequest.SigningRequest => {
  const coins = [coinOf('p2wpkh', 400_000n, 1), coinOf('p2tr', 300_000n, 2)];
  const { transaction } = StakingTx.build({
    contract,
    valueSats: sats(500_000n),
    coins,
    changeScriptPubKey: P2WPKH,
    feeRateSatsPerKvb: 2_000n,
  });
  return SigningRequest.from({ transaction, inputs: coins.map((coin) => ({ coin })) });
};

const funding = coinOf('p2sh-p2wpkh', 90_000n, 3);
const extension = ExtensionTx.build({
  previous: delegation,
  contract: contractOf(cast, { stakingTimeBlocks: 2016 }),
  valueSats: delegation.stakingValueSats,
  funding,
  changeScriptPubKey: P2WPKH,
  feeRateSatsPerKvb: 2_000n,
}).spend;

type Flow = readonly [name: string, request: SigningRequest.SigningRequest, people: readonly KeyPair[]];
const FLOWS: readonly Flow[] = [
  ['staking', stakingRequest(), [owner]],
  ['extension', SigningRequest.fromLeafSpend(extension, { coins: { 1: funding } }), [staker, owner]],
  ['unbonding', SigningRequest.fromLeafSpend(delegation.unbonding), [staker]],
  ['slashing of the staking output (H02)', SigningRequest.fromLeafSpend(delegation.stakingSlashing), [staker]],
  ['slashing of the unbonding output (H02)', SigningRequest.fromLeafSpend(delegation.unbondingSlashing), [staker]],
  ['withdrawal of the expired stake', SigningRequest.fromLeafSpend(withdrawalFrom('staking')), [staker]],
  ['withdrawal after unbonding', SigningRequest.fromLeafSpend(withdrawalFrom('unbonding')), [staker]],
  ['withdrawal after slashing', SigningRequest.fromLeafSpend(withdrawalFrom('slashing-change')), [staker]],
];

const signed = ([, request, people]: Flow): Psbt => bitcoinjsSign(SigningRequest.toBytes(request), people);

/** Each turns the transaction that was asked for into another one. */
const TAMPERINGS: readonly (readonly [string, (transaction: Tx.Transaction) => void, string, string])[] = [
  ['in', ({ ins }) => Object.assign(ins[0] as object, { hash: filled(32, 9) }), 'signing-request.other-outpoint', 'inputs[0].outpoint'],
  [
    'out',
    ({ outs }) => Object.assign(outs[0] as object, { script: P2WPKH }),
    'signing-request.other-output-script',
    'outputs[0].scriptPubKey',
  ],
  ['value', ({ outs }) => Object.assign(outs[0] as object, { value: 1n }), 'signing-request.other-output-value', 'outputs[0].valueSats'],
  [
    'sequence',
    ({ ins }) => Object.assign(ins[0] as object, { sequence: 0xffff_fffd }),
    'signing-request.other-sequence',
    'inputs[0].sequence',
  ],
  ['version', (transaction) => Object.assign(transaction, { version: 3 }), 'signing-request.other-version', 'version'],
  ['locktime', (transaction) => Object.assign(transaction, { locktime: 500 }), 'signing-request.other-locktime', 'locktime'],
];

/** The same PSBT entries under another transaction. */
function underOther(raw: Uint8Array, change: (transaction: Tx.Transaction) => void): Uint8Array {
  const text = hex(raw);
  const unsigned = Psbt.fromBuffer(raw).data.globalMap.unsignedTx.toBuffer();
  const other = Transaction.fromBuffer(unsigned) as unknown as Tx.Transaction;
  change(other);
  expect(text).toContain(hex(unsigned));
  expect(other.toBuffer().length).toBeLessThan(0xfd);
  const length = (bytes: Uint8Array): string => hex(Uint8Array.of(bytes.length));
  const made = other.toBuffer();
  return Bytes.copy(Buffer.from(text.replace(length(unsigned) + hex(unsigned), length(made) + hex(made)), 'hex'));
}

describe.each(FLOWS)('%s', (...flow) => {
  const [, request] = flow;

  it('is accepted as bitcoinjs-lib signs it, open and as far as finished', () => {
    const { signatures } = SigningRequest.accept(request, signed(flow));
    expect(signatures.every(({ length }) => length === 1)).toBe(true);
    expect(SigningRequest.accept(request, signed(flow).finalizeAllInputs().toHex()).signatures).toEqual(signatures);
  });

  it('is accepted as scure signs it', () => {
    const transaction = ScureTransaction.fromPSBT(SigningRequest.toBytes(request), { allowUnknownInputs: true, allowUnknownOutputs: true });
    for (const { secretKey } of flow[2]) transaction.sign(secretKey, [0, 1]);
    const { signatures } = SigningRequest.accept(request, transaction.toPSBT(0));
    expect(signatures.every(({ length }) => length === 1)).toBe(true);
  });

  it.each(TAMPERINGS)('a changed %s is refused by name', (_, change, code, field) => {
    for (const answer of [signed(flow).toBuffer(), signed(flow).finalizeAllInputs().toBuffer()]) {
      const { reason } = failure(() => SigningRequest.accept(request, underOther(answer, change)));
      expect(reason).toMatchObject({ code, field });
      expect(Object.keys(reason)).toEqual(expect.arrayContaining(['expected', 'got']));
      expect(codeOf(() => SigningRequest.combine(request, [underOther(answer, change)]))).toBe(code);
    }
  });

  it('more or fewer inputs and outputs are refused by name', () => {
    const raw = SigningRequest.toBytes(request);
    const { transaction } = request;
    const codeWith = (other: Tx.Transaction): string => {
      const source = Psbt.fromBuffer(raw);
      const psbt = new Psbt();
      for (const { hash, index, sequence } of other.ins) psbt.addInput({ hash, index, sequence });
      for (const { script, value } of other.outs) psbt.addOutput({ script, value });
      psbt.setVersion(source.version).setLocktime(source.locktime);
      return codeOf(() => SigningRequest.accept(request, psbt));
    };
    const moreIns = Tx.copy(transaction);
    moreIns.addInput(filled(32, 5), 0);
    const moreOuts = Tx.copy(transaction);
    moreOuts.addOutput(P2WPKH, 1_000n);
    // One output less, where there are several; bitcoinjs-lib writes a map for no output, which is one too many.
    const fewerOuts = Tx.copy(transaction);
    fewerOuts.outs.pop();
    const one = transaction.outs.length === 1;
    expect([moreIns, moreOuts, fewerOuts].map(codeWith)).toEqual([
      'signing-request.other-input-count',
      'signing-request.other-output-count',
      one ? 'psbt.malformed' : 'signing-request.other-output-count',
    ]);
  });
});

describe('48 of 48', () => {
  it('tamperings of the eight flows are refused', () => {
    const refused = FLOWS.flatMap((flow) =>
      TAMPERINGS.map(
        ([, change, code]) => codeOf(() => SigningRequest.accept(flow[1], underOther(signed(flow).toBuffer(), change))) === code,
      ),
    );
    expect(refused.filter(Boolean)).toHaveLength(48);
  });
});

describe('leaf signatures', () => {
  const spend = delegation.stakingSlashing;
  const request = SigningRequest.fromLeafSpend(spend);
  const leafHash = spend.leaf.leafHash;
  const withSig = (pubkey: Uint8Array, signature: Uint8Array, hash = leafHash, of = request): Psbt => {
    const psbt = SigningRequest.toPsbt(of);
    psbt.updateInput(0, { tapScriptSig: [{ pubkey, signature, leafHash: hash }] });
    return psbt;
  };
  const right = SigningRequest.accept(request, bitcoinjsSign(SigningRequest.toBytes(request), [staker])).signatures[0]?.[0]
    ?.signature as Uint8Array;

  it('of random bytes, of another transaction and of another key are refused (H03)', () => {
    const invalid = { code: 'signing-request.invalid-signature', input: 0, publicKey: hex(staker.publicKey), why: 'does-not-verify' };
    expect(failure(() => SigningRequest.accept(request, withSig(staker.publicKey, filled(64, 7)))).reason).toEqual(invalid);
    const elsewhere = SigningRequest.fromLeafSpend(delegation.unbondingSlashing);
    expect(failure(() => SigningRequest.accept(elsewhere, withSig(staker.publicKey, right, leafHash, elsewhere))).reason).toEqual(invalid);
    const stranger = keyOf('stranger').publicKey;
    const foreign = { code: 'signing-request.foreign-signature', input: 0 };
    expect(failure(() => SigningRequest.accept(request, withSig(stranger, right))).reason).toMatchObject({
      ...foreign,
      publicKey: hex(stranger),
    });
    expect(failure(() => SigningRequest.accept(request, withSig(staker.publicKey, right, filled(32, 1)))).reason).toMatchObject(foreign);
  });

  it('with ALL in 65 bytes are refused for pre-signatures and taken where they are allowed (H04, F15)', () => {
    const all = bitcoinjsSign(SigningRequest.toBytes(SigningRequest.fromLeafSpend(spend, { sighashType: 1 })), [staker], [1]);
    expect(failure(() => SigningRequest.accept(request, all)).reason).toMatchObject({
      code: 'signing-request.other-sighash-type',
      expected: '0',
      got: '1',
    });
    const tolerant = SigningRequest.fromLeafSpend(spend, { allowedSighashTypes: [1] });
    expect(SigningRequest.accept(tolerant, all).signatures[0]?.[0]?.signature).toHaveLength(65);
    const zero = withSig(staker.publicKey, Bytes.concat(right, Uint8Array.of(0)));
    expect(failure(() => SigningRequest.accept(tolerant, zero)).reason).toMatchObject({
      code: 'signing-request.invalid-signature',
      why: 'length',
    });
  });

  it('of a wallet that finished with its own signature alone are read back (A12, H05), also beside empty slots', () => {
    const finish = (items: readonly Uint8Array[]): Psbt => {
      const psbt = SigningRequest.toPsbt(request);
      const parts = items.flatMap((item) => [
        item.length < 0xfd ? Uint8Array.of(item.length) : Uint8Array.of(0xfd, item.length & 0xff, item.length >> 8),
        item,
      ]);
      psbt.updateInput(0, { finalScriptWitness: Bytes.concat(Uint8Array.of(items.length), ...parts) });
      return psbt;
    };
    const { script, controlBlock } = spend.leaf;
    const empty = new Uint8Array(0);
    for (const items of [[right], [...Array.from({ length: 10 }, () => empty), right], [empty, right]])
      expect(SigningRequest.accept(request, finish([...items, script, controlBlock])).signatures[0]).toEqual([
        { publicKey: staker.publicKey, signature: right, leafHash },
      ]);
    const other = delegation.unbonding.leaf;
    expect(codeOf(() => SigningRequest.accept(request, finish([right, other.script, controlBlock])))).toBe('signing-request.other-leaf');
    expect(codeOf(() => SigningRequest.accept(request, finish([right, script, other.controlBlock])))).toBe('signing-request.other-leaf');
    expect(codeOf(() => SigningRequest.accept(request, finish([right])))).toBe('signing-request.other-leaf');
    expect(codeOf(() => SigningRequest.accept(request, finish([filled(64, 7), script, controlBlock])))).toBe(
      'signing-request.invalid-signature',
    );
    expect(codeOf(() => SigningRequest.accept(request, finish([empty, script, controlBlock])))).toBe('signing-request.missing-signature');
    const tooMany = Array.from({ length: 12 }, () => right);
    expect(codeOf(() => SigningRequest.accept(request, finish([...tooMany, script, controlBlock])))).toBe('psbt.malformed');
  });

  it('a withdrawal is whole with one signature', () => {
    const one = SigningRequest.fromLeafSpend(withdrawalFrom('staking'));
    const answer = bitcoinjsSign(SigningRequest.toBytes(one), [staker]);
    const { transaction, missing } = SigningRequest.accept(one, answer);
    expect(missing).toEqual([]);
    expect(Tx.toHex(transaction as Tx.Transaction)).toBe(Psbt.fromHex(answer.toHex()).finalizeAllInputs().extractTransaction(true).toHex());
    expect(SigningRequest.accept(request, withSig(staker.publicKey, right)).missing).toEqual([0]);
  });

  it('several withdrawals in one transaction are asked for together', () => {
    const { spends } = WithdrawalTx.build({
      inputs: (['staking', 'unbonding', 'slashing-change'] as const).map((from, vout) => ({
        contract,
        from,
        outpoint: { txid: '78'.repeat(32), vout },
        valueSats: sats(400_000n),
      })),
      destinationScriptPubKey: P2TR,
      feeRateSatsPerKvb: 2_000n,
    });
    const all = SigningRequest.fromLeafSpends(spends);
    expect(SigningRequest.accept(all, bitcoinjsSign(SigningRequest.toBytes(all), [staker])).missing).toEqual([]);
    expect(codeOf(() => SigningRequest.fromLeafSpends([...spends, delegation.unbonding]))).toBe('signing-request.other-transaction');
    expect(codeOf(() => SigningRequest.fromLeafSpends([]))).toBe('input.missing');
  });
});

describe('what is asked of a leaf', () => {
  it('is refused when the output does not commit to it (G05, G06, G17)', () => {
    const { transaction, spentOutputs, leaf } = delegation.unbonding;
    const from = (change: object): string =>
      codeOf(() => SigningRequest.from({ transaction, inputs: [{ leaf, spentOutput: spentOutputs[0] as Tx.SpentOutput, ...change }] }));
    expect(from({ spentOutput: { scriptPubKey: P2WPKH, valueSats: 500_000n } })).toBe('psbt.wrong-leaf');
    expect(from({ leaf: contract.unbonding.paths.slashing })).toBe('psbt.wrong-leaf');
    expect(from({ leaf: { ...leaf, leafHash: filled(32, 1) } })).toBe('psbt.wrong-leaf');
    const flipped = Bytes.copy(leaf.controlBlock);
    flipped[0] = (flipped[0] as number) ^ 1;
    expect(from({ leaf: { ...leaf, controlBlock: flipped } })).toBe('psbt.wrong-leaf');
  });

  it('an extension shows scripts and keys of its funding coin, of every kind, and refuses another coin for it', () => {
    for (const kind of ['p2wpkh', 'p2wsh', 'p2sh-p2wpkh', 'p2sh-p2wsh', 'p2tr'] as const) {
      const coin = coinOf(kind, 95_000n, 4);
      const { spend } = ExtensionTx.build({
        previous: delegation,
        contract,
        valueSats: delegation.stakingValueSats,
        funding: coin,
        changeScriptPubKey: P2WPKH,
        feeRateSatsPerKvb: 2_000n,
      });
      const request = SigningRequest.fromLeafSpend(spend, { coins: { 1: coin } });
      const shown = SigningRequest.toPsbt(request).data.inputs[1];
      expect([shown?.redeemScript, shown?.witnessScript, shown?.tapInternalKey]).toEqual([
        coin.redeemScript,
        coin.witnessScript,
        coin.tapInternalKey,
      ]);
      const accepted = SigningRequest.accept(request, bitcoinjsSign(SigningRequest.toBytes(request), [staker, ...OWNERS.slice(0, 2)]));
      expect(accepted.missing).toEqual([0]);
      expect(
        codeOf(() =>
          SigningRequest.fromLeafSpend(spend, {
            coins: { 1: { ...coin, valueSats: sats(95_001n), previousTransaction: undefined as never } },
          }),
        ),
      ).toBe('signing-request.other-coin');
      expect(codeOf(() => SigningRequest.fromLeafSpend(spend, { coins: { 0: coin } }))).toBe('signing-request.not-a-source');
      // Without the coin a P2WSH input cannot be judged: it is shown, and a signature there is refused.
      if (kind === 'p2wsh') {
        const blind = SigningRequest.fromLeafSpend(spend);
        const answer = bitcoinjsSign(SigningRequest.toBytes(request), [staker, owner]);
        expect(codeOf(() => SigningRequest.accept(blind, answer))).toBe('signing-request.other-script');
      }
    }
  });
});

describe('what hardware wallets need', () => {
  const masterFingerprint = Uint8Array.of(0xd3, 0x4d, 0xb3, 0x3f);
  const path = "m/86'/0'/0'/0/7";

  it('Keystone: leaf hashes for leaves, none for the key path; always the same bytes', async () => {
    const unbonding = SigningRequest.fromLeafSpend(delegation.unbonding, {
      sighashType: 0,
      keyOrigins: [{ publicKey: staker.publicKey, masterFingerprint, path }],
    });
    const { tapBip32Derivation, tapMerkleRoot } = SigningRequest.toPsbt(unbonding).data.inputs[0] ?? {};
    expect(tapBip32Derivation).toEqual([
      { masterFingerprint, path, pubkey: staker.publicKey, leafHashes: [delegation.unbonding.leaf.leafHash] },
    ]);
    expect(tapMerkleRoot).toEqual(contract.staking.merkleRoot);
    await expect(SigningRequest.toHex(unbonding)).toMatchFileSnapshot('data/psbt-keystone-unbonding.hex');

    const coin = { ...coinOf('p2tr', 700_000n, 2), keyOrigins: [{ publicKey: owner.publicKey, masterFingerprint, path }] };
    const { transaction } = StakingTx.build({
      contract,
      valueSats: sats(500_000n),
      coins: [coin],
      changeScriptPubKey: SCRIPTS.p2tr.scriptPubKey,
      feeRateSatsPerKvb: 2_000n,
    });
    const staking = SigningRequest.from({ transaction, inputs: [{ coin }], outputs: [{ index: 1, keyOrigins: coin.keyOrigins }] });
    const psbt = SigningRequest.toPsbt(staking);
    expect(psbt.data.inputs[0]?.tapBip32Derivation?.[0]?.leafHashes).toEqual([]);
    expect(psbt.data.outputs[1]).toMatchObject({
      tapInternalKey: owner.publicKey,
      tapBip32Derivation: [{ path, masterFingerprint, leafHashes: [] }],
    });
    await expect(SigningRequest.toHex(staking)).toMatchFileSnapshot('data/psbt-keystone-staking.hex');
  });

  it('Ledger: BIP84 keys of coins and change, the previous transactions, the account key; always the same bytes', async () => {
    const publicKey = compressedOf(owner);
    const keyOrigins = [{ publicKey, masterFingerprint, path: "m/84'/0'/0'/0/3" }];
    const coin = { ...coinOf('p2wpkh', 700_000n, 2), keyOrigins };
    const { transaction } = StakingTx.build({
      contract,
      valueSats: sats(500_000n),
      coins: [coin],
      changeScriptPubKey: SCRIPTS.p2wpkh.scriptPubKey,
      feeRateSatsPerKvb: 2_000n,
    });
    const extendedPublicKey =
      'xpub6BosfCnifzxcFwrSzQiqu2DBVTshkCXacvNsWGYJVVhhawA7d4R5WSWGFNbi8Aw6ZRc1brxMyWMzG3DSSSSoekkudhUd9yLb6qx39T9nMdj';
    const request = SigningRequest.from({
      transaction,
      inputs: [{ coin }],
      outputs: [{ index: 1, keyOrigins }],
      globalXpubs: [{ extendedPublicKey, masterFingerprint, path: "m/84'/0'/0'" }],
    });
    const { data } = SigningRequest.toPsbt(request);
    expect(data.inputs[0]).toMatchObject({
      bip32Derivation: [{ pubkey: publicKey, path: "m/84'/0'/0'/0/3", masterFingerprint }],
      nonWitnessUtxo: coin.previousTransaction,
    });
    expect(data.outputs[1]?.bip32Derivation).toHaveLength(1);
    expect(data.globalMap.globalXpub).toHaveLength(1);
    await expect(SigningRequest.toBase64(request)).toMatchFileSnapshot('data/psbt-ledger-staking.b64');
    expect(SigningRequest.accept(request, bitcoinjsSign(SigningRequest.toBytes(request), [owner])).missing).toEqual([]);
  });

  it('Bitcoin Core: the staker under its compressed key, as btc-staker writes it', () => {
    const walletKey = compressedOf(staker);
    const request = SigningRequest.fromLeafSpend(delegation.unbonding, { walletKey });
    expect(SigningRequest.toPsbt(request).data.inputs[0]?.bip32Derivation?.map(({ pubkey }) => hex(pubkey))).toEqual([hex(walletKey)]);
    expect(codeOf(() => SigningRequest.fromLeafSpend(delegation.unbonding, { walletKey: compressedOf(owner) }))).toBe(
      'psbt.foreign-key-origin',
    );
    expect(codeOf(() => SigningRequest.fromLeafSpend(delegation.unbonding, { walletKey: staker.publicKey }))).toBe('input.wrong-length');
  });

  it('refuses keys that are not of the input or output, broken paths and private account keys', () => {
    const coin = coinOf('p2wpkh', 700_000n, 2);
    const transaction = Tx.create([coin], [{ scriptPubKey: SCRIPTS.p2wpkh.scriptPubKey, valueSats: 600_000n }]);
    const publicKey = compressedOf(owner);
    const origin = { publicKey, masterFingerprint, path: 'm/0' };
    const from = (more: object, change: object = {}): string =>
      codeOf(() => SigningRequest.from({ transaction, inputs: [{ coin: { ...coin, ...change } }], ...more }));
    expect(from({}, { keyOrigins: [{ ...origin, publicKey: compressedOf(staker) }] })).toBe('psbt.foreign-key-origin');
    expect(from({}, { keyOrigins: [{ ...origin, masterFingerprint: filled(3, 1) }] })).toBe('input.wrong-length');
    for (const bad of ['', '0/1', 'm/', 'm/-1', 'm/2147483648', "m/0''", 'm/01', 'm/x', 'm//1', `m${'/0'.repeat(256)}`])
      expect(from({}, { keyOrigins: [{ ...origin, path: bad }] }), bad).toBe('psbt.bad-path');
    expect(from({ outputs: [{ index: 1 }] })).toBe('psbt.no-such-output');
    expect(from({ outputs: [{ index: 0 }, { index: 0 }] })).toBe('psbt.repeated-output');
    expect(from({ outputs: [{ index: 0, keyOrigins: [{ ...origin, publicKey: compressedOf(staker) }] }] })).toBe(
      'psbt.other-output-script',
    );
    expect(from({ outputs: [{ index: 0, tapInternalKey: owner.publicKey }] })).toBe('psbt.other-output-script');
    expect(from({ outputs: [{ index: 0, redeemScript: filled(22, 0) }] })).toBe('psbt.other-output-script');
    const xpub = (extendedPublicKey: string, at = 'm/0'): string =>
      from({ globalXpubs: [{ extendedPublicKey, masterFingerprint, path: at }] });
    const xprv = 'xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi';
    expect(
      failure(() =>
        SigningRequest.from({ transaction, inputs: [{ coin }], globalXpubs: [{ extendedPublicKey: xprv, masterFingerprint, path: 'm' }] }),
      ).message,
    ).not.toContain('xprv9');
    expect(xpub(xprv)).toBe('psbt.bad-xpub');
    expect(xpub('xpub')).toBe('psbt.bad-xpub');
    expect(xpub('xpub6BosfCnifzxcFwrSzQiqu2DBVTshkCXacvNsWGYJVVhhawA7d4R5WSWGFNbi8Aw6ZRc1brxMyWMzG3DSSSSoekkudhUd9yLb6qx39T9nMdj')).toBe(
      'psbt.bad-xpub',
    );
  });

  it('shows the script tree of an output of ours, when it is that of the output', () => {
    const { timelock, slashing } = contract.unbonding.paths;
    const tree = [{ script: slashing.script }, { script: timelock.script }] as const;
    const request = (index: number): SigningRequest.SigningRequest =>
      SigningRequest.fromLeafSpend(delegation.unbonding, { outputs: [{ index, tapTree: tree }] });
    expect(SigningRequest.toPsbt(request(0)).data.outputs[0]?.tapTree?.leaves).toEqual([
      { depth: 1, leafVersion: 0xc0, script: slashing.script },
      { depth: 1, leafVersion: 0xc0, script: timelock.script },
    ]);
    const wrong = [{ script: slashing.script }, { script: slashing.script.slice(1) }] as const;
    expect(codeOf(() => SigningRequest.fromLeafSpend(delegation.unbonding, { outputs: [{ index: 0, tapTree: wrong }] }))).toBe(
      'psbt.other-output-script',
    );
  });
});
