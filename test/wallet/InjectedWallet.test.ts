// Wallets that browsers inject: options in each wallet's words, network and key checked, refusals and bad answers told apart.
import { describe, expect, it } from 'vitest';
import * as Hex from '../../src/base/Hex.ts';
import type { Network } from '../../src/bitcoin/Network.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as ContractMetadata from '../../src/wallet/ContractMetadata.ts';
import * as InjectedWallet from '../../src/wallet/InjectedWallet.ts';
import * as Staker from '../../src/wallet/Staker.ts';
import {
  approvalOf,
  BABYLON_ADDRESS,
  babylonWallet,
  COVENANT,
  codeOf,
  coinsOf,
  keyOfType,
  NETWORK,
  PEER_INPUT,
  peerInfo,
  peerManager,
  planOf,
  providerOf,
  utxosOf,
  worldOf,
} from '../support/flows.ts';
import { peerBitcoin } from '../support/peerWallet.ts';
import { failure, judge, keyOf, signaturesOf, untyped } from '../support/stakes.ts';

const key = keyOfType('p2tr');
const OWN = { address: key.address, publicKey: Hex.encode(key.publicKey) };

type Calls = { readonly method: string; readonly args: readonly unknown[] }[];

/** A wallet of the UniSat family over the peer's kind of signer: it understands its own options only. */
function unisat(
  changes: Partial<Record<keyof InjectedWallet.UnisatLike, unknown>> = {},
): InjectedWallet.UnisatLike & { readonly calls: Calls } {
  const inner = providerOf();
  const calls: Calls = [];
  const toOurs = (options: object | undefined): object => {
    const { toSignInputs, autoFinalized } = (options ?? {}) as InjectedWallet.WalletOptions;
    return {
      ...(autoFinalized === undefined ? {} : { autoFinalized }),
      ...(toSignInputs === undefined ? {} : { signInputs: toSignInputs }),
    };
  };
  const wallet = {
    calls,
    secret: 'this is kept',
    requestAccounts: async () => [key.address],
    getPublicKey: async () => OWN.publicKey,
    getNetwork: async () => 'livenet',
    // A method that needs its object, as those of real wallets do.
    async signPsbt(this: { readonly secret: string }, psbtHex: string, options?: object): Promise<string> {
      if (this.secret === '') throw new Error('lost');
      calls.push({ method: 'signPsbt', args: [psbtHex, options] });
      return inner.signPsbt(psbtHex, toOurs(options));
    },
    signPsbts: async (psbts: string[], options: object[] = []) => {
      calls.push({ method: 'signPsbts', args: [psbts, options] });
      return Promise.all(psbts.map((psbt, i) => inner.signPsbt(psbt, toOurs(options[i]))));
    },
    signMessage: async (message: string, type?: 'ecdsa' | 'bip322-simple') => inner.signMessage(message, type ?? 'ecdsa'),
    ...changes,
  };
  return untyped(wallet);
}

const connect = (wallet: unknown, kind: InjectedWallet.Kind = 'unisat', network: Network = 'mainnet') =>
  InjectedWallet.connect({ kind, wallet: untyped(wallet), network });

