// MsgUnjailFinalityProvider in the chain's order of questions. Babylon x/finality/keeper/msg_server.go UnjailFinalityProvider,
// x/finality/types/signing_info.go IsJailingPeriodPassed, x/btcstaking/keeper/finality_providers.go UnjailFinalityProvider.
import * as Hex from '../../base/Hex.ts';
import { type Outcome, panic, plain, type Step, staking, textOf, type Warning } from '../chain/verdict.ts';
import type { MsgUnjailFinalityProvider } from '../Message.ts';
import { type Base, checkTypes, decodes, providerOf } from './context.ts';
import { finality } from './errors.ts';
import { NO_TIME } from './time.ts';

type Context = Base<MsgUnjailFinalityProvider>;

export const NAME = 'unjail';

export const STEPS: readonly Step<Context>[] = [
  ['0', keyDecodes],
  ['1', keyIsThere],
  ['2', providerExists],
  ['3', signerIsTheProvider],
  ['4', isJailed],
  ['5', signingInfoIsThere],
  ['6', jailingHasATime],
  ['6', jailingHasPassed],
  ['7', isNotSlashed],
];

export function checkValue(value: MsgUnjailFinalityProvider): void {
  checkTypes(value, { signer: 'text', fpBtcPk: 'bytes' });
}

function keyDecodes({ value }: Context): Outcome {
  return decodes(value.fpBtcPk, 'fpBtcPk', 'malformed data for BIP340 public key');
}

/** The handler falls over a missing key. */
function keyIsThere({ value }: Context): Outcome {
  return value.fpBtcPk.length === 0 ? panic({ field: 'fpBtcPk', why: 'finality-rules.no-key' }) : undefined;
}

function providerExists(context: Context): Outcome {
  const { fpBtcPk } = context.value;
  if (fpBtcPk.length !== 32) return 'blocked';
  if (providerOf(context, fpBtcPk) !== undefined) return undefined;
  const publicKey = Hex.encode(fpBtcPk);
  const failure = staking(1100, '', { field: 'fpBtcPk', why: 'finality-rules.unknown-provider', facts: { publicKey } });
  return { ...failure, reference: `failed to get finality provider ${publicKey}: ${failure.reference}` };
}

/** Compared as text: another spelling of the same account is another text. */
function signerIsTheProvider(context: Context): Outcome {
  const { signer, fpBtcPk } = context.value;
  const provider = providerOf(context, fpBtcPk);
  if (provider === undefined) return 'blocked';
  if (provider.addr === signer) return undefined;
  const text = `the fp's address ${provider.addr} does not match the signer ${signer} of the requestion`;
  return plain(text, { field: 'signer', why: 'finality-rules.other-signer', facts: { expected: provider.addr } });
}

function isJailed(context: Context): Outcome {
  const provider = providerOf(context, context.value.fpBtcPk);
  if (provider === undefined) return 'blocked';
  return provider.jailed ? undefined : staking(1122, '', { field: 'fpBtcPk', why: 'finality-rules.not-jailed' });
}

function signingInfoIsThere(context: Context): Outcome {
  const provider = providerOf(context, context.value.fpBtcPk);
  if (provider?.jailed !== true) return 'blocked';
  if (provider.signingInfo !== undefined) return undefined;
  const text = `failed to get the signing info of finality provider ${Hex.encode(provider.btcPk)}: collections: not found`;
  return plain(text, { field: 'fpBtcPk', why: 'finality-rules.no-signing-info' });
}

function jailingHasATime(context: Context): Outcome {
  const provider = providerOf(context, context.value.fpBtcPk);
  if (provider?.jailed !== true || provider.signingInfo === undefined) return 'blocked';
  if (provider.signingInfo.jailedUntilNs !== NO_TIME) return undefined;
  return staking(1122, '', { field: 'fpBtcPk', why: 'finality-rules.not-jailed' });
}

/** Strictly before the time of the block; the next block is later than the last one, so what passes now passes then. */
function jailingHasPassed(context: Context): Outcome {
  const provider = providerOf(context, context.value.fpBtcPk);
  if (provider?.jailed !== true || provider.signingInfo === undefined || jailingHasATime(context) !== undefined) return 'blocked';
  const { jailedUntilNs } = provider.signingInfo;
  const { tipTimeNs } = context.view;
  if (jailedUntilNs < tipTimeNs) return undefined;
  const facts = { jailedUntilNs, tipTimeNs, remainingNs: jailedUntilNs - tipTimeNs + 1n };
  return finality(1112, `current block time: ${tipTimeNs}, required ${jailedUntilNs}`, {
    field: 'fpBtcPk',
    why: 'finality-rules.too-early',
    facts,
  });
}

function isNotSlashed(context: Context): Outcome {
  const provider = providerOf(context, context.value.fpBtcPk);
  if (provider === undefined) return 'blocked';
  if (provider.slashedBabylonHeight === 0n) return undefined;
  const failure = staking(1104, '', { field: 'fpBtcPk', why: 'finality-rules.slashed-provider' });
  return { ...failure, reference: `failed to unjail finality provider ${Hex.encode(provider.btcPk)}: ${textOf(1104)}` };
}

export function warnings(): readonly Warning[] {
  return [];
}
