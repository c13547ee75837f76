// MsgCreateBTCDelegation as a whole: the stateless questions, the stateful ones, then what we refuse beyond the chain.
import type { MsgBtcStakeExpand, MsgCreateBTCDelegation } from '../Message.ts';
import * as Basics from './basics.ts';
import { type Base, checkTypes, type Kind } from './context.ts';
import { proofFaults, type Registration, registrationOf, STEPS as STATEFUL } from './createStateful.ts';
import { STEPS as STATELESS } from './createStateless.ts';
import * as Inclusion from './inclusion.ts';
import { every, type Failure, first, type Outcome, own, type Step, type Warning } from './verdict.ts';

export const KINDS: Readonly<Record<string, Kind>> = {
  stakerAddr: 'text',
  pop: 'pop',
  btcPk: 'bytes',
  fpBtcPkList: 'bytesList',
  stakingTime: 'uint32',
  stakingValue: 'int64',
  stakingTx: 'bytes',
  slashingTx: 'bytes',
  delegatorSlashingSig: 'bytes',
  unbondingTime: 'uint32',
  unbondingTx: 'bytes',
  unbondingValue: 'int64',
  unbondingSlashingTx: 'bytes',
  delegatorUnbondingSlashingSig: 'bytes',
};

/** What we refuse though the chain takes it. */
const OWN: readonly Step<Registration>[] = [['own.1', isNotMinedYet]];

export function firstFailure(base: Base<MsgCreateBTCDelegation>): Failure | undefined {
  checkTypes(base.value, { ...KINDS, stakingTxInclusionProof: 'proof' });
  const registration = registrationOf(base);
  return named(first(STATELESS, base) ?? first(STATEFUL, registration) ?? first(OWN, registration));
}

export function allFailures(base: Base<MsgCreateBTCDelegation>): readonly Failure[] {
  checkTypes(base.value, { ...KINDS, stakingTxInclusionProof: 'proof' });
  const registration = registrationOf(base);
  return [...every(STATELESS, base), ...statefulFailures(registration), ...every(OWN, registration)].map((one) => name(one));
}

/** The stateful faults, with every one of the proof's instead of its first. */
export function statefulFailures(registration: Registration): readonly Failure[] {
  return every(STATEFUL, registration).flatMap((one) =>
    one.check === 'stateful.4' && one.why !== 'params.none-at-height'
      ? proofFaults(registration).map((fault) => ({ ...fault, check: 'stateful.4' }))
      : [one],
  );
}

function named(failure: Failure | undefined): Failure | undefined {
  return failure === undefined ? undefined : name(failure);
}

function name(failure: Failure): Failure {
  return { ...failure, check: `create.${failure.check}` };
}

/**
 * Registered without proof, a stake that is mined already is lost to the chain for ever: its block lies below the tip that is stored with it,
 * so that no proof is accepted, and its txid is taken.
 */
function isNotMinedYet({ chain, proof, stakingTx }: Registration): Outcome {
  const txid = stakingTx()?.txid;
  const minedHeight = txid === undefined ? undefined : chain.minedAt.get(txid);
  if (proof !== undefined || minedHeight === undefined) return undefined;
  const text = `the stake is mined in block ${minedHeight}: register it with its proof of inclusion, or it can never become active`;
  const facts = { txid, minedHeight, tipHeight: chain.tipHeight };
  return own(text, { field: 'stakingTxInclusionProof', why: 'registration.mined-without-proof', facts });
}

/** What the chain overlooks and a sender should not. */
export function warnings({ value, chain }: Base<MsgCreateBTCDelegation | MsgBtcStakeExpand>): readonly Warning[] {
  const proof = 'stakingTxInclusionProof' in value ? value.stakingTxInclusionProof : undefined;
  const registration = registrationOf({ value, chain, ecc: undefined as never, gasLimit: undefined });
  const parsed = {
    stakingTx: registration.stakingTx(),
    slashingTx: registration.slashingTx(),
    unbondingTx: registration.unbondingTx(),
    unbondingSlashingTx: registration.unbondingSlashingTx(),
  };
  const found: Warning[] = [
    ...Inclusion.warnings(proof, 'stakingTxInclusionProof'),
    ...Basics.accountWarnings(value.stakerAddr, 'stakerAddr'),
  ];
  for (const [field, one] of Object.entries(parsed)) {
    if (one === undefined) continue;
    if (one.trailingBytes > 0) {
      const message = `${field}: ${one.trailingBytes} bytes stand behind the transaction; the chain stores them and other readers refuse them`;
      found.push({ why: 'registration.trailing-bytes', field, message });
    }
    if (one.hasWitness && field !== 'stakingTx')
      found.push({ why: 'registration.witness', field, message: `${field}: a pre-signed transaction travels without witness` });
  }
  const next = chain.paramsSet.versions.find(({ btcActivationHeight }) => btcActivationHeight > chain.tipHeight);
  const blocksUntil = next === undefined ? undefined : next.btcActivationHeight - chain.tipHeight;
  if (proof === undefined && next !== undefined && blocksUntil !== undefined && blocksUntil <= NEAR) {
    const message = `parameter version ${next.version} applies in ${blocksUntil} blocks; executed after that, this message is checked against it`;
    found.push({ why: 'registration.params-change-ahead', field: 'stakingTx', message });
  }
  return found;
}

/** About two hours. @unit blocks */
const NEAR = 12;