describe('connecting', () => {
  it('gives address and key of the wallet, checked against each other', async () => {
    for (const addressType of ['p2tr', 'p2wpkh', 'p2sh-p2wpkh', 'p2pkh'] as const) {
      const { address } = keyOfType(addressType);
      const wallet = await connect(unisat({ requestAccounts: async () => [address] }));
      expect(wallet).toMatchObject({ address, addressType, kind: 'unisat' });
      expect(Hex.encode(wallet.stakerPk)).toBe(Hex.encode(key.stakerPk));
    }
    const foreign = keyOfType('p2tr', keyOf('stranger')).address;
    expect(await codeOf(() => connect(unisat({ requestAccounts: async () => [foreign] })))).toBe('injected-wallet.other-key');
  });

  it.each([
    ['mainnet', 'livenet', undefined, true],
    ['mainnet', 'mainnet', undefined, true],
    ['mainnet', 'testnet', undefined, false],
    ['mainnet', 'livenet', 'FRACTAL_BITCOIN_MAINNET', false],
    ['mainnet', 'livenet', 'BITCOIN_MAINNET', true],
    ['mainnet', 'constructor', undefined, false],
  ] as const)('to %s: the wallet says %s (%s)', async (network, name, chain, fits) => {
    const wallet = unisat({ getNetwork: async () => name, ...(chain === undefined ? {} : { getChain: async () => ({ enum: chain }) }) });
    const connecting = connect(wallet, 'unisat', network);
    if (fits) await expect(connecting).resolves.toBeDefined();
    else await expect(connecting).rejects.toMatchObject({ code: 'injected-wallet.wrong-network' });
  });

  it('tells signet from testnet where the wallet does', async () => {
    const address = key.address;
    const tb = (chain: string) =>
      unisat({ requestAccounts: async () => [address], getNetwork: async () => 'testnet', getChain: async () => ({ enum: chain }) });
    expect(await codeOf(() => connect(tb('BITCOIN_SIGNET'), 'unisat', 'testnet'))).toBe('injected-wallet.wrong-network');
    // The right network, and an address of another one.
    expect(await codeOf(() => connect(tb('BITCOIN_SIGNET'), 'unisat', 'signet'))).toBe('address.wrong-network');
  });

  it('tells refusal, failure, and answers that are none', async () => {
    const rejecting = () => Promise.reject({ code: 4001, message: 'User rejected the request.' });
    expect(await codeOf(() => connect(unisat({ requestAccounts: rejecting })))).toBe('provider.rejected');
    expect(await codeOf(() => connect(unisat({ requestAccounts: () => Promise.reject(new Error('locked')) })))).toBe('provider.failed');
    expect(await codeOf(() => connect(unisat({ requestAccounts: async () => [] })))).toBe('injected-wallet.no-account');
    expect(await codeOf(() => connect(unisat({ requestAccounts: async () => 'bc1' })))).toBe('provider.bad-answer');
    expect(await codeOf(() => connect(unisat({ getPublicKey: async () => '' })))).toBe('provider.bad-answer');
    expect(await codeOf(() => connect(unisat({ getPublicKey: async () => Hex.encode(key.stakerPk) })))).toBe('input.wrong-length');
    expect(await codeOf(() => connect(unisat({ getPublicKey: async () => `05${OWN.publicKey.slice(2)}` })))).toBe('public-key.bad-prefix');
    expect(await codeOf(() => connect(unisat({ getNetwork: undefined })))).toBe('provider.unsupported');
    expect(await codeOf(() => connect(unisat(), untyped('metamask')))).toBe('injected-wallet.unknown-kind');
    const wallet = await connect(unisat({ signPsbt: rejecting }));
    expect(await codeOf(() => wallet.signPsbt('70736274ff'))).toBe('provider.rejected');
  });
});

