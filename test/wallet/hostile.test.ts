// Wallets, interfaces and callers that give something else than was asked. Each test is named after what it prevents; the ids are those of the
// table of bad inputs that the TypeScript peer was tried on, whose manager stands beside where it accepts what must be refused.
import { describe, expect, it } from 'vitest';
import * as Delegation from '../../src/babylon/Delegation.ts';
import type * as WithdrawalTx from '../../src/babylon/WithdrawalTx.ts';
import type * as Witness from '../../src/babylon/Witness.ts';
import type { SatlockError } from '../../src/base/Errors.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as SigningRequest from '../../src/bitcoin/SigningRequest.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import type { SignPsbtOptions } from '../../src/wallet/Provider.ts';
import * as Staker from '../../src/wallet/Staker.ts';
import * as Steps from '../../src/wallet/Steps.ts';
import {
  approvalOf,
  BABYLON_ADDRESS,
  babylonWallet,
  COVENANT,
  changed,
  codeOf,
  coinsOf,
  FEE_RATE,
  fundingOf,
  keyOfType,
  NETWORK,
  PARAMS,
  PEER_INPUT,
  peerInfo,
  peerManager,
  planOf,
  providerOf,
  STAKE_SATS,
  STAKE_TERMS,
  STAKER,
  TIP,
  utxosOf,
  type World,
  worldOf,
} from '../support/flows.ts';
import { type Habits, peerBitcoin } from '../support/peerWallet.ts';
import { filled, judge, keyOf, P2TR, signaturesOf, untyped } from '../support/stakes.ts';

const hex = Hex.encode;

/** The eight things that a wallet signs, each as a call of the driver. */
const FLOWS: readonly (readonly [string, string, (world: World) => Promise<unknown>])[] = [
  ['staking', 'sign-btc-staking-transaction', (world) => signStaking(world)],
  ['staking slashing', 'sign-btc-slashing-transaction', (world) => world.staker.registerBeforeStaking(planOf(world))],
  ['unbonding slashing', 'sign-btc-unbonding-slashing-transaction', (world) => world.staker.registerBeforeStaking(planOf(world))],
  ['unbonding', 'sign-btc-unbonding-transaction', (world) => signUnbonding(world)],
  ['withdrawal of an expired stake', 'sign-btc-withdraw-transaction', (world) => withdraw(world, 'staking')],
  ['withdrawal of an unbonded stake', 'sign-btc-withdraw-transaction', (world) => withdraw(world, 'unbonding')],
  ['withdrawal of what a slashing left', 'sign-btc-withdraw-transaction', (world) => withdraw(world, 'slashing-change')],
  ['extension', 'sign-btc-staking-expansion-transaction', (world) => signExtension(world)],
];

async function signStaking(world: World): Promise<Tx.Transaction> {
  const { delegation, coins } = planOf(world);
  return world.staker.signStaking({ delegation, coins, approval: approvalOf(delegation) });
}

async function signUnbonding(world: World): Promise<unknown> {
  const { delegation } = planOf(world);
  return world.staker.signUnbonding({ delegation, covenantSignatures: signaturesOf(delegation.unbonding, COVENANT) });
}

async function withdraw(world: World, from: WithdrawalTx.Source): Promise<unknown> {
  const { delegation } = planOf(world);
  const slashing = from === 'slashing-change' ? { slashingTransaction: delegation.stakingSlashing.transaction } : {};
  return world.staker.withdraw({ outputs: [{ delegation, from, ...slashing }], feeRateSatsPerKvb: FEE_RATE });
}

async function signExtension(world: World): Promise<unknown> {
  const { delegation: previous } = planOf(world);
  const { funding } = fundingOf(world);
  const plan = world.staker.planExtension({ ...STAKE_TERMS, previous, funding });
  const covenantSignatures = signaturesOf(plan.built.spend, COVENANT);
  return world.staker.signExtension({ plan, approval: approvalOf(plan.delegation), covenantSignatures });
}

const first = <T>(list: readonly T[]): T => list[0] as T;

