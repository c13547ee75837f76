// The plain key and the hierarchical account: every kind of coin and leaf signed, addresses of published vectors, no secret anywhere.
import { inspect } from 'node:util';
import { HDKey } from '@scure/bip32';
import { mnemonicToSeedSync } from '@scure/bip39';
import { ECPairFactory } from 'ecpair';
import * as tiny from 'tiny-secp256k1';
import { describe, expect, it } from 'vitest';
import * as Witness from '../../src/babylon/Witness.ts';
import * as Hex from '../../src/base/Hex.ts';
import type { Coin } from '../../src/bitcoin/Coin.ts';
import * as Psbt from '../../src/bitcoin/Psbt.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as HdAccount from '../../src/wallet/HdAccount.ts';
import * as PlainKey from '../../src/wallet/PlainKey.ts';
import { verifyMessage } from '../support/peerWallet.ts';
import { castOf, failure, judge, keyOf, P2TR, signaturesOf, stakeOf, untyped } from '../support/stakes.ts';

const staker = keyOf('staker');
const hexOf = Hex.encode;

async function refused(act: () => Promise<unknown>): Promise<string> {
  const [result] = await Promise.allSettled([act()]);
  return failure(() => {
    if (result?.status === 'rejected') throw result.reason;
  }).code;
}

/** A transaction over these coins, and its PSBT as bitcoinjs-lib makes it. */
function drafted(coins: readonly Coin[]): { transaction: Tx.Transaction; psbt: Psbt.Psbt } {
  const transaction = Tx.create(
    coins.map(({ outpoint }) => ({ outpoint })),
    [{ scriptPubKey: P2TR, valueSats: 50_000n }],
  );
  const psbt = new Psbt.Psbt();
  for (const { outpoint, scriptPubKey, valueSats, redeemScript, witnessScript, tapInternalKey, previousTransaction, keyOrigins } of coins) {
    const isTaproot = tapInternalKey !== undefined;
    psbt.addInput({
      hash: outpoint.txid,
      index: outpoint.vout,
      ...(previousTransaction === undefined
        ? { witnessUtxo: { script: scriptPubKey, value: valueSats } }
        : { nonWitnessUtxo: previousTransaction }),
      ...(redeemScript === undefined ? {} : { redeemScript }),
      ...(witnessScript === undefined ? {} : { witnessScript }),
      ...(tapInternalKey === undefined ? {} : { tapInternalKey }),
      ...(keyOrigins === undefined
        ? {}
        : isTaproot
          ? {
              tapBip32Derivation: keyOrigins.map(({ publicKey, masterFingerprint, path }) => ({
                pubkey: publicKey,
                masterFingerprint,
                path,
                leafHashes: [],
              })),
            }
          : {
              bip32Derivation: keyOrigins.map(({ publicKey, masterFingerprint, path }) => ({ pubkey: publicKey, masterFingerprint, path })),
            }),
    });
  }
  psbt.addOutput({ script: P2TR, value: 50_000n });
  return { transaction, psbt };
}

/** A transaction that pays to a script, for coins that need it. */
function previous(scriptPubKey: Uint8Array, valueSats: bigint): Tx.Transaction {
  return Tx.create([{ outpoint: { txid: '77'.repeat(32), vout: 1 } }], [{ scriptPubKey, valueSats }]);
}

const TYPES = ['p2tr', 'p2wpkh', 'p2sh-p2wpkh', 'p2pkh'] as const;

