// Rows 14: everything before a stake is on Bitcoin: coins, staking transaction, unbonding, both slashing PSBTs, the wallet's answers, the proof
// of possession, the message for the chain. Once with what the peer does and no more, once with every signature verified. Each run is of another
// staker than the ones before: what is remembered of earlier work (outputs made, signatures verified) helps nobody here; that
// these keys are on the curve is remembered.
import type { Ecc } from '../build.ts';
import { type Fixtures, hex, same, yes } from '../fixtures.ts';
import type { Budget } from '../measure.ts';
import { type AsyncSide, compareAsync } from '../measureAsync.ts';
import type { Finding } from '../report.ts';
import { BABYLON_ADDRESS, type Canned, type Coin, PEER_RATE, STAKE_SATS, STAKING_TIME, Wallet } from '../wallet.ts';

type Message = import('../../src/index.ts').Message.Message;
type StakePlan = import('../../src/index.ts').StakePlan.StakePlan;
type Registration = { readonly plan: StakePlan; readonly message: Message };

const TARGETS = { sameWork: 50, verified: 25, reviewed: undefined } as const;

/** The flow over one wallet and one set of coins, as each library does it. */
export class Flow {
  readonly #fixtures: Fixtures;
  readonly #wallet: Wallet;
  readonly #coins: readonly Coin[];
  /** The rate at which we pay what the peer does: it estimates sizes, we weigh, and the bytes are to be the same. @unit satoshi per kvB */
  #rate = BigInt(PEER_RATE * 1000);

  constructor(fixtures: Fixtures, wallet: Wallet, coins: readonly Coin[]) {
    this.#fixtures = fixtures;
    this.#wallet = wallet;
    this.#coins = coins;
  }

  get canned(): Canned {
    return this.#wallet.canned;
  }

  get #signer(): import('../../src/index.ts').Steps.Signer {
    const { publicKey, address } = this.#wallet;
    return { stakerPk: this.#wallet.staker.publicKey, publicKey, address };
  }