const TAMPERINGS: readonly (readonly [string, (transaction: Tx.Transaction) => void])[] = [
  [
    'input',
    ({ ins }) => {
      first(ins).hash = filled(32, 9);
    },
  ],
  [
    'output script',
    ({ outs }) => {
      first(outs).script = P2TR;
    },
  ],
  [
    'output value',
    ({ outs }) => {
      first(outs).value -= 1n;
    },
  ],
  [
    'sequence',
    ({ ins }) => {
      first(ins).sequence = 7;
    },
  ],
  [
    'version',
    (transaction) => {
      transaction.version = 3;
    },
  ],
  [
    'locktime',
    (transaction) => {
      transaction.locktime = 5;
    },
  ],
];

describe('A2, H02, H15: a wallet that signs another transaction', () => {
  for (const [flow, action, run] of FLOWS) {
    it.each(TAMPERINGS)(`is caught in the ${flow} flow when it changes the %s`, async (what, change) => {
      const isMeant = (options: SignPsbtOptions | undefined): boolean => options?.action?.name === action;
      const swap = (psbtHex: string, options: SignPsbtOptions | undefined): string =>
        isMeant(options) ? changed(psbtHex, change) : psbtHex;
      // The wallet signs what it was told to by somebody else, and signs it rightly.
      for (const finalize of [true, false]) {
        const world = worldOf({ swap, finalize });
        const code = await codeOf(() => run(world));
        expect(code, `${flow}, ${what}`).toMatch(/^signing-request[.]other-/);
      }
      // Without the change the flow ends well: it is the change that is refused.
      await run(worldOf());
    });
  }

  it('and is told by the field, with what was asked and what came', async () => {
    const world = worldOf({
      swap: (psbtHex) =>
        changed(psbtHex, ({ outs }) => {
          first(outs).value = 7n;
        }),
    });
    const error = await world.staker.registerBeforeStaking(planOf(world)).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect((error as SatlockError).reason).toMatchObject({ field: 'outputs[0].valueSats', got: '7', expected: '5000' });
    expect(world.babylon.messages).toEqual([]);
  });
});

describe('A1: legacy coins in a flow whose txid is registered', () => {
  const key = keyOfType('p2pkh');
  const made = Tx.create([{ outpoint: { txid: '11'.repeat(32), vout: 0 } }], [{ scriptPubKey: key.scriptPubKey, valueSats: 9_000_000n }]);
  const legacy = key.coin({ outpoint: { txid: Tx.txid(made), vout: 0 }, valueSats: 9_000_000n, previousTransaction: Tx.encode(made) });

  it('are refused before any signature', async () => {
    const world = worldOf();
    expect(await codeOf(() => planOf(world, [legacy]))).toBe('coin.txid-changes');
    // A transaction from elsewhere over such a coin: refused when it is to be signed.
    const contract = planOf(world).contract;
    const stakingTransaction = Tx.create([legacy], [{ scriptPubKey: contract.staking.scriptPubKey, valueSats: STAKE_SATS }]);
    const delegation = Delegation.from({ contract, rules: PARAMS, stakingTransaction });
    const sign = (): Promise<unknown> => world.staker.signStaking({ delegation, coins: [legacy], approval: approvalOf(delegation) });
    expect(await codeOf(sign)).toBe('coin.txid-changes');
    expect(world.wallet.asked).toEqual([]);
  });

  it('which the peer registers under a txid that will never exist', async () => {
    const wallet = providerOf({}, 'p2pkh');
    const manager = peerManager(wallet, babylonWallet());
    const info = peerInfo(key);
    const { stakingTx } = await manager.preStakeRegistrationBabylonTransaction(
      info,
      PEER_INPUT,
      TIP,
      utxosOf([legacy]),
      3,
      BABYLON_ADDRESS,
    );
    const signed = await manager.createSignedBtcStakingTransaction(info, PEER_INPUT, stakingTx, utxosOf([legacy]), 0);
    expect(signed.getId()).not.toBe(stakingTx.getId());
  });

  it('are not chosen, and said to be skipped', () => {
    const world = worldOf();
    const candidates = [legacy, ...coinsOf(world.key, 8_000_000n)];
    const plan = world.staker.plan({ ...STAKE_TERMS, candidates });
    expect(plan.coins.map(({ outpoint }) => outpoint.txid)).toEqual(['5a'.repeat(32)]);
  });
});

