// The worked stake, 2-of-3 covenant: every script, hash, control block, transaction, signature hash and witness, and the extension.
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { describe, expect, it } from 'vitest';
import * as Delegation from '../../src/babylon/Delegation.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as WithdrawalTx from '../../src/babylon/WithdrawalTx.ts';
import * as Witness from '../../src/babylon/Witness.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as Rate from '../../src/base/Rate.ts';
import * as Sats from '../../src/base/Sats.ts';
import * as Address from '../../src/bitcoin/Address.ts';
import * as LeafSpend from '../../src/bitcoin/LeafSpend.ts';
import * as SpendCheck from '../../src/bitcoin/SpendCheck.ts';
import * as TapTree from '../../src/bitcoin/TapTree.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as Schnorr from '../../src/crypto/Schnorr.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';
import { taggedHash } from '../../src/crypto/TaggedHash.ts';
import { dataOf } from './support.ts';

type TxData = {
  readonly raw: string;
  readonly txid: string;
  readonly sighash: string;
  readonly witness: readonly string[];
  readonly weight?: number;
};
type Name = 'staker' | 'fp1' | 'cov1' | 'cov2' | 'cov3';
type Spend =
  | 'unbonding'
  | 'stakingSlashing'
  | 'unbondingSlashing'
  | 'withdrawStaking'
  | 'withdrawUnbonding'
  | 'withdrawSlashingChange'
  | 'extension';
type Example = {
  readonly keys: Readonly<Record<Name, { readonly secretKey: string; readonly publicKey: string }>>;
  readonly outputs: Readonly<Record<'staking' | 'unbonding' | 'slashingChange', Readonly<Record<string, string | number>>>>;
  readonly transactions: Readonly<Record<Spend | 'staking', TxData>>;
  readonly extension: { readonly stakingTimelock: number; readonly funding: { readonly scriptPubKey: string; readonly valueSats: string } };
};

const example = dataOf<Example>('babylon/examples/staking.json');
const { transactions, outputs } = example;
const publicKey = (name: Name): PublicKey.XOnlyPublicKey => PublicKey.fromHex(example.keys[name].publicKey);
const secretKey = (name: string): SecretKey.SecretKey => SecretKey.from(sha256(utf8ToBytes(`spec/${name}`)));

function contractWith(stakingTimeBlocks: number): StakingContract.StakingContract {
  return StakingContract.from({
    stakerPk: publicKey('staker'),
    finalityProviderPks: [publicKey('fp1')],
    covenantPks: [publicKey('cov1'), publicKey('cov2'), publicKey('cov3')],
    covenantQuorum: 2,
    stakingTimeBlocks,
    unbondingTimeBlocks: 144,
  });
}

const contract = contractWith(1008);
const delegation = Delegation.from({
  contract,
  rules: {
    slashingPkScript: Hex.decode('6a07626162796c6f6e'),
    slashingRate: Rate.parse('0.1'),
    minSlashingTxFeeSats: Sats.from(1_000n),
    unbondingFeeSats: Sats.from(2_000n),
  },
  stakingTransaction: Tx.fromHex(transactions.staking.raw),
  stakingOutputIndex: 0,
});

/** The library's own spends, with the lock of their leaf. */
function spendOf(name: Spend): LeafSpend.LeafSpend {
  switch (name) {
    case 'unbonding':
      return delegation.unbonding;
    case 'stakingSlashing':
      return delegation.stakingSlashing;
    case 'unbondingSlashing':
      return delegation.unbondingSlashing;
    case 'withdrawStaking':
      return withdrawal(name, 'staking', delegation.staking);
    case 'withdrawUnbonding':
      return withdrawal(name, 'unbonding', delegation.unbondingOutput);
    case 'withdrawSlashingChange':
      return withdrawal(name, 'slashing-change', {
        outpoint: { txid: delegation.stakingSlashing.txid, vout: 1 },
        valueSats: Sats.from(Tx.outputOf(delegation.stakingSlashing.transaction, 1).valueSats),
      });
    case 'extension':
      return extension();
  }
}

