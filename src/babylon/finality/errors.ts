// The errors of the finality module and of the framework's staking, by number and with their descriptions.
// Babylon x/finality/types/errors.go; cosmos-sdk x/staking/types/errors.go. Logs end with the description.
import type { Failure } from '../chain/verdict.ts';

/** Registered errors of the finality module. */
export const FINALITY = {
  1100: 'Block is not found',
  1101: 'vote is not found',
  1102: 'the chain has not reached the given height yet',
  1103: 'public randomness is not found',
  1104: 'the finality provider has not committed any public randomness yet',
  1105: 'the request contains too few public randomness',
  1106: 'the public randomness list is invalid',
  1107: 'evidence is not found',
  1108: 'finality signature is not valid',
  1109: 'duplicated finality vote',
  1110: 'there is no slashable evidence',
  1111: 'the public randomness commit is not BTC timestamped yet',
  1112: 'the jailing period is not passed',
  1113: 'voting power table has not been updated',
  1114: 'the BTC staking protocol is not activated yet',
  1115: 'finality is not active yet',
  1116: 'the voting block is already finalized and timestamped',
  1117: 'overflow in block height calculation',
  1118: 'the public randomness commitment is invalid',
  1121: 'resume finality proposal message is not valid',
  1122: 'finality provider is deleted',
  1123: 'invalid satoshi amount',
  1124: 'voting power table was not found',
} as const;

/** Those of the framework's staking that commissions end in. */
const STAKING = {
  9: 'commission must be positive',
  10: 'commission cannot be more than 100%',
  13: 'commission change rate must be positive',
  14: 'commission change rate cannot be more than the max rate',
} as const;

/** Errors of EOTS verification: they have no code, so the chain reports them as undefined/1 with these words. Babylon crypto/eots/error.go. */
export const EOTS = {
  infinity: 'calculated R point is the point at infinity',
  'odd-r': 'calculated R y-value is odd',
  'unequal-r': 'calculated R point was not given R',
  'challenge-overflow': 'hash of (r || P || m) too big',
} as const;

type Why = { readonly field: string; readonly why: string; readonly facts?: Readonly<Record<string, unknown>> };

/** An error of the finality module; what is wrapped around it stands in front. */
export function finality(code: keyof typeof FINALITY, text: string, why: Why): Omit<Failure, 'check'> {
  return { codespace: 'finality', code, reference: text === '' ? FINALITY[code] : `${text}: ${FINALITY[code]}`, ...why };
}

/** An error of the framework's staking. */
export function frameworkStaking(code: keyof typeof STAKING, why: Why): Omit<Failure, 'check'> {
  return { codespace: 'staking', code, reference: STAKING[code], ...why };
}

/** An error of the framework: 7 is an invalid address, 18 an invalid request. */
export function framework(code: 7 | 18, text: string, why: Why): Omit<Failure, 'check'> {
  return { codespace: 'sdk', code, reference: `${text}: ${code === 7 ? 'invalid address' : 'invalid request'}`, ...why };
}