/** What H03 and its like answer: the PSBT with another leaf signature. */
function withSignature(signature: (old: Uint8Array) => Uint8Array): Habits {
  return {
    finalize: false,
    answer: (answer) => {
      const psbt = peerBitcoin.Psbt.fromHex(answer);
      const [input] = psbt.data.inputs;
      const [sig] = input?.tapScriptSig ?? [];
      if (input === undefined || sig === undefined) return answer;
      input.tapScriptSig = [{ ...sig, signature: Buffer.from(signature(sig.signature)) }];
      return psbt.toHex();
    },
  };
}

describe('A3: signatures that do not hold', () => {
  it('H03: 64 arbitrary bytes as the slashing signature', async () => {
    const world = worldOf(withSignature(() => filled(64, 7)));
    expect(await codeOf(() => world.staker.registerBeforeStaking(planOf(world)))).toBe('signing-request.invalid-signature');
  });

  it('H03: a signature of a right key over another transaction, and one byte changed', async () => {
    const other = planOf(worldOf(), coinsOf(keyOfType('p2tr'), 7_000_000n)).delegation;
    const [foreign] = signaturesOf(other.stakingSlashing, [STAKER]);
    for (const signature of [
      (): Uint8Array => foreign?.signature ?? filled(64, 0),
      (old: Uint8Array) => old.map((byte, i) => (i === 40 ? byte ^ 1 : byte)),
    ]) {
      const world = worldOf(withSignature(signature));
      expect(await codeOf(() => world.staker.registerBeforeStaking(planOf(world)))).toBe('signing-request.invalid-signature');
    }
  });

  it('H04: a consent of hash type ALL is refused by its type, since the chain stores 64 bytes', async () => {
    const world = worldOf({ sighashType: 1 });
    const error = await world.staker.registerBeforeStaking(planOf(world)).then(
      () => undefined,
      (reason: unknown) => reason as SatlockError,
    );
    expect(error?.code).toBe('signing-request.other-sighash-type');
    expect(error?.reason).toMatchObject({ got: '1' });
    // What is not pre-signed may have it: the transactions are as valid. (The peer's bitcoinjs-lib hashes leaves of type ALL as DEFAULT, so
    // that its signatures of that kind hold nowhere; this one is made by hand.)
    const { delegation, coins } = planOf(world);
    expect(judge(await signStaking(worldOf({ sighashType: 1 })), coins)).toBe('valid');
    const step = Steps.unbonding(delegation);
    const psbt = SigningRequest.toPsbt(step.request);
    const [{ publicKey: pubkey, signature }] = signaturesOf(delegation.unbonding, [STAKER], 1) as [Witness.KeySignature];
    psbt.data.updateInput(0, { tapScriptSig: [{ pubkey, signature, leafHash: delegation.unbonding.leaf.leafHash }] });
    const staker = [step.accept(psbt)];
    const { transaction } = Steps.completeUnbonding(delegation, { staker, covenant: signaturesOf(delegation.unbonding, COVENANT) });
    expect(judge(transaction, delegation.unbonding.spentOutputs)).toBe('valid');
    expect(await codeOf(() => signUnbonding(worldOf({ sighashType: 1 })))).toBe('signing-request.invalid-signature');
  });

  it.each([0x02, 0x03, 0x81, 0x83])('a hash type that leaves outputs open (%i) in any flow', async (sighashType) => {
    for (const run of [signStaking, signUnbonding, (world: World) => withdraw(world, 'staking')])
      expect(await codeOf(() => run(worldOf({ sighashType, finalize: false })))).toBe('signing-request.other-sighash-type');
  });

  it('a wallet that signs by another key, or not at all', async () => {
    const stranger = { ...worldOf(), wallet: providerOf({}, 'p2tr', keyOf('stranger')) };
    const account = stranger.staker.account;
    const staker = Staker.from({ network: NETWORK, account, bitcoin: { ...stranger.wallet, signPsbt: async (psbtHex) => psbtHex } });
    expect(await codeOf(() => staker.registerBeforeStaking(planOf(stranger)))).toBe('signing-request.missing-signature');
  });

  it('H06: base64, garbage and nothing', async () => {
    const register = (habits: Habits) => async () => {
      const world = worldOf(habits);
      return world.staker.registerBeforeStaking(planOf(world));
    };
    await expect(register({ encoding: 'base64' })()).resolves.toBeDefined();
    for (const answer of ['zz', '70736274ff', 'cHNidP8=', '{}'])
      expect(await codeOf(register({ answer: () => answer }))).toMatch(/^psbt[.]/);
    expect(await codeOf(register({ answer: () => '' }))).toBe('provider.bad-answer');
    expect(await codeOf(register({ answer: () => untyped(0) }))).toBe('provider.bad-answer');
    expect(await codeOf(register({ answer: () => untyped({ psbt: 'x' }) }))).toBe('provider.bad-answer');
  });
});

