// MsgCreateFinalityProvider in the chain's order of questions. Babylon x/btcstaking/types/{msg,commission,btcstaking}.go,
// x/btcstaking/keeper/{msg_server,finality_providers}.go; lengths of descriptions: cosmos-sdk x/staking/types/validator.go.
import * as Check from '../../base/Check.ts';
import * as Hex from '../../base/Hex.ts';
import * as BabylonAddress from '../BabylonAddress.ts';
import * as Basics from '../chain/basics.ts';
import * as Pop from '../chain/pop.ts';
import { attempt, invalidArgument, type Outcome, panic, plain, type Step, staking, type Warning } from '../chain/verdict.ts';
import type { MsgCreateFinalityProvider } from '../Message.ts';
import * as ProofOfPossession from '../ProofOfPossession.ts';
import { type Base, checkTypes, decodes, featuresOf } from './context.ts';
import * as Decimals from './decimals.ts';
import { framework, frameworkStaking } from './errors.ts';

type Context = Base<MsgCreateFinalityProvider>;

export const NAME = 'createProvider';

export const STEPS: readonly Step<Context>[] = [
  ['0', keyDecodes],
  ['0', ratesDecode],
  ['1', ratesAreThere],
  ['2', ratesFit],
  ['3', isDescribed],
  ['4', keyIsAKey],
  ['5', popIsThere],
  ['6', addressParses],
  ['7', popIsFormed],
  ['8', popVerifies],
  ['9', addressIsNew],
  ['10', rateIsEnough],
  ['11', keyIsNew],
];

export function checkValue(value: MsgCreateFinalityProvider): void {
  checkTypes(value, { addr: 'text', description: 'object', btcPk: 'bytes', pop: 'object', commission: 'object' });
  for (const [key, text] of Object.entries(value.description ?? {})) if (text !== undefined) Check.text(text, `description.${key}`);
  for (const [key, text] of Object.entries(value.commission ?? {})) Check.text(text, `commission.${key}`);
  if (value.pop !== undefined) Check.bytes(value.pop.btcSig, 'pop.btcSig');
}

type Rates = { readonly rate: bigint; readonly maxRate: bigint; readonly maxChangeRate: bigint };

/** The rates where all three are decimals; `empty` where none is given, `partly` where some are: an absent decimal is a null pointer. */
function ratesOf({ value: { commission } }: Context): Rates | 'empty' | 'partly' | 'malformed' {
  const texts = [commission?.rate ?? '', commission?.maxRate ?? '', commission?.maxChangeRate ?? ''];
  if (texts.every((text) => text === '')) return 'empty';
  const rates = texts.map((text) => {
    if (text === '') return undefined;
    return attempt(() => Decimals.wire(text, 'commission'));
  });
  if (texts.some((text, i) => text !== '' && rates[i] === undefined)) return 'malformed';
  const [rate, maxRate, maxChangeRate] = rates;
  return rate === undefined || maxRate === undefined || maxChangeRate === undefined ? 'partly' : { rate, maxRate, maxChangeRate };
}

function keyDecodes({ value }: Context): Outcome {
  return decodes(value.btcPk, 'btcPk', 'malformed data for BIP340 public key');
}

function ratesDecode(context: Context): Outcome {
  if (ratesOf(context) !== 'malformed') return undefined;
  const why = { field: 'commission', why: 'finality-rules.bad-decimal' };
  return { codespace: 'sdk', code: 2, reference: 'failed to set decimal: tx parse error', ...why };
}

function ratesAreThere(context: Context): Outcome {
  const rates = ratesOf(context);
  if (rates === 'malformed') return 'blocked';
  if (rates === 'empty') return staking(1125, '', { field: 'commission', why: 'finality-rules.no-commission' });
  return rates === 'partly' ? panic({ field: 'commission', why: 'finality-rules.no-commission' }) : undefined;
}

function ratesFit(context: Context): Outcome {
  const rates = ratesOf(context);
  if (typeof rates === 'string') return 'blocked';
  const { rate, maxRate, maxChangeRate } = rates;
  const why = (field: string): { field: string; why: string } => ({ field: `commission.${field}`, why: 'finality-rules.commission' });
  if (maxRate < 0n) return frameworkStaking(9, why('maxRate'));
  if (maxRate > Decimals.ONE) return frameworkStaking(10, why('maxRate'));
  if (rate < 0n) return frameworkStaking(9, why('rate'));
  if (rate > maxRate) return staking(1112, '', why('rate'));
  if (maxChangeRate < 0n) return frameworkStaking(13, why('maxChangeRate'));
  return maxChangeRate > maxRate ? frameworkStaking(14, why('maxChangeRate')) : undefined;
}

