// The proof of possession inside a message: its form, and whether it binds the key to the account.
// Babylon x/btcstaking/types/pop.go ValidateBasic and Verify.
import type { Ecc } from '../../crypto/Ecc.ts';
import type { ChainView } from '../ChainView.ts';
import type { MsgBtcStakeExpand, MsgCreateBTCDelegation, ProofOfPossessionBTC } from '../Message.ts';
import * as ProofOfPossession from '../ProofOfPossession.ts';
import { formFault } from '../pop/verdict.ts';
import * as Basics from './basics.ts';
import { type Outcome, plain, staking } from './verdict.ts';

/** The type by name, whichever way the message writes it; undefined for one that there is not. */
export function typeOf({ btcSigType }: Pick<ProofOfPossessionBTC, 'btcSigType'>): ProofOfPossession.Type | undefined {
  return typeof btcSigType === 'number' ? ProofOfPossession.TYPES[btcSigType] : ProofOfPossession.TYPES.find((name) => name === btcSigType);
}

/** The form, without any key. */
export function isFormed(pop: ProofOfPossessionBTC | undefined): Outcome {
  if (pop === undefined) return plain('empty proof of possession', { field: 'pop', why: 'registration.no-pop' });
  const fault = formFault({ type: typeOf(pop), signature: pop.btcSig });
  if (fault === undefined) return undefined;
  const { why, reference } = fault;
  if (why === 'pop.empty-signature') return plain(reference, { field: 'pop.btcSig', why: 'registration.no-pop-signature' });
  if (why === 'pop.unknown-type') return plain(reference, { field: 'pop.btcSigType', why: 'registration.pop-type' });
  return plain(reference, { field: 'pop.btcSig', why: 'registration.malformed-pop' });
}

/** The proof against the staker's key and account. */
export function verifies(value: MsgCreateBTCDelegation | MsgBtcStakeExpand, chain: ChainView, ecc: Ecc): Outcome {
  const { pop, stakerAddr, btcPk } = value;
  const blocked =
    pop === undefined ||
    isFormed(pop) !== undefined ||
    btcPk.length !== 32 ||
    !ecc.isXOnly(btcPk) ||
    Basics.addressParses(stakerAddr, 'stakerAddr', (text) => text) !== undefined;
  const type = blocked ? undefined : typeOf(pop);
  if (blocked || type === undefined) return 'blocked';
  const context = chain.popContext === undefined ? {} : { context: chain.popContext };
  const verdict = ProofOfPossession.verify({ pop: { type, signature: pop.btcSig }, babylonAddress: stakerAddr, btcPk, ...context }, ecc);
  if (verdict.valid) return undefined;
  return staking(1117, verdict.reference, { field: 'pop', why: verdict.why });
}
