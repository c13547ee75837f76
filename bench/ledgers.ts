// Restaking ledgers for the rows, and the seeded sequences of operations that run on them. A sequence knows what its operations come to
// (vaults stay at one share for one wei, nobody is slashed to nothing), so that it can be made before the clock runs, in batches of any size.
import { yes } from './fixtures.ts';

export type EigenLayer = typeof import('../src/restaking/eigenlayer/EigenLayer.ts');
export type Symbiotic = typeof import('../src/restaking/symbiotic/Symbiotic.ts');
export type Ledger = ReturnType<EigenLayer['create']>;
export type Operation = import('../src/restaking/eigenlayer/ledger/operation.ts').Operation;
export type Vault = ReturnType<Symbiotic['create']>;
export type VaultOperation = import('../src/restaking/symbiotic/operationTypes.ts').Operation;

const WAD = 10n ** 18n;
const STRATEGIES = ['S1', 'S2', 'S3'] as const;
/** Mainnet's delays. @unit blocks */
const WITHDRAWAL_DELAY = 100_800n;
const RESOLUTION_DELAY = 50_400n;
const DEALLOCATION_DELAY = 100_800n;
const BLOCKS_A_STEP = 1_000n;

/** Of a ledger: how many operators, operator sets and stakers. Each set has its own operators. */
export type Size = { readonly operators: number; readonly sets: number; readonly stakers: number };

/** mulberry32: the same sequence on every machine. */
export function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

const setOf = (set: number): { readonly avs: string; readonly id: bigint } => ({ avs: `avs${set % 10}`, id: BigInt(set) });

/** Deposits of one whole and some dust, and the delegation. */
export function* joining(staker: string, operator: string, i: number): Generator<Operation> {
  yield { op: 'deposit', staker, strategy: 'S1', amount: WAD + BigInt(i) };
  yield { op: 'delegate', staker, operator };
}

/** What makes a ledger of this size out of an empty one. */
export function* building({ operators, sets, stakers }: Size): Generator<Operation> {
  for (let i = 0; i < operators; i++) yield { op: 'registerOperator', operator: `operator${i}`, allocationDelay: 0n };
  for (let i = 0; i < sets; i++) yield { op: 'createOperatorSet', ...setOf(i), strategies: ['S1', 'S2'] };
  // A slash looks back by the delay of withdrawals, and a delay set in this block is in force in the next one.
  yield { op: 'advance', blocks: 1n };
  for (let i = 0; i < operators; i++) {
    const { avs, id } = setOf(i % sets);
    yield { op: 'registerForOperatorSets', operator: `operator${i}`, avs, ids: [id] };
    yield { op: 'modifyAllocations', operator: `operator${i}`, avs, id, strategies: ['S1'], newMagnitudes: [WAD / 2n] };
  }
  for (let i = 0; i < stakers; i++) yield* joining(`staker${i}`, `operator${i % operators}`, i);
}

/** Runs operations that must all be accepted. */
export function run(lib: EigenLayer, ledger: Ledger, operations: Iterable<Operation>): Ledger {
  for (const operation of operations) {
    const outcome = lib.apply(ledger, operation);
    yes(`${operation.op} is accepted${outcome.ok ? '' : `: ${outcome.error}`}`, outcome.ok);
  }
  return ledger;
}

export function ledgerOf(lib: EigenLayer, size: Size): Ledger {
  return run(lib, lib.create({ strategies: STRATEGIES.map((id) => ({ id })) }), building(size));
}

/** What an operation of the mix is for. */
export type Purpose = 'deposit' | 'delegate' | 'queue' | 'complete' | 'allocate' | 'slash' | 'clear' | 'refused' | 'advance';

/** Parts of 100. */
export const MIX: Readonly<Record<Purpose, number>> = {
  deposit: 33,
  delegate: 8,
  queue: 20,
  complete: 20,
  allocate: 5,
  slash: 5,
  clear: 7,
  refused: 1,
  advance: 1,
};
const PURPOSES: readonly Purpose[] = Object.entries(MIX).flatMap(([purpose, parts]) =>
  Array.from({ length: parts }, () => purpose as Purpose),
);

type Waiting = { readonly withdrawal: string; readonly ready: bigint; readonly asShares: boolean; readonly mover: number | undefined };

/** First in, first out, without moving what is in it. */
class Line<T> {
  #items: T[] = [];
  #first = 0;

  push(item: T): void {
    this.#items.push(item);
  }

