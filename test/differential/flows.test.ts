// Against the published peer: what its manager signs and broadcasts, the choice of parameters, keys and addresses, and what it does with the
// answer of a wallet that changed the transaction. The manager checks each key on a slow curve, so that the committees here are small.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Delegation from '../../src/babylon/Delegation.ts';
import * as Networks from '../../src/babylon/Networks.ts';
import * as ParamsSet from '../../src/babylon/ParamsSet.ts';
import * as StakingTx from '../../src/babylon/StakingTx.ts';
import * as WithdrawalTx from '../../src/babylon/WithdrawalTx.ts';
import { isSatlockError } from '../../src/base/Errors.ts';
import * as Sats from '../../src/base/Sats.ts';
import * as Address from '../../src/bitcoin/Address.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as PlainKey from '../../src/wallet/PlainKey.ts';
import * as Step from '../../src/wallet/Step.ts';
import * as Steps from '../../src/wallet/Steps.ts';
import { changed } from '../support/flows.ts';
import { type Habits, type PeerWallet, walletOf } from '../support/peerWallet.ts';
import { codeOf, keyOf, signaturesOf } from '../support/stakes.ts';
import {
  bitcoinjs,
  type Case,
  cases,
  contractOf,
  delegationOf,
  hex,
  MAINNET,
  onRandom,
  onRandomAsync,
  peer,
  peerParamsOf,
  rulesOf,
  toPeer,
  utxosOf,
} from './support.ts';

/** Of the flows whose unsigned transactions are compared elsewhere, 500 of each. */
const SIGNED_RUNS = 100;
const tiny = cases({ maxProviders: 1, maxMembers: 2 });

const wallet = (c: Case, habits: Habits = {}): PeerWallet => walletOf(c.staker.secretKey, () => '', habits);

function parts(c: Case, provider: PeerWallet) {
  const { address } = PlainKey.from(c.staker.secretKey, { network: 'mainnet', addressType: 'p2tr' });
  const babylon = { signTransaction: async () => new Uint8Array(1) };
  return {
    manager: new peer.BabylonBtcStakingManager(MAINNET, [peerParamsOf(c)], provider as never, babylon as never),
    info: { address, publicKeyNoCoordHex: hex(c.staker.publicKey) },
    input: {
      finalityProviderPksNoCoordHex: c.providers.map(({ publicKey }) => hex(publicKey)),
      stakingAmountSat: c.valueSats,
      stakingTimelock: c.stakingTime,
    },
    destinationScriptPubKey: Address.decode(address, 'mainnet'),
  };
}

/** The action and contracts of each question. */
const told = (asked: PeerWallet['asked']): unknown[] =>
  asked.map(({ options }) => ({ action: options?.action, contracts: options?.contracts }));

function stakeOf(c: Case) {
  const key = PlainKey.from(c.staker.secretKey, { network: 'mainnet', addressType: 'p2tr' });
  const values = [BigInt(c.valueSats) + 7_000n, 50_000n];
  const coins = values.map((valueSats, vout) => key.coin({ outpoint: { txid: 'cd'.repeat(32), vout }, valueSats }));
  const terms = { contract: contractOf(c), valueSats: Sats.from(BigInt(c.valueSats)), changeScriptPubKey: key.scriptPubKey };
  const { transaction: stakingTransaction } = StakingTx.build({ ...terms, coins, feeRateSatsPerKvb: 2_000n });
  return { coins, delegation: Delegation.from({ contract: terms.contract, rules: rulesOf(c), stakingTransaction }) };
}