describe('a stake over an injected wallet', () => {
  it.each(['unisat', 'okx', 'onekey'] as const)('%s: registered, sent and unbonded', async (kind) => {
    const injected = unisat();
    const wallet = await connect(injected, kind);
    const account = { address: wallet.address, publicKey: wallet.publicKey, babylonAddress: BABYLON_ADDRESS };
    const staker = Staker.from({ network: NETWORK, account, bitcoin: wallet });
    const coins = coinsOf(key, 8_000_000n);
    const { delegation } = await staker.registerBeforeStaking(planOf(worldOf(), coins));
    expect(judge(await staker.signStaking({ delegation, coins, approval: approvalOf(delegation) }), coins)).toBe('valid');
    const { transaction } = await staker.signUnbonding({ delegation, covenantSignatures: signaturesOf(delegation.unbonding, COVENANT) });
    expect(judge(transaction, delegation.unbonding.spentOutputs)).toBe('valid');
    // Both slashing transactions with one question, as signatures only, by the key as it is.
    const [consents, staking] = injected.calls;
    expect(consents?.method).toBe('signPsbts');
    for (const options of (consents?.args[1] ?? []) as InjectedWallet.WalletOptions[]) {
      expect(options.autoFinalized).toBe(false);
      expect(options.toSignInputs).toEqual([
        { index: 0, publicKey: OWN.publicKey, useTweakedSigner: false, ...(kind === 'unisat' ? {} : { disableTweakSigner: true }) },
      ]);
    }
    expect(staking?.args[1]).toMatchObject({ autoFinalized: true });
    expect(staking?.args[1]).not.toHaveProperty('toSignInputs');
  });

  it('wallet-connector takes the options as they are', async () => {
    const inner = providerOf();
    const connector = {
      ...inner,
      connectWallet: async () => {},
      getAddress: async () => key.address,
      getPublicKeyHex: async () => OWN.publicKey,
      getNetwork: async () => 'mainnet',
      getInscriptions: async () => [{ txid: 'AB'.repeat(32), vout: 3 }],
    };
    const wallet = await connect(connector, 'connector');
    const staker = Staker.from({
      network: NETWORK,
      account: { address: wallet.address, publicKey: wallet.publicKey, babylonAddress: BABYLON_ADDRESS },
      bitcoin: wallet,
    });
    await staker.registerBeforeStaking(planOf(worldOf()));
    expect(inner.asked[0]?.options?.contracts?.map(({ id }) => id)).toEqual([
      'babylon:staking',
      'babylon:slashing',
      'babylon:slashing-burn',
    ]);
    expect(await wallet.getInscriptions()).toEqual([{ txid: 'ab'.repeat(32), vout: 3 }]);
  });
});

describe('options in the words of a wallet', () => {
  const of = (kind: InjectedWallet.Kind, options: Parameters<typeof InjectedWallet.toWalletOptions>[1]) =>
    InjectedWallet.toWalletOptions(kind, options, OWN);
  it('useTweakedSigner decides where both names are given', () => {
    const both = { signInputs: [{ index: 1, address: 'a', useTweakedSigner: true, disableTweakSigner: true }] };
    expect(of('unisat', both)).toEqual({ autoFinalized: true, toSignInputs: [{ index: 1, address: 'a', useTweakedSigner: true }] });
    expect(of('okx', both)).toEqual({
      autoFinalized: true,
      toSignInputs: [{ index: 1, address: 'a', useTweakedSigner: true, disableTweakSigner: false }],
    });
    const old = { signInputs: [{ index: 0, publicKey: 'k', disableTweakSigner: true, sighashTypes: [1] }] };
    expect(of('unisat', old)).toEqual({
      autoFinalized: true,
      toSignInputs: [{ index: 0, publicKey: 'k', sighashTypes: [1], useTweakedSigner: false }],
    });
    expect(of('onekey', { signInputs: [{ index: 0 }] })).toEqual({
      autoFinalized: true,
      toSignInputs: [{ index: 0, publicKey: OWN.publicKey }],
    });
    expect(of('connector', both)).toBe(both);
    expect(of('unisat', undefined)).toEqual({ autoFinalized: true });
    expect(failure(() => of('unisat', untyped({ signInputs: 5 }))).code).toBe('input.not-list');
  });
});