  takeIf(isReady: (item: T) => boolean): T | undefined {
    const item = this.#items[this.#first];
    if (item === undefined || !isReady(item)) return undefined;
    this.#first++;
    if (this.#first > 4_096 && this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }
}

/** The mixed sequence on a ledger that {@link building} made: endless, the same for the same seed and size. */
export class Mixed {
  readonly #size: Size;
  readonly #below: (below: number) => number;
  readonly #withdrawals = new Line<Waiting>();
  readonly #slashes = new Line<{ readonly set: number; readonly slashId: bigint; readonly ready: bigint }>();
  readonly #slashCounts: bigint[];
  /** By operator: since when its deallocation is over. */
  readonly #deallocated = new Map<number, bigint>();
  /** Every tenth staker changes operators and does nothing else: whether it is delegated, whether it has shares. */
  readonly #movers: { isDelegated: boolean; hasShares: boolean }[];
  #block = 0n;
  #queued = 0;
  #mover = 0;
  #allocating = 0;
  /** What was made of each kind; the fall-back of what cannot be done yet is a deposit. */
  readonly made: Record<Purpose, number> = { ...MIX };

  constructor(size: Size, seed = 1) {
    this.#size = size;
    this.#below = random(seed);
    this.#slashCounts = Array.from({ length: size.sets }, () => 0n);
    this.#movers = Array.from({ length: Math.ceil(size.stakers / 10) }, () => ({ isDelegated: true, hasShares: true }));
    for (const purpose of Object.keys(MIX)) this.made[purpose as Purpose] = 0;
  }

  /** The next operation, of one purpose if one is given. */
  next(purpose: Purpose = PURPOSES[this.#below(100)] ?? 'deposit'): Operation {
    const operation = this.#of(purpose);
    this.made[operation === undefined ? 'deposit' : purpose]++;
    return operation ?? this.#deposit();
  }

  #of(purpose: Purpose): Operation | undefined {
    switch (purpose) {
      case 'deposit':
        return this.#deposit();
      case 'delegate':
        return this.#delegate();
      case 'queue':
        return this.#queue();
      case 'complete':
        return this.#complete();
      case 'allocate':
        return this.#allocate();
      case 'slash':
        return this.#slash();
      case 'clear':
        return this.#clear();
      case 'refused':
        return { op: 'queueWithdrawal', staker: this.#staker(), strategies: ['S1'], depositShares: [10n ** 30n] };
      case 'advance':
        this.#block += BLOCKS_A_STEP;
        return { op: 'advance', blocks: BLOCKS_A_STEP };
    }
  }

  /** One of those who stay. */
  #staker(): string {
    const i = this.#below(this.#size.stakers);
    return `staker${i % 10 === 0 && i + 1 < this.#size.stakers ? i + 1 : i}`;
  }

  #deposit(): Operation {
    const strategy = STRATEGIES[this.#below(3)] ?? 'S1';
    return { op: 'deposit', staker: this.#staker(), strategy, amount: 10n ** 15n + BigInt(this.#below(1_000_000)) };
  }

  #delegate(): Operation {
    const i = this.#mover++ % this.#movers.length;
    const mover = this.#movers[i] as { isDelegated: boolean; hasShares: boolean };
    const staker = `staker${i * 10}`;
    mover.isDelegated = !mover.isDelegated;
    if (mover.isDelegated) return { op: 'delegate', staker, operator: `operator${this.#below(this.#size.operators)}` };
    if (mover.hasShares) this.#wait(true, i);
    mover.hasShares = false;
    return { op: 'undelegate', staker };
  }

  #queue(): Operation {
    this.#wait(this.#below(2) === 0, undefined);
    return { op: 'queueWithdrawal', staker: this.#staker(), strategies: ['S1'], depositShares: [10n ** 14n] };
  }

  #wait(asShares: boolean, mover: number | undefined): void {
    const ready = this.#block + WITHDRAWAL_DELAY + 1n;
    this.#withdrawals.push({ withdrawal: `W${this.#queued++}`, ready, asShares, mover });
  }

  #complete(): Operation | undefined {
    const waiting = this.#withdrawals.takeIf(({ ready }) => ready <= this.#block);
    if (waiting === undefined) return undefined;
    const mover = waiting.mover === undefined ? undefined : this.#movers[waiting.mover];
    if (mover !== undefined) mover.hasShares = true;
    return { op: 'completeWithdrawal', withdrawal: waiting.withdrawal, receiveAsTokens: !waiting.asShares };
  }

