// Keys, terms and delegations of the rows, all by a fixed seed: two runs measure the same work.
import { createHash } from 'node:crypto';
import type { Library } from './build.ts';

export type XOnly = import('../src/index.ts').PublicKey.XOnlyPublicKey;
export type Secret = import('../src/index.ts').SecretKey.SecretKey;
export type Person = { readonly secretKey: Secret; readonly publicKey: XOnly };
export type Contract = import('../src/index.ts').StakingContract.StakingContract;
export type Delegation = import('../src/index.ts').Delegation.Delegation;
export type Params = import('../src/index.ts').Params.StakingParams;
export type Slashable = import('../src/index.ts').Slasher.Slashable;

export const AUX: Uint8Array = new Uint8Array(32);
export const STAKE_SATS = 100_000_000n;

export function hash(label: string): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(`satlock bench ${label}`).digest());
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Throws when two results that must be equal are not: such a row would compare different work. */
export function same(what: string, ours: string, theirs: string): void {
  if (ours !== theirs) throw new Error(`${what} differ: ours ${ours}, other ${theirs}`);
}

export function yes(what: string, condition: boolean): void {
  if (!condition) throw new Error(`this must hold and does not: ${what}`);
}

export class Fixtures {
  readonly lib: Library;
  readonly paramsSet: import('../src/index.ts').ParamsSet.ParamsSet;
  /** The newest parameters of mainnet, with the real covenant: 9 keys, quorum 6. */
  readonly params: Params;
  readonly staker: Person;
  readonly provider: Person;

  constructor(lib: Library) {
    this.lib = lib;
    this.paramsSet = lib.Networks.from('mainnet').paramsSet;
    this.params = lib.ParamsSet.latest(this.paramsSet);
    yes('the mainnet covenant is 6 of 9', this.params.covenantPks.length === 9 && this.params.covenantQuorum === 6);
    this.staker = this.person('staker');
    this.provider = this.person('provider');
  }

  person(label: string): Person {
    const secretKey = this.lib.SecretKey.from(hash(label));
    return { secretKey, publicKey: this.lib.PublicKey.ofSecret(secretKey) };
  }

  /** Options of a contract on mainnet terms. */
  terms(stakerPk: XOnly, covenantPks: readonly XOnly[] = this.params.covenantPks): Parameters<Library['StakingContract']['from']>[0] {
    return {
      stakerPk,
      finalityProviderPks: [this.provider.publicKey],
      covenantPks,
      covenantQuorum: this.params.covenantQuorum,
      stakingTimeBlocks: 64_000,
      unbondingTimeBlocks: this.params.unbondingTimeBlocks,
    };
  }

  /** A staking transaction with one input and one output. */
  stakingTransaction(contract: Contract, index = 0): import('../src/index.ts').Tx.Transaction {
    const valueSats = this.lib.Sats.from(STAKE_SATS);
    return this.lib.Tx.create(
      [{ outpoint: { txid: hex(hash(`funding ${index}`)), vout: 0 } }],
      [{ scriptPubKey: contract.staking.scriptPubKey, valueSats }],
    );
  }

  delegation(contract: Contract, index = 0): Delegation {
    // The amounts of mainnet with the committee at hand, which can sign.
    const rules = { ...this.params, covenantPks: contract.terms.covenantPks };
    return this.lib.Delegation.from({ contract, rules, stakingTransaction: this.stakingTransaction(contract, index) });
  }

  /** Public keys that were never seen before: the endless sequence P + G, P + 2G, … of points. */
  *freshKeys(label: string): Generator<XOnly> {
    const { wasm } = this.lib.backends;
    const one = new Uint8Array(32);
    one[31] = 1;
    let point = wasm.pointFromScalar(hash(label));
    while (point !== null) {
      yield point.slice(1) as XOnly;
      point = wasm.pointAddScalar(point, one);
    }
  }
}