/** Lengths in bytes of UTF-8, in the order in which they are asked. */
const LENGTHS = [
  ['moniker', 70, 'moniker'],
  ['identity', 3_000, 'identity'],
  ['website', 140, 'website'],
  ['securityContact', 140, 'security contact'],
  ['details', 280, 'details'],
] as const;

function isDescribed({ value: { description } }: Context): Outcome {
  const why = (field: string): { field: string; why: string } => ({ field, why: 'finality-rules.description' });
  if (description === undefined) return plain('empty description', why('description'));
  if (description.moniker === '') return plain('empty moniker', why('description.moniker'));
  for (const [key, max, name] of LENGTHS) {
    const got = new TextEncoder().encode(description[key] ?? '').length;
    if (got > max) return framework(18, `invalid ${name} length; got: ${got}, max: ${max}`, why(`description.${key}`));
  }
  return undefined;
}

function keyIsAKey({ value: { btcPk }, ecc }: Context): Outcome {
  if (btcPk.length === 0) return plain('empty BTC public key', { field: 'btcPk', why: 'finality-rules.no-key' });
  if (btcPk.length !== 32) return 'blocked';
  const fault = Basics.keyFault(btcPk, ecc);
  return fault === undefined ? undefined : plain(`invalid BTC public key: ${fault}`, { field: 'btcPk', why: 'public-key.not-on-curve' });
}

function popIsThere({ value: { pop } }: Context): Outcome {
  return pop === undefined ? plain('empty proof of possession', { field: 'pop', why: 'registration.no-pop' }) : undefined;
}

function addressParses({ value: { addr } }: Context): Outcome {
  return Basics.addressParses(addr, 'addr', (inner) => `invalid FP addr: ${addr} - ${inner}`);
}

function popIsFormed({ value: { pop } }: Context): Outcome {
  return pop === undefined ? 'blocked' : Pop.isFormed(pop);
}

function popVerifies(context: Context): Outcome {
  const { value, view, ecc } = context;
  const { pop, addr, btcPk } = value;
  const isReady = pop !== undefined && Pop.isFormed(pop) === undefined && btcPk.length === 32 && ecc.isXOnly(btcPk);
  if (!isReady || addressParses(context) !== undefined) return 'blocked';
  const type = Pop.typeOf(pop);
  if (type === undefined) return 'blocked';
  const popContext = view.popContext === undefined ? {} : { context: view.popContext };
  const verdict = ProofOfPossession.verify({ pop: { type, signature: pop.btcSig }, babylonAddress: addr, btcPk, ...popContext }, ecc);
  if (verdict.valid) return undefined;
  return invalidArgument(`invalid proof of possession: ${verdict.reference}`, { field: 'pop', why: verdict.why });
}

function addressIsNew(context: Context): Outcome {
  const { value, view } = context;
  if (addressParses(context) !== undefined) return 'blocked';
  const { text } = BabylonAddress.parseAny(value.addr);
  const isTaken = [...view.providers.values()].some(({ addr }) => addr.toLowerCase() === text);
  if (!isTaken || !featuresOf(view).addressesAreUnique) return undefined;
  const words = `there is already an finality provider registered with the same babylon address: ${text}`;
  return staking(1103, words, { field: 'addr', why: 'finality-rules.address-taken' });
}

function rateIsEnough(context: Context): Outcome {
  const rates = ratesOf(context);
  if (typeof rates === 'string') return 'blocked';
  const least = BigInt(context.view.minCommissionRate);
  if (rates.rate >= least) return undefined;
  const shown = `${least / Decimals.ONE}.${(least % Decimals.ONE).toString().padStart(18, '0')}`;
  const text = `cannot set finality provider commission to less than minimum rate of ${shown}`;
  return staking(1111, text, { field: 'commission.rate', why: 'finality-rules.commission', facts: { min: shown } });
}

function keyIsNew({ value: { btcPk }, view }: Context): Outcome {
  if (btcPk.length !== 32) return 'blocked';
  if (!view.providers.has(Hex.encode(btcPk))) return undefined;
  return staking(1103, '', { field: 'btcPk', why: 'finality-rules.key-taken' });
}

export function warnings({ value: { addr } }: Context): readonly Warning[] {
  return Basics.accountWarnings(addr, 'addr');
}