/** With the fee of the example. */
function withdrawal(
  name: Spend,
  from: WithdrawalTx.Source,
  funding: { readonly outpoint: Tx.Outpoint; readonly valueSats: Sats.Sats },
): LeafSpend.LeafSpend {
  const destinationScriptPubKey = TapTree.scriptPubKeyOf(new Uint8Array(32).fill(0x33));
  const { valueSats } = Tx.outputOf(Tx.fromHex(transactions[name].raw), 0);
  const feeSats = Sats.from(funding.valueSats - valueSats);
  const { spends } = WithdrawalTx.build({ inputs: [{ contract, from, ...funding }], destinationScriptPubKey, feeSats });
  const [spend] = spends;
  if (spend === undefined) throw new Error('no spend');
  return spend;
}

/** The fee of the example follows no rate, so its transaction is put together here and not by ExtensionTx.build. */
function extension(): LeafSpend.LeafSpend {
  const { funding, stakingTimelock } = example.extension;
  const spentFunding = { scriptPubKey: Hex.decode(funding.scriptPubKey), valueSats: BigInt(funding.valueSats) };
  const [, change] = Tx.fromHex(transactions.extension.raw).outs;
  const transaction = Tx.create(
    [{ outpoint: delegation.staking.outpoint }, { outpoint: { txid: '55'.repeat(32), vout: 1 } }],
    [
      { scriptPubKey: contractWith(stakingTimelock).staking.scriptPubKey, valueSats: 500_000n },
      { scriptPubKey: change?.script ?? new Uint8Array(0), valueSats: change?.value ?? 0n },
    ],
  );
  const spentOutputs = [{ scriptPubKey: contract.staking.scriptPubKey, valueSats: delegation.stakingValueSats }, spentFunding];
  return LeafSpend.from({ transaction, inputIndex: 0, spentOutputs, leaf: contract.staking.paths.unbonding });
}

const SPENDS: readonly (readonly [Spend, Witness.Path, readonly Name[]])[] = [
  ['unbonding', 'unbonding', ['cov1', 'cov3']],
  ['stakingSlashing', 'slashing', ['cov1', 'cov2']],
  ['unbondingSlashing', 'slashing', ['cov2', 'cov3']],
  ['withdrawStaking', 'timelock', []],
  ['withdrawUnbonding', 'timelock', []],
  ['withdrawSlashingChange', 'timelock', []],
  ['extension', 'unbonding', ['cov1', 'cov3']],
];

function assemble(spend: LeafSpend.LeafSpend, path: Witness.Path, covenant: readonly Name[]): readonly Uint8Array[] {
  const sign = (name: Name): Witness.KeySignature => ({
    publicKey: publicKey(name),
    signature: Schnorr.sign(spend.sighash(), secretKey(name), new Uint8Array(32)),
  });
  const signatures = { staker: [sign('staker')], finalityProvider: [sign('fp1')], covenant: covenant.map(sign) };
  return Witness.assemble({ contract, path, spend, signatures }).stack;
}

function verdict(spend: LeafSpend.LeafSpend, transaction: Tx.Transaction, tipHeight: number): SpendCheck.Verdict {
  const prevouts = spend.spentOutputs.map((output) => ({ ...output, confirmedHeight: 100 }));
  return SpendCheck.verifySpend({ transaction: Tx.encode(transaction), prevouts, tipHeight, medianTime: 1_700_000_000 });
}

function emptied(stack: readonly Uint8Array[], at: number): Uint8Array[] {
  return stack.map((item, i) => (i === at ? new Uint8Array(0) : item));
}