describe('PlainKey', () => {
  it.each(TYPES)('signs a coin of type %s so that a node takes it', async (addressType) => {
    const wallet = PlainKey.from(staker.secretKey, { network: 'regtest', addressType });
    const made = previous(wallet.scriptPubKey, 60_000n);
    const coin = wallet.coin({
      outpoint: { txid: Tx.txid(made), vout: 0 },
      valueSats: 60_000n,
      ...(addressType === 'p2pkh' ? { previousTransaction: Tx.encode(made) } : {}),
    });
    const { psbt } = drafted([coin]);
    const unsigned = psbt.toHex();
    const signed = Psbt.Psbt.fromHex(await wallet.signPsbt(unsigned));
    const transaction = Tx.decode(Uint8Array.from(signed.extractTransaction(true).toBuffer()));
    if (addressType === 'p2tr' || addressType === 'p2wpkh') expect(judge(transaction, [coin])).toBe('valid');
    // The other kinds: bitcoinjs-lib verifies the signature over its own hash.
    const open = Psbt.Psbt.fromHex(await wallet.signPsbt(psbt.toBase64(), { autoFinalized: false }));
    if (addressType !== 'p2tr')
      expect(open.validateSignaturesOfAllInputs((key, hash, signature) => tiny.verify(hash, key, signature, true))).toBe(true);
    expect(psbt.toHex()).toBe(unsigned);
  });

  it('signs a leaf by the untweaked key, and finalises only the leaf of one key', async () => {
    const stake = stakeOf(castOf());
    const wallet = PlainKey.from(staker.secretKey, { network: 'regtest', addressType: 'p2tr' });
    for (const spend of [stake.delegation.unbonding, stake.delegation.stakingSlashing]) {
      const psbt = Psbt.Psbt.fromHex(await wallet.signPsbt(Psbt.fromLeafSpend(spend).toHex()));
      const [mine] = Psbt.signaturesFor(psbt, spend);
      expect(mine && hexOf(mine.publicKey)).toBe(hexOf(staker.publicKey));
      expect(mine && spend.verify(mine.publicKey, mine.signature)).toBe(true);
      expect(psbt.data.inputs[0]?.finalScriptWitness).toBeUndefined();
    }
    const spend = stake.delegation.unbonding;
    const psbt = Psbt.Psbt.fromHex(await wallet.signPsbt(Psbt.fromLeafSpend(spend).toHex(), { autoFinalized: false }));
    const signatures = { staker: Psbt.signaturesFor(psbt, spend), covenant: signaturesOf(spend, stake.cast.covenant) };
    const { stack } = Witness.assemble({ contract: stake.contract, path: 'unbonding', spend, signatures });
    expect(judge(spend.withWitness(stack), spend.spentOutputs)).toBe('valid');
  });

  it('signs only the inputs asked for, and says which one it cannot', async () => {
    const wallet = PlainKey.from(staker.secretKey, { network: 'regtest', addressType: 'p2wpkh' });
    const other = PlainKey.from(keyOf('other').secretKey, { network: 'regtest', addressType: 'p2wpkh' });
    const coins = [wallet, other, wallet].map((owner, vout) =>
      owner.coin({ outpoint: { txid: '88'.repeat(32), vout }, valueSats: 30_000n }),
    );
    const { psbt } = drafted(coins);
    const sigs = (text: string): readonly (number | undefined)[] =>
      Psbt.Psbt.fromHex(text).data.inputs.map(({ partialSig }) => partialSig?.length);
    expect(sigs(await wallet.signPsbt(psbt.toHex(), { autoFinalized: false }))).toEqual([1, undefined, 1]);
    expect(sigs(await wallet.signPsbt(psbt.toHex(), { autoFinalized: false, signInputs: [{ index: 2 }] }))).toEqual([
      undefined,
      undefined,
      1,
    ]);
    expect(await refused(() => wallet.signPsbt(psbt.toHex(), { signInputs: [{ index: 1 }] }))).toBe('signer.not-our-input');
    expect(await refused(() => wallet.signPsbt(psbt.toHex(), { signInputs: [{ index: 9 }] }))).toBe('signer.no-such-input');
    const stranger = PlainKey.from(keyOf('nobody').secretKey, { network: 'regtest', addressType: 'p2wpkh' });
    expect(await refused(() => stranger.signPsbt(psbt.toHex()))).toBe('signer.nothing-to-sign');
  });

  it('refuses hash types that leave outputs open, and amounts that the previous transaction contradicts', async () => {
    const wallet = PlainKey.from(staker.secretKey, { network: 'regtest', addressType: 'p2wpkh' });
    const made = previous(wallet.scriptPubKey, 60_000n);
    const coin = wallet.coin({ outpoint: { txid: Tx.txid(made), vout: 0 }, valueSats: 60_000n });
    for (const sighashType of [2, 3, 0x81, 0x83]) {
      const { psbt } = drafted([coin]);
      psbt.updateInput(0, { sighashType });
      expect(await refused(() => wallet.signPsbt(psbt.toHex()))).toBe('signer.sighash-type');
    }
    // A taproot output that its internal key does not make: no signature of ours could spend it.
    const taproot = PlainKey.from(staker.secretKey, { network: 'regtest', addressType: 'p2tr' });
    const foreign = { ...taproot.coin({ outpoint: coin.outpoint, valueSats: 60_000n }), scriptPubKey: P2TR };
    expect(await refused(() => taproot.signPsbt(drafted([foreign]).psbt.toHex()))).toBe('signer.nothing-to-sign');
    const { psbt } = drafted([{ ...coin, valueSats: 60_001n }]);
    psbt.updateInput(0, { nonWitnessUtxo: made.toBuffer() });
    expect(await refused(() => wallet.signPsbt(psbt.toHex()))).toBe('signer.other-previous-transaction');
    expect(await refused(() => wallet.signPsbt('zz'))).toBe('signer.not-a-psbt');
    expect(await refused(() => wallet.signPsbt(untyped(7)))).toBe('input.not-text');
  });

  it('is read from WIF and from ecpair, and never shows its secret', async () => {
    const pair = ECPairFactory(tiny).fromPrivateKey(staker.secretKey);
    const options = { network: 'mainnet', addressType: 'p2tr' } as const;
    for (const wallet of [PlainKey.fromEcpair(pair, options), PlainKey.fromWif(pair.toWIF(), options)]) {
      expect(hexOf(wallet.stakerPk)).toBe(hexOf(staker.publicKey));
      for (const shown of [JSON.stringify(wallet), inspect(wallet, { depth: 9, showHidden: true })]) {
        expect(shown).not.toContain(hexOf(staker.secretKey));
        expect(shown).not.toContain([...staker.secretKey].slice(0, 6).join(', '));
      }
      wallet.wipe();
      expect(await refused(() => wallet.signMessage('x', 'ecdsa'))).toBe('secret-key.out-of-range');
    }
    const wif = pair.toWIF();
    const error = failure(() => PlainKey.fromWif(wif, { ...options, network: 'testnet' }));
    expect(error.code).toBe('plain-key.bad-wif');
    expect(inspect(error)).not.toContain(wif.slice(0, 8));
    expect(failure(() => PlainKey.fromWif(`${wif.slice(0, -1)}1`, options)).code).toBe('plain-key.bad-wif');
    const long = ECPairFactory(tiny).fromPrivateKey(staker.secretKey, { compressed: false });
    expect(failure(() => PlainKey.fromEcpair(long, options)).code).toBe('plain-key.uncompressed');
    expect(failure(() => PlainKey.fromEcpair(ECPairFactory(tiny).fromPublicKey(pair.publicKey), options)).code).toBe('plain-key.no-secret');
    expect(failure(() => PlainKey.from(staker.secretKey, { ...options, addressType: untyped('p2a') })).code).toBe('address-type.unknown');
  });

  it('signs messages that an independent verifier takes', async () => {
    for (const addressType of ['p2tr', 'p2wpkh'] as const) {
      const wallet = PlainKey.from(staker.secretKey, { network: 'mainnet', addressType });
      expect(verifyMessage(wallet.address, 'hello', await wallet.signMessage('hello', 'bip322-simple'))).toBe(true);
      expect(verifyMessage(wallet.address, 'hallo', await wallet.signMessage('hello', 'bip322-simple'))).toBe(false);
    }
    const legacy = PlainKey.from(staker.secretKey, { network: 'mainnet', addressType: 'p2pkh' });
    expect(verifyMessage(legacy.address, 'hello', await legacy.signMessage('hello', 'ecdsa'))).toBe(true);
    expect(await refused(() => legacy.signMessage('hello', 'bip322-simple'))).toBe('signer.no-bip322');
    expect(await refused(() => legacy.signMessage('hello', untyped('schnorr')))).toBe('signer.message-type');
  });
});

