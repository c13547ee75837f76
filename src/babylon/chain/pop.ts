// The proof of possession inside a message: its form, and whether it binds the key to the account.
// Babylon x/btcstaking/types/pop.go ValidateBasic and Verify.
import type { Ecc } from '../../crypto/Ecc.ts';
import type { ChainView } from '../ChainView.ts';
import type { MsgBtcStakeExpand, MsgCreateBTCDelegation, ProofOfPossessionBTC } from '../Message.ts';
import * as ProofOfPossession from '../ProofOfPossession.ts';
import * as PopEncoding from '../pop/encoding.ts';
import * as Basics from './basics.ts';
import { type Outcome, plain, staking } from './verdict.ts';

const TYPES: readonly ProofOfPossession.Pop['type'][] = ['BIP340', 'BIP322', 'ECDSA'];

/** The type by name, whichever way the message writes it. */
function typeOf({ btcSigType }: ProofOfPossessionBTC): ProofOfPossession.Pop['type'] | undefined {
  return typeof btcSigType === 'number' ? TYPES[btcSigType] : TYPES.find((name) => name === btcSigType);
}

/** The form, without any key. */
export function isFormed(pop: ProofOfPossessionBTC | undefined): Outcome {
  if (pop === undefined) return plain('empty proof of possession', { field: 'pop', why: 'registration.no-pop' });
  const field = 'pop.btcSig';
  if (pop.btcSig.length === 0) return plain('empty BTC signature', { field, why: 'registration.no-pop-signature' });
  const malformed = (text: string): Outcome => plain(text, { field, why: 'registration.malformed-pop' });
  switch (typeOf(pop)) {
    case 'BIP340':
      if (Basics.signatureFault(pop.btcSig) === undefined) return undefined;
      return malformed('invalid BTC BIP340 signature: bytes cannot be converted to a *schnorr.Signature object');
    case 'BIP322':
      return bip322Reads(pop.btcSig, malformed);
    case 'ECDSA':
      return pop.btcSig.length === 65 ? undefined : malformed('invalid BTC ECDSA signature size');
    default:
      return plain('invalid BTC signature type', { field: 'pop.btcSigType', why: 'registration.pop-type' });
  }
}

function bip322Reads(btcSig: Uint8Array, malformed: (text: string) => Outcome): Outcome {
  const parts = PopEncoding.decodeBip322Sig(btcSig);
  return typeof parts === 'string' ? malformed(`invalid BTC BIP322 signature: ${parts}`) : undefined;
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