describe('the worked stake', () => {
  it('has keys that are hashes of their names', () => {
    for (const [name, { secretKey: secret, publicKey: pk }] of Object.entries(example.keys)) {
      expect(Hex.encode(secretKey(name))).toBe(secret);
      expect(Hex.encode(PublicKey.ofSecret(secretKey(name)))).toBe(pk);
    }
  });

  it('has these trees', () => {
    for (const name of ['staking', 'unbonding', 'slashingChange'] as const) {
      const output = contract[name];
      const paths: Readonly<Record<string, TapTree.SpendableLeaf>> = output.paths;
      const made: Record<string, string | number> = {
        tweak: Hex.encode(taggedHash('TapTweak', TapTree.nums(), output.merkleRoot)),
        merkleRoot: Hex.encode(output.merkleRoot),
        outputKey: Hex.encode(output.outputKey),
        parity: output.parity,
        mainnetAddress: Address.encode(output.scriptPubKey, 'mainnet'),
      };
      for (const [path, leaf] of Object.entries(paths)) {
        made[`${path}Leaf`] = Hex.encode(leaf.script);
        made[`${path}Hash`] = Hex.encode(leaf.leafHash);
        made[`${path}ControlBlock`] = Hex.encode(leaf.controlBlock);
      }
      expect({ ...made, ...outputs[name], timelockUnbondingBranch: '' }).toEqual({ ...made, timelockUnbondingBranch: '' });
      expect(Object.keys(outputs[name]).length).toBeGreaterThan(4);
    }
    const { timelock, unbonding } = contract.staking.paths;
    expect(Hex.encode(TapTree.branchHash(timelock.leafHash, unbonding.leafHash))).toBe(outputs.staking['timelockUnbondingBranch']);
    expect(Hex.encode(contract.slashingChange.merkleRoot)).toBe(outputs.unbonding['timelockHash']);
  });

  it('is funded by this transaction', () => {
    expect(delegation.stakingTxid).toBe(transactions.staking.txid);
    expect(delegation.stakingValueSats).toBe(500_000n);
  });

  it.each(SPENDS)('%s: bytes, id, signature hash, witness and validity', (name, path, covenant) => {
    const expected = transactions[name];
    const spend = spendOf(name);
    expect(Tx.toHex(spend.transaction)).toBe(expected.raw);
    expect(spend.txid).toBe(expected.txid);
    expect(Hex.encode(spend.sighash())).toBe(expected.sighash);
    const stack = assemble(spend, path, covenant);
    expect(stack.map((item) => Hex.encode(item))).toEqual(expected.witness);
    const signed = spend.withWitness(stack);
    if (expected.weight !== undefined) expect(signed.weight()).toBe(expected.weight);
    expect(Tx.txid(signed)).toBe(expected.txid);
    if (name === 'extension') return;
    const [input] = signed.ins;
    const lock = path === 'timelock' ? (input?.sequence ?? 0) : 1;
    expect(verdict(spend, signed, 100 + lock - 1)).toEqual({ consensusValid: true, standard: true });
    if (path !== 'timelock') return;
    // One block earlier nobody takes it.
    expect(verdict(spend, signed, 100 + lock - 2)).toMatchObject({
      consensusValid: false,
      standard: false,
      rejectReason: 'non-BIP68-final',
    });
  });

  it('extension: input 0 is valid beside a funding input of a known key', () => {
    const funding = { scriptPubKey: TapTree.scriptPubKeyOf(publicKey('fp1')), valueSats: 30_000n };
    const spent = [{ scriptPubKey: contract.staking.scriptPubKey, valueSats: 500_000n }, funding];
    const transaction = extension().transaction;
    const spend = LeafSpend.from({ transaction, inputIndex: 0, spentOutputs: spent, leaf: contract.staking.paths.unbonding });
    const signed = spend.withWitness(assemble(spend, 'unbonding', ['cov1', 'cov3']));
    // The second input has no witness: the first one's script must run through, and the second one is then named.
    expect(verdict(spend, signed, 100).failure).toMatchObject({ inputIndex: 1 });
    signed.setWitness(0, []);
    expect(verdict(spend, signed, 100).failure).toMatchObject({ inputIndex: 0 });
  });

  const stakeSpoilings: readonly (readonly [string, (stack: Uint8Array[]) => Uint8Array[], string])[] = [
    [
      'slots ascending',
      ([a, b, c, ...rest]) => [c, b, a, ...rest].flatMap((item) => (item === undefined ? [] : [item])),
      'Invalid Schnorr signature',
    ],
    ['64 zero bytes in the empty slot', ([, ...rest]) => [new Uint8Array(64), ...rest], 'Invalid Schnorr signature'],
    ['a zero byte in the empty slot', ([, ...rest]) => [new Uint8Array(1), ...rest], 'Invalid Schnorr signature size'],
    ['the empty slot left out', ([, ...rest]) => rest, 'Operation not valid with the current stack size'],
    ['an empty item more', (stack) => [new Uint8Array(0), ...stack], 'Stack size must be exactly one after execution'],
    ['an empty staker slot', (stack) => emptied(stack, 3), 'Script failed an OP_CHECKSIGVERIFY operation'],
    [
      'one covenant signature',
      (stack) => emptied(stack, 2),
      'Script evaluated without error but finished with a false/empty top stack element',
    ],
  ];

  it.each(stakeSpoilings)('unbonding with %s is invalid', (_, spoil, scriptError) => {
    const stack = transactions.unbonding.witness.map((item) => Hex.decode(item));
    const signed = delegation.unbonding.withWitness(spoil(stack));
    expect(verdict(delegation.unbonding, signed, 100)).toMatchObject({ consensusValid: false, scriptError });
  });
});