describe('the peer and satlock sign the same', () => {
  it('staking transaction, and tell the wallet the same', async () => {
    await onRandomAsync(
      tiny,
      async (c) => {
        const [ours, theirs] = [wallet(c), wallet(c)];
        const { manager, info, input } = parts(c, theirs);
        const { coins, delegation } = stakeOf(c);
        const unsignedTx = toPeer(delegation.stakingTransaction);
        const signed = await manager.createSignedBtcStakingTransaction(info, input, unsignedTx, utxosOf(coins), 0);
        expect(Tx.toHex(await Step.ask(ours, Steps.staking(delegation, coins)))).toBe(signed.toHex());
        expect(told(ours.asked)).toEqual(told(theirs.asked));
      },
      SIGNED_RUNS,
    );
  });

  it('unbonding transaction, and tell the wallet the same', async () => {
    await onRandomAsync(
      tiny,
      async (c) => {
        const [ours, theirs] = [wallet(c), wallet(c)];
        const { manager, info, input } = parts(c, theirs);
        const delegation = delegationOf(c);
        const covenant = signaturesOf(delegation.unbonding, c.covenant.slice(0, c.quorum));
        const { transaction: signed } = await manager.createSignedBtcUnbondingTransaction(
          info,
          input,
          0,
          toPeer(delegation.stakingTransaction),
          toPeer(delegation.unbonding.transaction),
          covenant.map(({ publicKey, signature }) => ({ btcPkHex: hex(publicKey), sigHex: hex(signature) })),
        );
        const staker = [await Step.ask(ours, Steps.unbonding(delegation))];
        expect(Tx.toHex(Steps.completeUnbonding(delegation, { staker, covenant }).transaction)).toBe(signed.toHex());
        expect(told(ours.asked)).toEqual(told(theirs.asked));
      },
      SIGNED_RUNS,
    );
  });

  it.each(['staking', 'unbonding', 'slashing-change'] as const)('withdrawal from %s, and tell the wallet the same', async (from) => {
    await onRandomAsync(
      tiny,
      async (c) => {
        const [ours, theirs] = [wallet(c), wallet(c)];
        const { manager, info, input, destinationScriptPubKey } = parts(c, theirs);
        const { contract, stakingTransaction, staking, unbonding, unbondingOutput, stakingSlashing } = delegationOf(c);
        const [signed, source] =
          from === 'staking'
            ? [await manager.createSignedBtcWithdrawStakingExpiredTransaction(info, input, 0, toPeer(stakingTransaction), 3), staking]
            : from === 'unbonding'
              ? [
                  await manager.createSignedBtcWithdrawEarlyUnbondedTransaction(info, input, 0, toPeer(unbonding.transaction), 3),
                  unbondingOutput,
                ]
              : [
                  await manager.createSignedBtcWithdrawSlashingTransaction(info, input, 0, toPeer(stakingSlashing.transaction), 3),
                  {
                    outpoint: { txid: stakingSlashing.txid, vout: 1 },
                    valueSats: Sats.from(Tx.outputOf(stakingSlashing.transaction, 1).valueSats),
                  },
                ];
        const inputs = [{ contract, from, ...source }];
        const built = WithdrawalTx.build({ inputs, destinationScriptPubKey, feeSats: Sats.from(BigInt(signed.fee)) });
        expect(Tx.toHex(await Step.ask(ours, Steps.withdrawal(built, inputs)))).toBe(signed.transaction.toHex());
        expect(told(ours.asked)).toEqual(told(theirs.asked));
      },
      SIGNED_RUNS,
    );
  });
});

describe('the peer takes what satlock refuses', () => {
  type Change = readonly [what: string, change: (transaction: Tx.Transaction) => void];
  const changes: fc.Arbitrary<Change> = fc.oneof(
    fc.bigInt({ min: 1n, max: 1_000n }).map(
      (less): Change => [
        'outputs[0].valueSats',
        ({ outs }) => {
          first(outs).value -= less;
        },
      ],
    ),
    fc.uint8Array({ minLength: 20, maxLength: 20 }).map(
      (key): Change => [
        'outputs[0].scriptPubKey',
        ({ outs }) => {
          first(outs).script = Uint8Array.from([0, 20, ...key]);
        },
      ],
    ),
    fc.integer({ min: 0, max: 0xffff_fffe }).map(
      (sequence): Change => [
        'inputs[0].sequence',
        ({ ins }) => {
          first(ins).sequence = sequence;
        },
      ],
    ),
    fc.integer({ min: 1, max: 499_999_999 }).map(
      (locktime): Change => [
        'locktime',
        (transaction) => {
          transaction.locktime = locktime;
        },
      ],
    ),
    fc.constantFrom(1, 3, 4).map(
      (version): Change => [
        'version',
        (transaction) => {
          transaction.version = version;
        },
      ],
    ),
  );

  it('a stake that the wallet changed: every change is named by its field', async () => {
    let run = 0;
    await onRandomAsync(fc.tuple(tiny, changes), async ([c, [what, change]]) => {
      const swap = (psbtHex: string): string => changed(psbtHex, change);
      const { coins, delegation } = stakeOf(c);
      const asked = Step.ask(wallet(c, { swap }), Steps.staking(delegation, coins));
      const error: unknown = await asked.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(isSatlockError(error) && error.code).toMatch(/^signing-request[.]other-/);
      expect(isSatlockError(error) && (error.reason as { field?: string }).field).toBe(what);
      run++;
      if (run % 5 !== 0) return;
      const { manager, info, input } = parts(c, wallet(c, { swap }));
      const unsignedTx = toPeer(delegation.stakingTransaction);
      const signed = await manager.createSignedBtcStakingTransaction(info, input, unsignedTx, utxosOf(coins), 0);
      expect(signed.getId()).not.toBe(unsignedTx.getId());
    });
  });
});

const first = <T>(list: readonly T[]): T => list[0] as T;