  #plan(feeRateSatsPerKvb = this.#rate): StakePlan {
    const { lib, params, provider } = this.#fixtures;
    const { staker } = this.#wallet;
    return lib.StakePlan.forStake({
      paramsSet: this.#fixtures.paramsSet,
      babylonBtcTipHeight: params.btcActivationHeight + 1_000,
      stakerPk: staker.publicKey,
      finalityProviderPk: provider.publicKey,
      stakingTimeBlocks: STAKING_TIME,
      valueSats: STAKE_SATS,
      feeRateSatsPerKvb,
      changeScriptPubKey: this.#wallet.scriptPubKey,
      candidates: this.#coins,
    });
  }

  /** Nothing verified: answers are taken apart as the peer takes them. */
  #unverified(sign: (psbtHex: string) => string, signMessage: (text: string) => string): Registration {
    const { lib } = this.#fixtures;
    const { address } = this.#wallet;
    const plan = this.#plan();
    const { delegation } = plan;
    const [stakingSlashing, unbondingSlashing] = (['staking', 'unbonding'] as const).map((target) => {
      const step = lib.Steps.slashingConsent(delegation, target, this.#signer);
      const signed = lib.Psbt.Psbt.fromHex(sign(lib.Step.psbtHex(step))).extractTransaction();
      return { transaction: lib.Tx.stripped(signed), signature: signed.ins[0]?.witness[0] as Uint8Array };
    }) as [Consent, Consent];
    const text = lib.ProofOfPossession.textFor({ babylonAddress: BABYLON_ADDRESS });
    const asked = { babylonAddress: BABYLON_ADDRESS, address, network: 'mainnet' } as const;
    const pop = lib.ProofOfPossession.readWallet({ ...asked, signatureBase64: signMessage(text) });
    const { terms } = delegation.contract;
    const message: Message = {
      typeUrl: lib.Message.CREATE_BTC_DELEGATION,
      value: {
        stakerAddr: BABYLON_ADDRESS,
        pop: lib.ProofOfPossession.toMessage(pop),
        btcPk: this.#wallet.staker.publicKey,
        fpBtcPkList: terms.finalityProviderPks,
        stakingTime: terms.stakingTimeBlocks,
        stakingValue: delegation.stakingValueSats,
        stakingTx: lib.Tx.encode(delegation.stakingTransaction),
        slashingTx: lib.Tx.encode(stakingSlashing.transaction),
        delegatorSlashingSig: stakingSlashing.signature,
        unbondingTime: terms.unbondingTimeBlocks,
        unbondingTx: lib.Tx.encode(delegation.unbonding.transaction),
        unbondingValue: delegation.unbondingOutput.valueSats,
        unbondingSlashingTx: lib.Tx.encode(unbondingSlashing.transaction),
        delegatorUnbondingSlashingSig: unbondingSlashing.signature,
      },
    };
    return { plan, message };
  }

  /** The same steps with everything verified: answers held against questions, both signatures, the proof, and the message's parts. */
  checked(): Registration {
    const { lib } = this.#fixtures;
    const { address, staker } = this.#wallet;
    const plan = this.#plan();
    const { delegation } = plan;
    const [stakingSlashing, unbondingSlashing] = (['staking', 'unbonding'] as const).map((target) => {
      const step = lib.Steps.slashingConsent(delegation, target, this.#signer);
      return step.accept(this.#wallet.answer(lib.Step.psbtHex(step))).signature;
    }) as [Uint8Array, Uint8Array];
    const signatureBase64 = this.#wallet.answer(lib.ProofOfPossession.textFor({ babylonAddress: BABYLON_ADDRESS }));
    const asked = { babylonAddress: BABYLON_ADDRESS, address, network: 'mainnet', btcPk: staker.publicKey } as const;
    const message = lib.Registration.create({
      delegation,
      stakerAddress: BABYLON_ADDRESS,
      pop: lib.ProofOfPossession.fromWallet({ ...asked, signatureBase64 }),
      stakingSlashingSignature: stakingSlashing,
      unbondingSlashingSignature: unbondingSlashing,
    });
    return { plan, message };
  }

  /** As users of ours register: besides, the guard rails review the plan before anybody is asked. */
  async verified(ecc?: Ecc): Promise<Registration> {
    const { lib } = this.#fixtures;
    const { address, publicKey, canned, tipHeight } = this.#wallet;
    const network = { bitcoinNetwork: 'mainnet', paramsSet: this.#fixtures.paramsSet } as const;
    const account = { address, publicKey, babylonAddress: BABYLON_ADDRESS };
    const staker = lib.Staker.from({ network, account, bitcoin: canned }, ecc);
    const plan = staker.plan({
      babylonBtcTipHeight: tipHeight,
      finalityProviderPk: this.#fixtures.provider.publicKey,
      stakingTimeBlocks: STAKING_TIME,
      valueSats: STAKE_SATS,
      feeRateSatsPerKvb: this.#rate,
      candidates: this.#coins,
    });
    const { message } = await staker.registerBeforeStaking(plan);
    return { plan, message };
  }

  unverified(): Registration {
    const answer = (question: string): string => this.#wallet.answer(question);
    return this.#unverified(answer, answer);
  }

  /** The peer's run over this wallet; its message goes to `sent`. */
  peer(bitcoin: Canned, sent: (message: unknown) => void = () => undefined): () => Promise<unknown> {
    const wallet = this.#wallet;
    const manager = wallet.peerManager(bitcoin, sent);
    const utxos = wallet.utxos(this.#coins);
    const { peerInfo, peerInput, tipHeight } = wallet;
    return () => manager.preStakeRegistrationBabylonTransaction(peerInfo, peerInput, tipHeight, [...utxos], PEER_RATE, BABYLON_ADDRESS);
  }

  /** Has the wallet sign everything that our side will ask of it. */
  async record(rate: bigint): Promise<void> {
    const { lib } = this.#fixtures;
    this.#rate = rate;
    const { delegation } = this.#plan();
    const { signPsbt, signMessage } = this.#wallet.recording;
    for (const target of ['staking', 'unbonding'] as const)
      await signPsbt(lib.Step.psbtHex(lib.Steps.slashingConsent(delegation, target, this.#signer)));
    await signMessage(lib.ProofOfPossession.textFor({ babylonAddress: BABYLON_ADDRESS }));
  }

  /** Runs all three once with a wallet that signs and holds their messages against each other. Returns our rate. */
  async compare(): Promise<bigint> {
    const { lib } = this.#fixtures;
    let sent: PeerMessage | undefined;
    await this.peer(this.#wallet.recording, (message) => {
      sent = message as PeerMessage;
    })();
    const theirs = theirMessage(sent as unknown as PeerMessage);
    const rate = this.#rateOf(theirs);
    await this.record(rate);
    const plain = lib.Message.encode(this.unverified().message).value;
    const checked = lib.Message.encode(this.checked().message).value;
    const whole = lib.Message.encode((await this.verified()).message).value;
    same('messages of the flow with review', hex(whole), hex(checked));
    same('messages of the verified and the unverified flow', hex(checked), hex(plain));
    same('messages', hex(plain), hex(lib.Message.encode(theirs).value));
    return rate;
  }

  #rateOf(theirs: Message): bigint {
    const { lib } = this.#fixtures;
    const { stakingTx } = theirs.value as { readonly stakingTx: Uint8Array };
    const wanted = 3n * STAKE_SATS - lib.Tx.decode(stakingTx).outs.reduce((sum, { value }) => sum + BigInt(value), 0n);
    const { feeSats } = this.#plan().built;
    for (let rate = (this.#rate * wanted) / feeSats - 20n; rate < 1_000_000n; rate++) {
      const fee = this.#plan(rate).built.feeSats;
      if (fee === wanted) return rate;
      if (fee > wanted) break;
    }
    throw new Error(`no rate makes the peer's fee of ${wanted} sat`);
  }
}

type Consent = { readonly transaction: import('../../src/index.ts').Tx.Transaction; readonly signature: Uint8Array };
type PeerMessage = { readonly typeUrl: Message['typeUrl']; readonly value: Record<string, unknown> & { readonly pop: PeerPop } };
type PeerPop = { readonly btcSigType: number; readonly btcSig: Uint8Array };

/** The peer's message in our types: amounts are numbers there, and the type of a proof too. */
function theirMessage({ typeUrl, value }: PeerMessage): Message {
  const { btcSig, btcSigType } = value.pop;
  yes('the peer proves by BIP322', btcSigType === 1);
  const stakingValue = BigInt(value['stakingValue'] as number);
  const unbondingValue = BigInt(value['unbondingValue'] as number);
  const plain = Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined));
  return { typeUrl, value: { ...plain, stakingValue, unbondingValue, pop: { btcSigType: 'BIP322', btcSig } } } as unknown as Message;
}

/** More than what is remembered of earlier runs lasts for (64 signatures and outputs). */
const STAKERS = 96;

/** Row 14. */
export async function flowRows(fixtures: Fixtures, budget: Budget): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const count of [1, 1_000]) {
    const flowOf = (i: number): Flow => {
      const wallet = new Wallet(fixtures, 'p2wpkh', fixtures.person(`flow ${i}`));
      return new Flow(fixtures, wallet, wallet.coinsForOne(count));
    };
    const flows = Array.from({ length: STAKERS }, (_, i) => flowOf(i));
    const [first] = flows as [Flow];
    const rate = await first.compare();
    for (const flow of flows) await flow.record(rate);
    let at = 0;
    const next = (): Flow => flows[at++ % STAKERS] as Flow;
    const sides = {
      sameWork: { name: 'satlock: StakePlan, Steps, answers taken unverified', run: () => next().unverified() },
      verified: { name: 'satlock: StakePlan, Steps, Registration.create', run: () => next().checked() },
      reviewed: { name: 'satlock: Staker.plan, registerBeforeStaking', run: () => next().verified() },
    };
    const peer: AsyncSide = { name: 'btc-staking-ts: preStakeRegistrationBabylonTransaction', run: first.peer(first.canned) };
    const coins = count === 1 ? '1 coin' : `${count.toLocaleString('en-US')} coins, 1 used`;
    const checked = 'the bytes of the whole message, with the transactions, both signatures and the proof in it';
    for (const [side, what, note] of [
      ['sameWork', 'the same work', 'neither side verifies a signature or holds an answer against its question; both check the keys'],
      [
        'verified',
        'we verify all signatures',
        'both slashing signatures, the proof, and all fields of the answers; the peer verifies nothing',
      ],
      ['reviewed', 'the guard rails too', 'as the row before, and a review of the plan before anybody is asked; the peer has none'],
    ] as const) {
      const comparison = await compareAsync(sides[side], peer, budget);
      const target = TARGETS[side];
      findings.push({
        ...{ row: 14, kind: 'ratio', name: `Pre-staking flow, ${coins}; ${what}`, checked, comparison, note },
        ...(target === undefined ? {} : { target: { text: `>= ${target}x`, met: comparison.ratio.median >= target } }),
      });
    }
  }
  return findings;
}