const MNEMONIC = 'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about';
const account = (purpose: HdAccount.Purpose, network: 'mainnet' | 'regtest' = 'mainnet'): HdAccount.HdAccount =>
  HdAccount.fromMnemonic({ mnemonic: MNEMONIC }, { network, purpose });

describe('HdAccount', () => {
  // BIP84 and BIP86 "Test vectors"; BIP49's are of testnet; BIP44 has none.
  it.each([
    [84, 'bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu', 'bc1q8c6fshw2dlwun7ekn9qwf37cu2rn755upcp6el'],
    [
      86,
      'bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr',
      'bc1p3qkhfews2uk44qtvauqyr2ttdsw7svhkl9nkm9s9c3x4ax5h60wqwruhk7',
    ],
    [49, '37VucYSaXLCAsxYyAPfbSi9eh4iEcbShgf', undefined],
    [44, '1LqBGSKuX5yYUonjxT5qGfpUsXKYYWeabA', undefined],
  ] as const)('derives the addresses of the published vectors, BIP%i', (purpose, first, change) => {
    const wallet = account(purpose);
    expect(wallet.address).toBe(first);
    if (change !== undefined) expect(wallet.derive({ change: true, index: 0 }).address).toBe(change);
    expect(hexOf(wallet.masterFingerprint)).toBe('73c5da0a');
    expect(wallet.path).toBe(`m/${purpose}'/0'/0'`);
  });

  it.each([44, 49, 84, 86] as const)(
    'signs coins of BIP%i that it finds by place, by script or by the origin in the PSBT',
    async (purpose) => {
      const wallet = account(purpose, 'regtest');
      const place = { change: true, index: 7 };
      const { scriptPubKey } = wallet.derive(place);
      const made = previous(scriptPubKey, 60_000n);
      const outpoint = { txid: Tx.txid(made), vout: 0 };
      const extra = purpose === 44 ? { previousTransaction: Tx.encode(made) } : {};
      const coin = account(purpose, 'regtest').coin({ outpoint, valueSats: 60_000n, scriptPubKey, ...extra });
      expect(coin).toEqual(wallet.coin({ outpoint, valueSats: 60_000n, place, ...extra }));
      expect(coin.keyOrigins?.[0]?.path).toBe(`m/${purpose}'/1'/0'/1/7`);
      const { psbt } = drafted([coin]);
      // A fresh account knows nothing of the address but what the PSBT says; far addresses are found by the origin alone.
      for (const signed of [await account(purpose, 'regtest').signPsbt(psbt.toHex(), { autoFinalized: false })]) {
        const open = Psbt.Psbt.fromHex(signed);
        if (purpose === 86) expect(open.data.inputs[0]?.tapKeySig).toHaveLength(64);
        else expect(open.validateSignaturesOfAllInputs((key, hash, signature) => tiny.verify(hash, key, signature, true))).toBe(true);
      }
      const far = account(purpose, 'regtest').derive({ index: 5_000 });
      const farMade = previous(far.scriptPubKey, 60_000n);
      const farCoin = {
        outpoint: { txid: Tx.txid(farMade), vout: 0 },
        valueSats: 60_000n,
        ...(purpose === 44 ? { previousTransaction: Tx.encode(farMade) } : {}),
        scriptPubKey: far.scriptPubKey,
        keyOrigins: [far.keyOrigin],
        ...(far.redeemScript === undefined ? {} : { redeemScript: far.redeemScript }),
        ...(far.tapInternalKey === undefined ? {} : { tapInternalKey: far.tapInternalKey }),
      };
      await expect(account(purpose, 'regtest').signPsbt(drafted([farCoin]).psbt.toHex())).resolves.toMatch(/^70736274ff/);
    },
  );

  it('signs a leaf by derivation of the staker key', async () => {
    const wallet = account(86, 'regtest');
    const derived = wallet.derive({ index: 3 });
    const stake = stakeOf(castOf({ stakers: [{ secretKey: staker.secretKey, publicKey: derived.stakerPk }] }));
    const spend = stake.delegation.unbonding;
    const psbt = Psbt.fromLeafSpend(spend);
    const { publicKey: pubkey, masterFingerprint, path } = derived.leafKeyOrigin;
    psbt.updateInput(0, { tapBip32Derivation: [{ pubkey, masterFingerprint, path, leafHashes: [spend.leaf.leafHash] }] });
    const signed = Psbt.Psbt.fromHex(await account(86, 'regtest').signPsbt(psbt.toHex(), { autoFinalized: false }));
    const [mine] = Psbt.signaturesFor(signed, spend);
    expect(mine !== undefined && spend.verify(derived.stakerPk, mine.signature)).toBe(true);
  });

  it('is not misled by origins: a foreign fingerprint, path or key finds nothing', async () => {
    const wallet = account(84, 'regtest');
    const coin = wallet.coin({ outpoint: { txid: '99'.repeat(32), vout: 0 }, valueSats: 60_000n, place: { index: 900 } });
    const [origin] = coin.keyOrigins ?? [];
    if (origin === undefined) throw new Error('a coin has its origin');
    for (const wrong of [
      { ...origin, masterFingerprint: Uint8Array.of(1, 2, 3, 4) },
      { ...origin, path: "m/84'/1'/0'/0/901" },
      { ...origin, path: "m/84'/1'/1'/0/900" },
    ]) {
      const { psbt } = drafted([{ ...coin, keyOrigins: [wrong] }]);
      expect(await refused(() => account(84, 'regtest').signPsbt(psbt.toHex()))).toBe('signer.nothing-to-sign');
    }
  });

  it('never shows a secret, and signs nothing once wiped', async () => {
    const master = HDKey.fromMasterSeed(mnemonicToSeedSync(MNEMONIC));
    const wallet = account(86);
    wallet.derive({ index: 0 });
    const node = master.derive(wallet.path);
    const secrets = [node.privateExtendedKey, hexOf(node.privateKey ?? new Uint8Array()), 'abandon', 'xprv'];
    const errors = [
      failure(() => HdAccount.fromMnemonic({ mnemonic: `${MNEMONIC} about` }, { network: 'mainnet', purpose: 84 })),
      failure(() => HdAccount.fromMnemonic({ mnemonic: MNEMONIC.replace('about', 'abandon') }, { network: 'mainnet', purpose: 84 })),
    ];
    for (const error of errors) expect(error.code).toBe('hd-account.bad-mnemonic');
    for (const shown of [JSON.stringify(wallet), inspect(wallet, { depth: 9, showHidden: true }), ...errors.map((one) => inspect(one))])
      for (const secret of secrets) expect(shown).not.toContain(secret);
    expect(wallet.extendedPublicKey).toBe(node.publicExtendedKey);
    wallet.wipe();
    expect(await refused(() => wallet.signMessage('x', 'bip322-simple'))).toBe('hd-account.wiped');
    expect(await refused(() => wallet.signPsbt('70736274ff'))).toBe('hd-account.wiped');
  });

  it('signs messages by its first address', async () => {
    for (const purpose of [84, 86] as const) {
      const wallet = account(purpose);
      expect(verifyMessage(wallet.address, 'hello', await wallet.signMessage('hello', 'bip322-simple'))).toBe(true);
    }
    expect(await refused(() => account(49).signMessage('hello', 'bip322-simple'))).toBe('signer.no-bip322');
  });

  it('refuses bad input by name', () => {
    const seed = new Uint8Array(32).fill(1);
    const options = { network: 'mainnet', purpose: 84 } as const;
    expect(failure(() => HdAccount.fromSeed(new Uint8Array(8), options)).code).toBe('hd-account.bad-seed');
    expect(failure(() => HdAccount.fromSeed(seed, { ...options, purpose: untyped(85) })).code).toBe('hd-account.unknown-purpose');
    expect(failure(() => HdAccount.fromSeed(seed, { ...options, account: -1 })).code).toBe('input.out-of-range');
    expect(failure(() => HdAccount.fromSeed(seed, { ...options, network: untyped('moon') })).code).toBe('network.unknown');
    const wallet = HdAccount.fromSeed(seed, options);
    expect(failure(() => wallet.derive({ index: 1.5 })).code).toBe('input.not-integer');
    expect(failure(() => wallet.derive({ index: 2 ** 31 })).code).toBe('input.out-of-range');
    expect(failure(() => wallet.coin({ outpoint: { txid: '00'.repeat(32), vout: 0 }, valueSats: 1n, scriptPubKey: P2TR })).code).toBe(
      'hd-account.no-coin-path',
    );
  });
});