  /** Less, and when that is over more: each operator in turn. */
  #allocate(): Operation | undefined {
    const i = this.#allocating % this.#size.operators;
    const isDown = Math.floor(this.#allocating / this.#size.operators) % 2 === 0;
    if ((this.#deallocated.get(i) ?? 0n) > this.#block) return undefined;
    this.#allocating++;
    if (isDown) this.#deallocated.set(i, this.#block + DEALLOCATION_DELAY + 1n);
    const newMagnitudes = [(isDown ? 4n : 5n) * 10n ** 17n + BigInt(this.#below(1_000_000))];
    return { op: 'modifyAllocations', operator: `operator${i}`, ...setOf(i % this.#size.sets), strategies: ['S1'], newMagnitudes };
  }

  /** A millionth of what the set holds of one of its operators. */
  #slash(): Operation {
    const i = this.#below(this.#size.operators);
    const set = i % this.#size.sets;
    const slashId = (this.#slashCounts[set] ?? 0n) + 1n;
    this.#slashCounts[set] = slashId;
    this.#slashes.push({ set, slashId, ready: this.#block + RESOLUTION_DELAY + 1n });
    return { op: 'slash', ...setOf(set), operator: `operator${i}`, strategies: ['S1'], wads: [10n ** 12n] };
  }

  /** Slashed shares that waited long enough, or an operator's deallocations. */
  #clear(): Operation {
    const slash = this.#slashes.takeIf(({ ready }) => ready <= this.#block);
    if (slash !== undefined) return { op: 'clearBurnOrRedistributableShares', ...setOf(slash.set), slashId: slash.slashId };
    const operator = `operator${this.#below(this.#size.operators)}`;
    return { op: 'clearDeallocationQueue', operator, strategies: ['S1'], numToClear: [10n] };
  }
}

export const EPOCH_S = 604_800n;
const NETWORKS = ['net0', 'net1', 'net2', 'net3'] as const;

/** One vault with a veto-less slasher, all depositors in. */
export function vaultOf(lib: Symbiotic, { operators, stakers }: { readonly operators: number; readonly stakers: number }): Vault {
  const names = Array.from({ length: operators }, (_, i) => `operator${i}`);
  const vault = lib.create({ delegator: 'network', slasher: 'instant', networks: [...NETWORKS], operators: names, epochDuration: EPOCH_S });
  const go = (operation: VaultOperation): void => {
    const outcome = lib.apply(vault, operation);
    yes(`${operation.op} is accepted${outcome.ok ? '' : `: ${outcome.error}`}`, outcome.ok);
  };
  for (let i = 0; i < stakers; i++) go({ op: 'deposit', who: `staker${i}`, amount: WAD + BigInt(i) });
  for (const net of NETWORKS) {
    go({ op: 'setMaxNetworkLimit', net, id: 0n, amount: 10n ** 30n });
    go({ op: 'setNetworkLimit', net, id: 0n, amount: 10n ** 30n });
    for (const operator of names) go({ op: 'setOperatorNetworkShares', net, id: 0n, operator, shares: WAD });
  }
  go({ op: 'advance', seconds: EPOCH_S + 1n });
  return vault;
}

/** Deposits, withdrawals, redemptions, claims, shares of operators, slashes and time on a vault of {@link vaultOf}. */
export class MixedVault {
  readonly #below: (below: number) => number;
  readonly #operators: number;
  readonly #stakers: number;
  /** Who can claim what was withdrawn for an epoch, once each. */
  readonly #claims = new Line<{ readonly who: string; readonly epoch: bigint }>();
  readonly #waiting = new Set<string>();
  #second = EPOCH_S + 1n;
  #changes = 0;

  constructor({ operators, stakers }: { readonly operators: number; readonly stakers: number }, seed = 1) {
    this.#below = random(seed);
    this.#operators = operators;
    this.#stakers = stakers;
  }

  next(): VaultOperation {
    const parts = this.#below(100);
    const who = `staker${this.#below(this.#stakers)}`;
    if (parts < 40) return this.#deposit(who);
    if (parts < 52) return this.#leave({ op: 'withdraw', who, amount: 10n ** 14n });
    if (parts < 60) return this.#leave({ op: 'redeem', who, shares: 10n ** 14n });
    if (parts < 80) return this.#claim() ?? this.#deposit(who);
    const net = NETWORKS[this.#below(NETWORKS.length)] ?? 'net0';
    const operator = `operator${this.#below(this.#operators)}`;
    // No value twice: the contract refuses what changes nothing.
    if (parts < 85) return { op: 'setOperatorNetworkShares', net, id: 0n, operator, shares: WAD + BigInt(++this.#changes) };
    if (parts < 90) return { op: 'slash', net, id: 0n, operator, amount: 10n ** 12n, captureAgo: 1n };
    this.#second += 600n;
    return { op: 'advance', seconds: 600n };
  }

  #deposit(who: string): VaultOperation {
    return { op: 'deposit', who, amount: 10n ** 15n + BigInt(this.#below(1_000_000)) };
  }

  #leave(operation: VaultOperation & { readonly who: string }): VaultOperation {
    const epoch = this.#second / EPOCH_S + 1n;
    const key = `${epoch}|${operation.who}`;
    if (!this.#waiting.has(key)) this.#claims.push({ who: operation.who, epoch });
    this.#waiting.add(key);
    return operation;
  }

  #claim(): VaultOperation | undefined {
    const claim = this.#claims.takeIf(({ epoch }) => epoch < this.#second / EPOCH_S);
    if (claim === undefined) return undefined;
    this.#waiting.delete(`${claim.epoch}|${claim.who}`);
    return { op: 'claim', ...claim };
  }
}