describe('the peer and satlock choose the same', () => {
  const NAMES = ['bbn-1', 'bbn-test-6'] as const;

  it.each(NAMES)('parameters of %s at every height', (name) => {
    const { paramsSet } = Networks.from(name);
    const versions = paramsSet.versions.map(({ version, btcActivationHeight }) => ({ version, btcActivationHeight }));
    const activations = versions.map(({ btcActivationHeight }) => btcActivationHeight);
    const heights = fc.oneof(
      fc.integer({ min: 0, max: 2_000_000 }),
      fc.tuple(fc.constantFrom(...activations), fc.integer({ min: -2, max: 2 })).map(([height, by]) => Math.max(0, height + by)),
    );
    onRandom(fc.tuple(heights, fc.shuffledSubarray(versions, { minLength: versions.length })), ([height, shuffled]) => {
      if (height < (activations[0] as number)) {
        expect(() => peer.getBabylonParamByBtcHeight(height, shuffled as never)).toThrow('not found');
        expect(codeOf(() => ParamsSet.atHeight(paramsSet, height as never))).toBe('params.none-at-height');
        return;
      }
      const { version } = ParamsSet.atHeight(paramsSet, height as never);
      expect((peer.getBabylonParamByBtcHeight(height, shuffled as never) as { version?: number }).version).toBe(version);
      expect(peer.getBabylonParamByVersion(version, shuffled as never)).toMatchObject({ version });
      expect(ParamsSet.byVersion(paramsSet, version).version).toBe(version);
    });
  });

  const { P2PKH, P2SH, P2WPKH, P2WSH, P2TR } = peer.BitcoinScriptType;
  const SCRIPT_TYPES = { p2pkh: P2PKH, p2sh: P2SH, p2wpkh: P2WPKH, p2wsh: P2WSH, p2tr: P2TR };

  it('kinds of scripts and addresses; the peer knows no regtest and no upper case', () => {
    const prefixes = ['0014', '0020', '5120', '76a914', 'a914'] as const;
    const scripts = fc.tuple(fc.constantFrom(...prefixes), fc.integer({ min: 1, max: 2 ** 30 })).map(([prefix, seed]) => {
      const body =
        prefix === '5120' ? hex(keyOf(`script ${seed % 50}`).publicKey) : seed.toString(16).padStart(prefix === '0020' ? 64 : 40, '0');
      const tail = prefix === '76a914' ? '88ac' : prefix === 'a914' ? '87' : '';
      return Uint8Array.from(Buffer.from(prefix + body + tail, 'hex'));
    });
    onRandom(scripts, (script) => {
      const kind = Address.kindOf(script);
      expect(peer.getScriptType(Buffer.from(script))).toBe(SCRIPT_TYPES[kind as keyof typeof SCRIPT_TYPES]);
      const address = Address.encode(script, 'mainnet');
      expect(peer.isValidBitcoinAddress(address, MAINNET)).toBe(true);
      expect(peer.isTaproot(address, MAINNET)).toBe(kind === 'p2tr');
      expect(peer.isNativeSegwit(address, MAINNET)).toBe(kind === 'p2wpkh' || kind === 'p2wsh');
      expect(peer.isValidBitcoinAddress(address, bitcoinjs.networks.testnet)).toBe(false);
      expect(codeOf(() => Address.decode(address, 'testnet'))).toBe('address.wrong-network');
      if (kind !== 'p2tr') return;
      expect(peer.isTaproot(address.toUpperCase(), MAINNET)).toBe(false);
      expect(Address.kindOf(Address.decode(address.toUpperCase(), 'mainnet'))).toBe('p2tr');
      expect(peer.isTaproot(Address.encode(script, 'regtest'), bitcoinjs.networks.regtest)).toBe(false);
      expect(Address.kindOf(Address.decode(Address.encode(script, 'regtest'), 'regtest'))).toBe('p2tr');
    });
  });

  it('x-only keys out of compressed ones; the peer also takes them out of anything', () => {
    const inputs = fc.tuple(
      fc.integer({ min: 0, max: 60 }),
      fc.integer({ min: 4, max: 255 }),
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
    );
    onRandom(inputs, ([seed, prefix, tail]) => {
      const { secretKey, publicKey } = keyOf(`compressed ${seed}`);
      const compressed = PublicKey.compressedOfSecret(secretKey);
      expect(peer.getPublicKeyNoCoord(hex(compressed))).toBe(hex(publicKey));
      expect(hex(PublicKey.fromCompressedAnyParity(compressed))).toBe(hex(publicKey));
      const odd = Uint8Array.from([prefix, ...publicKey]);
      expect(peer.getPublicKeyNoCoord(hex(odd))).toBe(hex(publicKey));
      expect(codeOf(() => PublicKey.fromCompressedAnyParity(odd))).toMatch(/^public-key[.]/);
      const long = Uint8Array.from([...compressed, ...tail]);
      expect(peer.getPublicKeyNoCoord(hex(long))).toBe(hex(publicKey));
      expect(codeOf(() => PublicKey.fromCompressedAnyParity(long))).toBe('input.wrong-length');
    });
  });

  it('the order of bytes of a transaction id', () => {
    onRandom(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
      const txid = hex(bytes);
      const { ins } = Tx.create([{ outpoint: { txid, vout: 0 } }], [{ scriptPubKey: new Uint8Array(22), valueSats: 1_000n }]);
      expect(hex(first(ins).hash)).toBe(peer.transactionIdToHash(txid).toString('hex'));
    });
  });
});