describe('proofs of possession', () => {
  const register =
    (message: Habits['message'], addressType: 'p2tr' | 'p2wpkh' = 'p2tr') =>
    async () => {
      const world = worldOf(message === undefined ? {} : { message }, addressType);
      return world.staker.registerBeforeStaking(planOf(world));
    };

  it('H07: an empty one', async () => expect(await codeOf(register(() => ''))).toBe('provider.bad-answer'));

  it('H08: hex in place of base64', async () => {
    const right = await providerOf().signMessage(BABYLON_ADDRESS, 'bip322-simple');
    expect(await codeOf(register(() => Buffer.from(right, 'base64').toString('hex')))).toBe('pop.hex-answer');
  });

  it.each(['p2tr', 'p2wpkh'] as const)('H09: one of a different key (%s)', async (addressType) => {
    const foreign = await providerOf({}, addressType, keyOf('stranger')).signMessage(BABYLON_ADDRESS, 'bip322-simple');
    expect(await codeOf(register(() => foreign, addressType))).toMatch(/^pop[.]/);
  });

  it('one for another account, and one with its last byte changed', async () => {
    const other = await providerOf().signMessage('bbn1vsd7u2ea2q9hl4p6jdu6g5w4xqk8s7y5lzjx5c', 'bip322-simple');
    expect(await codeOf(register(() => other))).toMatch(/^pop[.]/);
    expect(await codeOf(register((text) => `${text}AA`.slice(0, 88)))).toMatch(/^pop[.]/);
  });

  it('a segwit wallet that answers by ECDSA is fine', async () => {
    const legacy = await providerOf({}, 'p2pkh').signMessage(BABYLON_ADDRESS, 'ecdsa');
    const { pop } = await register(() => legacy, 'p2wpkh')();
    expect(pop.type).toBe('ECDSA');
  });
});

describe('covenant signatures that a staker meets', () => {
  const right = () => {
    const world = worldOf();
    const { delegation, coins } = planOf(world);
    const all = signaturesOf(delegation.unbonding, COVENANT).map(({ publicKey, signature }) => ({
      btcPkHex: hex(publicKey),
      sigHex: hex(signature),
    }));
    const unbond = (covenantSignatures: typeof all): Promise<string> =>
      codeOf(() => world.staker.signUnbonding({ delegation, covenantSignatures }));
    return { world, delegation, coins, all, unbond };
  };

  it('A4, F03, F05, F07: quorum counted after normalisation, and malformed ones named', async () => {
    const { world, all, unbond } = right();
    const five = all.slice(0, 5);
    const again = { ...(all[0] as (typeof all)[number]) };
    expect(await unbond([...five, { ...again, btcPkHex: again.btcPkHex.toUpperCase() }])).toBe('covenant-approval.quorum-not-reached');
    expect(await unbond([...five, { ...again, btcPkHex: `${again.btcPkHex}zz` }])).toMatch(/^hex[.]/);
    expect(await unbond([...five, { ...again, sigHex: '' }])).toBe('input.wrong-length');
    expect(await unbond([...five, { ...again, sigHex: 'xyz' }])).toMatch(/^hex[.]/);
    expect(await unbond([...five, { ...again, btcPkHex: `02${again.btcPkHex}` }])).toBe('input.wrong-length');
    expect(await unbond(five)).toBe('covenant-approval.quorum-not-reached');
    // Nobody was asked to sign for any of them.
    expect(world.wallet.asked).toEqual([]);
  });

  it('A5, F08, F09: bad and foreign ones are skipped, any valid quorum is taken', async () => {
    const { world, delegation, all } = right();
    const bad = { ...(all[0] as (typeof all)[number]), sigHex: '07'.repeat(64) };
    const [stranger] = signaturesOf(delegation.unbonding, [keyOf('stranger')]);
    if (stranger === undefined) throw new Error('a signature');
    const foreign = { btcPkHex: hex(stranger.publicKey), sigHex: hex(stranger.signature) };
    const { transaction, ignored } = await world.staker.signUnbonding({ delegation, covenantSignatures: [bad, foreign, ...all.slice(3)] });
    expect(judge(transaction, delegation.unbonding.spentOutputs)).toBe('valid');
    expect(ignored.map(({ why }) => why)).toEqual(['invalid-signature', 'unknown-signer']);
  });

  it('a stake is not sent before a quorum has approved each of its transactions', async () => {
    const { world, delegation, coins } = right();
    const approval = approvalOf(delegation);
    const sign = (changes: Partial<typeof approval>): Promise<string> =>
      codeOf(() => world.staker.signStaking({ delegation, coins, approval: { ...approval, ...changes } }));
    const other = approvalOf(planOf(worldOf(), coinsOf(world.key, 7_777_777n)).delegation);
    for (const list of ['stakingSlashing', 'unbondingSlashing', 'unbonding'] as const) {
      expect(await sign({ [list]: approval[list].slice(0, 5) })).toBe('covenant-approval.quorum-not-reached');
      expect(await sign({ [list]: other[list] })).toBe('covenant-approval.quorum-not-reached');
      expect(await sign({ [list]: [...approval[list].slice(0, 5), ...approval[list].slice(0, 4)] })).toBe(
        'covenant-approval.quorum-not-reached',
      );
      expect(await sign({ [list]: untyped(undefined) })).toBe('input.missing');
    }
    // Adaptor signatures of one slashing transaction do not serve for the other.
    expect(await sign({ stakingSlashing: approval.unbondingSlashing })).toBe('covenant-approval.quorum-not-reached');
    const short = approval.stakingSlashing.map((one) => ({ ...one, signatures: [filled(64, 1)] }));
    expect(await sign({ stakingSlashing: short })).toBe('covenant-approval.quorum-not-reached');
    expect(world.wallet.asked).toEqual([]);
  });
});