describe('the worked stake of two of three stakers', () => {
  const stakers = ['staker', 'staker2', 'staker3'].map((name) => ({ name, publicKey: PublicKey.ofSecret(secretKey(name)) }));
  const several = StakingContract.from({
    stakers: { pks: stakers.map(({ publicKey: pk }) => pk), quorum: 2 },
    finalityProviderPks: [publicKey('fp1')],
    covenantPks: [publicKey('cov1'), publicKey('cov2'), publicKey('cov3')],
    covenantQuorum: 2,
    stakingTimeBlocks: 1008,
    unbondingTimeBlocks: 144,
    profile: 'generic',
  });

  it('has these leaves and addresses', () => {
    const { staking, unbonding, slashingChange } = several;
    expect(Hex.encode(staking.paths.timelock.script)).toBe(
      '2069480aebcf8b4adb1c1d4c09b8db05936a7a147ab787d414508144a844cf2f7eac20a7fee5f17c9c8bb5062158225718d464aae0cc78b4563bf1ca1653fce413a43bba20b472893d721c9c6b9cd7794655fc8a2fe60bd67e944e1899b313d1a83c011a19ba529d02f003b2',
    );
    expect([staking.paths.unbonding.script.length, staking.paths.slashing.script.length]).toEqual([208, 242]);
    expect(Object.values(staking.paths).map(({ leafHash }) => Hex.encode(leafHash))).toEqual([
      '1a903c6bff9db24e7b285c3be2d86500c5105b3582a06ae5de2a946103a37df4',
      '7c9e0720248b45936a20e47d8ae0155a48d36b1395fe242675a4f9498ea2ba42',
      'c1cf1d18b577d732fc83a9ec0c17ce677bda23dcc5c853bdcbba6bd4f6634571',
    ]);
    expect([staking, unbonding, slashingChange].map(({ scriptPubKey }) => Address.encode(scriptPubKey, 'mainnet'))).toEqual([
      'bc1ptpyfwl38nm0d83j9gzevzdr0t32jttjfvrd3u4smz9h4g3xt7f9snrz3pd',
      'bc1py2rgvxxx6v3ljw6edprxavy7z7hvgtrkj7upplx26f2k8pujptls2dy2vu',
      'bc1pt20x646mqkvuhx47t5kjwx2dy0ecwc3ehj0txt5lpca5eyewfxlsl35fxq',
    ]);
  });

  it('is withdrawn by every pair, in 180 vbytes, and by nobody alone', () => {
    const { outpoint } = delegation.staking;
    const valueSats = Sats.from(500_000n);
    const destinationScriptPubKey = TapTree.scriptPubKeyOf(new Uint8Array(32).fill(0x33));
    const inputs = [{ contract: several, from: 'staking', outpoint, valueSats }] as const;
    const [spend] = WithdrawalTx.build({ inputs, destinationScriptPubKey, feeSats: Sats.from(1_000n) }).spends;
    if (spend === undefined) throw new Error('no spend');
    const signatures = stakers.map(({ name, publicKey: pk }) => ({
      publicKey: pk,
      signature: Schnorr.sign(spend.sighash(), secretKey(name), new Uint8Array(32)),
    }));
    for (const left of [0, 1, 2]) {
      const staker = signatures.filter((_, i) => i !== left);
      const signed = spend.withWitness(Witness.assemble({ contract: several, path: 'timelock', spend, signatures: { staker } }).stack);
      expect(signed.virtualSize()).toBe(180);
      expect(verdict(spend, signed, 100 + 1007)).toEqual({ consensusValid: true, standard: true });
    }
    expect(() => Witness.assemble({ contract: several, path: 'timelock', spend, signatures: { staker: signatures.slice(2) } })).toThrow();
  });
});