describe('inscriptions', () => {
  const list = (count: number, from: number) => Array.from({ length: count }, (_, i) => ({ output: `${'cd'.repeat(32)}:${from + i}` }));
  it('are read page by page', async () => {
    const wallet = await connect(
      unisat({ getInscriptions: async (cursor: number) => ({ total: 130, list: list(cursor === 0 ? 100 : 30, cursor) }) }),
    );
    const found = await wallet.getInscriptions();
    expect(found).toHaveLength(130);
    expect(found[129]).toEqual({ txid: 'cd'.repeat(32), vout: 129 });
  });

  it('are read to the end when the wallet gives fewer a page than it was asked for', async () => {
    const answer = async (cursor: number) => ({ total: 50, list: list(Math.min(20, 50 - cursor), cursor) });
    const found = await (await connect(unisat({ getInscriptions: answer }))).getInscriptions();
    expect(found.map(({ vout }) => vout)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  it('are refused when the wallet counts more than it gives, or never comes to an end', async () => {
    const short = await connect(
      unisat({ getInscriptions: async (cursor: number) => ({ total: 50, list: cursor === 0 ? list(20, 0) : [] }) }),
    );
    expect(await codeOf(() => short.getInscriptions())).toBe('provider.bad-answer');
    const endless = await connect(unisat({ getInscriptions: async () => ({ list: list(100, 0) }) }));
    expect(await codeOf(() => endless.getInscriptions())).toBe('provider.bad-answer');
  });

  it('a page, a list or an entry that throws when it is read is a bad answer', async () => {
    const boom = (): never => {
      throw new TypeError('boom');
    };
    const page = Object.defineProperty({ list: list(2, 0) }, 'total', { get: boom });
    const entry = Object.defineProperty({ vout: 0 }, 'txid', { get: boom });
    const dead = Proxy.revocable([], {});
    dead.revoke();
    for (const answer of [page, { list: dead.proxy }, { list: [entry] }, { list: new Proxy([1], { get: boom }) }]) {
      const wallet = await connect(unisat({ getInscriptions: async () => answer }));
      expect(await codeOf(() => wallet.getInscriptions())).toBe('provider.bad-answer');
    }
  });

  it('are refused in a form that is not understood: a coin overlooked is an inscription burnt', async () => {
    for (const answer of [{ list: [{}] }, { list: [{ output: 'x:y' }] }, {}, null, { list: [{ txid: 'zz', vout: 1 }] }]) {
      const wallet = await connect(unisat({ getInscriptions: async () => answer }));
      expect(await codeOf(() => wallet.getInscriptions())).toMatch(/^(provider|hex|input)[.]/);
    }
    expect(await (await connect(unisat())).getInscriptions()).toEqual([]);
  });
});

describe('contract metadata', () => {
  it('of every action is what the peer says of it', async () => {
    const world = worldOf({}, 'p2wpkh');
    const coins = coinsOf(world.key, 8_000_000n);
    const { delegation } = planOf(world, coins);
    const { contract } = delegation;
    const wallet = providerOf({ finalize: true }, 'p2wpkh');
    const manager = peerManager(wallet, babylonWallet());
    const info = peerInfo(world.key);
    const fromHex = (transaction: Tx.Transaction) => peerBitcoin.Transaction.fromHex(Tx.toHex(transaction));
    const staking = fromHex(delegation.stakingTransaction);
    await manager.createSignedBtcStakingTransaction(info, PEER_INPUT, staking, utxosOf(coins), 0);
    await manager.createPartialSignedBtcUnbondingTransaction(info, PEER_INPUT, 0, staking);
    await manager.createSignedBtcWithdrawStakingExpiredTransaction(info, PEER_INPUT, 0, staking, 3);
    await manager.createSignedBtcWithdrawEarlyUnbondedTransaction(info, PEER_INPUT, 0, fromHex(delegation.unbonding.transaction), 3);
    await manager.createSignedBtcWithdrawSlashingTransaction(info, PEER_INPUT, 0, fromHex(delegation.stakingSlashing.transaction), 3);
    const ours = [
      ContractMetadata.staking(contract),
      ContractMetadata.unbonding(delegation),
      ContractMetadata.withdrawal(contract, 'staking'),
      ContractMetadata.withdrawal(contract, 'unbonding'),
      ContractMetadata.withdrawal(contract, 'slashing-change'),
    ];
    expect(wallet.asked.map(({ options }) => ({ action: options?.action, contracts: options?.contracts }))).toEqual(ours);
  });

  it('of an extension has the new contract, under its own id', () => {
    const { contract } = planOf(worldOf());
    const { action, contracts } = ContractMetadata.extension(contract);
    expect(action.name).toBe('sign-btc-staking-expansion-transaction');
    expect(contracts).toEqual(ContractMetadata.staking(contract).contracts.map((one) => ({ ...one, id: 'babylon:staking-expansion' })));
  });
});