describe('wallets that fail', () => {
  it.each([
    [{ code: 4001, message: 'User rejected the request.' }, 'provider.rejected'],
    [new Error('User rejected the request'), 'provider.rejected'],
    [new Error('Request was cancelled by user'), 'provider.rejected'],
    ['user canceled', 'provider.rejected'],
    [{ code: 'CONNECTION_REJECTED', message: '' }, 'provider.rejected'],
    [new Error('device disconnected'), 'provider.failed'],
    [undefined, 'provider.failed'],
  ] as const)('%s', async (thrown, code) => {
    const { staker, wallet } = worldOf();
    const bitcoin = { ...wallet, signPsbt: () => Promise.reject(thrown) };
    const failing = Staker.from({ network: NETWORK, account: staker.account, bitcoin });
    expect(await codeOf(() => failing.registerBeforeStaking(planOf(worldOf())))).toBe(code);
  });

  it('or say very much about it, without end to the thinking', async () => {
    for (const word of ['user ', 'rejected ']) {
      const bitcoin = { ...worldOf().wallet, signPsbt: () => Promise.reject(new Error(word.repeat(1_000_000))) };
      const failing = Staker.from({ network: NETWORK, account: worldOf().staker.account, bitcoin });
      expect(await codeOf(() => failing.signPartialUnbonding(planOf(worldOf()).delegation))).toBe('provider.failed');
    }
  });

  it('or answer fewer PSBTs than were asked', async () => {
    const { staker, wallet } = worldOf({ batch: true });
    const bitcoin = { ...wallet, signPsbts: async () => [] };
    const failing = Staker.from({ network: NETWORK, account: staker.account, bitcoin });
    expect(await codeOf(() => failing.registerBeforeStaking(planOf(worldOf())))).toBe('provider.bad-answer');
  });

  it('or swap the answers', async () => {
    const { staker, wallet } = worldOf({ batch: true });
    const bitcoin = {
      ...wallet,
      signPsbts: async (psbts: string[], options?: SignPsbtOptions[]) => ((await wallet.signPsbts?.(psbts, options)) ?? []).reverse(),
    };
    const swapping = Staker.from({ network: NETWORK, account: staker.account, bitcoin });
    expect(await codeOf(() => swapping.registerBeforeStaking(planOf(worldOf())))).toMatch(/^signing-request[.]other-/);
  });
});
