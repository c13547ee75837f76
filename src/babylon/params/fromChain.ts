// The staking parameters as the chain's REST and CLI answers and the indexer's API print them, brought into our own JSON form, which `Params`
// reads and checks. Babylon proto/babylon/btcstaking/v1/query.proto; staking-api-service docs/swagger.yaml.
import { base64 } from '@scure/base';
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import * as Hex from '../../base/Hex.ts';

export type Reason =
  | Check.Reason
  | Hex.Reason
  | { readonly code: 'params.not-an-object'; readonly field: string; readonly got: string }
  | { readonly code: 'params.unknown-field'; readonly field: string; readonly version?: number }
  | { readonly code: 'params.missing-field'; readonly field: string; readonly version?: number }
  | { readonly code: 'params.no-version'; readonly field: string }
  | { readonly code: 'params.other-version'; readonly field: string; readonly expected: number; readonly got: number }
  | { readonly code: 'params.too-many-finality-providers'; readonly field: string; readonly got: string }
  | { readonly code: 'params.bad-script'; readonly field: string; readonly problem: 'neither' | 'ambiguous' }
  | { readonly code: 'params.incomplete-list'; readonly field: string };

export type Options = {
  /** The version, where the answer does not tell it: that to `params` does not. */
  readonly version?: number;
  /** How `slashing_pk_script` is written; told from its content when left out. */
  readonly scriptEncoding?: 'base64' | 'hex';
};

/** The chain's name of each field and ours. */
const NAMES: Readonly<Record<string, { readonly ours: string; readonly kind: 'number' | 'digits' | 'keys' | 'script' | 'text' }>> = {
  covenant_pks: { ours: 'covenantPks', kind: 'keys' },
  covenant_quorum: { ours: 'covenantQuorum', kind: 'number' },
  min_staking_value_sat: { ours: 'minStakingValueSats', kind: 'digits' },
  max_staking_value_sat: { ours: 'maxStakingValueSats', kind: 'digits' },
  min_staking_time_blocks: { ours: 'minStakingTimeBlocks', kind: 'number' },
  max_staking_time_blocks: { ours: 'maxStakingTimeBlocks', kind: 'number' },
  slashing_pk_script: { ours: 'slashingPkScriptHex', kind: 'script' },
  min_slashing_tx_fee_sat: { ours: 'minSlashingTxFeeSats', kind: 'digits' },
  slashing_rate: { ours: 'slashingRate', kind: 'text' },
  unbonding_time_blocks: { ours: 'unbondingTimeBlocks', kind: 'number' },
  unbonding_fee_sat: { ours: 'unbondingFeeSats', kind: 'digits' },
  min_commission_rate: { ours: 'minCommissionRate', kind: 'text' },
  delegation_creation_base_gas_fee: { ours: 'delegationCreationBaseGasFee', kind: 'digits' },
  allow_list_expiration_height: { ours: 'allowListExpirationHeight', kind: 'digits' },
  btc_activation_height: { ours: 'btcActivationHeight', kind: 'number' },
};

/** The release line with several providers a delegation has this field; 1 says what all others mean. */
const MAX_PROVIDERS = 'max_finality_providers';

type Values = Readonly<Record<string, unknown>>;

/** Our JSON form of one version. @throws params.*, input.*, hex.* */
export function toOurs(json: unknown, name: string, options: Options): Values {
  const { values, version } = unwrap(object(json, name), name, options);
  const path = `${name}[${version}]`;
  for (const key of Object.keys(values)) {
    const field = `${path}.${key}`;
    if (!Object.hasOwn(NAMES, key) && key !== MAX_PROVIDERS && key !== 'version')
      fail<Reason>({ code: 'params.unknown-field', field, version }, `${field}: no such field is known`);
  }
  if (Object.hasOwn(values, MAX_PROVIDERS)) checkOneProvider(values[MAX_PROVIDERS], `${path}.${MAX_PROVIDERS}`);
  const result: Record<string, unknown> = { version };
  for (const [key, { ours, kind }] of Object.entries(NAMES)) {
    const field = `${path}.${key}`;
    if (!Object.hasOwn(values, key)) fail<Reason>({ code: 'params.missing-field', field, version }, `${field}: missing`);
    result[ours] = convert(kind, values[key], field, options);
  }
  return result;
}

/** The entries of a list of versions: a bare list, an answer to `params_versions`, or the indexer's network info. @throws params.* */
export function listOf(json: unknown, name: string): readonly unknown[] {
  if (Array.isArray(json)) return Array.from(json);
  const given = object(json, name);
  if (Object.hasOwn(given, 'data')) return listOf(given['data'], `${name}.data`);
  if (Object.hasOwn(given, 'pagination') && given['pagination'] !== null && given['pagination'] !== undefined) {
    const field = `${name}.pagination`;
    const next = object(given['pagination'], field)['next_key'];
    // A list without its end lacks the newest versions.
    if (next !== null && next !== undefined && next !== '')
      fail<Reason>({ code: 'params.incomplete-list', field }, `${field}: more pages follow; ask for all versions`);
  }
  const { params } = given;
  if (Array.isArray(params)) return Array.from(params);
  return Array.from(Check.list(object(params, `${name}.params`)['bbn'] as readonly unknown[], `${name}.params.bbn`));
}

/** `{params}`, `{version, params}` or the bare fields. */
function unwrap(given: Values, name: string, { version }: Options): { readonly values: Values; readonly version: number } {
  const wrapped = Object.hasOwn(given, 'params');
  if (wrapped) {
    for (const key of Object.keys(given))
      if (key !== 'params' && key !== 'version') {
        const field = `${name}.${key}`;
        fail<Reason>({ code: 'params.unknown-field', field }, `${field}: no such field is known`);
      }
  }
  const values = wrapped ? object(given['params'], `${name}.params`) : given;
  const field = `${name}.version`;
  const told = [given['version'], wrapped ? values['version'] : undefined, version].filter((one) => one !== undefined);
  const [first, ...others] = told.map((one) => Check.integer(one, field, 0, 0xffff_ffff));
  if (first === undefined)
    return fail<Reason>({ code: 'params.no-version', field }, `${field}: the answer does not tell it; ask params_versions, or give it`);
  for (const got of others)
    if (got !== first) fail<Reason>({ code: 'params.other-version', field, expected: first, got }, `${field}: both ${first} and ${got}`);
  return { values, version: first };
}

function convert(kind: 'number' | 'digits' | 'keys' | 'script' | 'text', value: unknown, field: string, options: Options): unknown {
  switch (kind) {
    case 'digits':
      // Amounts as JSON numbers are exact up to 2^53, far above all bitcoin.
      return typeof value === 'number' ? String(Check.integer(value, field, 0, Number.MAX_SAFE_INTEGER)) : Check.text(value, field);
    case 'number':
      return typeof value === 'string' && /^(0|[1-9][0-9]{0,9})$/.test(value) ? Number(value) : value;
    case 'keys':
      return Array.from(Check.list(value as readonly unknown[], field), (key, i) => Check.text(key, `${field}[${i}]`));
    case 'script':
      return Hex.encode(scriptOf(Check.text(value, field), field, options.scriptEncoding));
    case 'text':
      return Check.text(value, field);
  }
}

function checkOneProvider(value: unknown, field: string): void {
  if (value === 1 || value === '1') return;
  const got = typeof value === 'number' || typeof value === 'string' ? String(value).slice(0, 20) : Check.kindOf(value);
  fail<Reason>({ code: 'params.too-many-finality-providers', field, got }, `${field}: only 1 is known of the chain, got ${got}`);
}

/** Hex of a long script is base64 as well: the reading that gives a script of a known kind counts. */
function scriptOf(text: string, field: string, encoding: Options['scriptEncoding']): Uint8Array {
  if (encoding === 'hex') return Hex.decode(text, field);
  const fromBase64 = decodeBase64(text);
  if (encoding === 'base64') return fromBase64 ?? badScript(field, 'neither');
  if (encoding !== undefined) Check.text(undefined, 'scriptEncoding');
  const fromHex = /^(?:[0-9a-f]{2})*$/i.test(text) ? Hex.decode(text, field) : undefined;
  if (fromHex === undefined || fromBase64 === undefined) return fromHex ?? fromBase64 ?? badScript(field, 'neither');
  if (text === '') return fromHex;
  if (isKnownKind(fromHex) === isKnownKind(fromBase64)) return badScript(field, 'ambiguous');
  return isKnownKind(fromHex) ? fromHex : fromBase64;
}

function decodeBase64(text: string): Uint8Array | undefined {
  try {
    return base64.decode(text);
  } catch {
    return undefined;
  }
}

function badScript(field: string, problem: 'neither' | 'ambiguous'): never {
  const what = problem === 'neither' ? 'neither base64 nor hex' : 'both base64 and hex; say which with scriptEncoding';
  return fail<Reason>({ code: 'params.bad-script', field, problem }, `${field}: ${what}`);
}

/** P2PKH, P2SH, a witness program, or data behind OP_RETURN. */
function isKnownKind(script: Uint8Array): boolean {
  const [first, second, third] = script;
  const { length } = script;
  if (length === 25) return first === 0x76 && second === 0xa9 && third === 20 && script[23] === 0x88 && script[24] === 0xac;
  if (length === 23 && first === 0xa9) return second === 20 && script[22] === 0x87;
  if (first === 0x6a) return length === 1 || second === length - 2;
  return (
    (first === 0 && ((length === 22 && second === 20) || (length === 34 && second === 32))) ||
    (first === 0x51 && length === 34 && second === 32)
  );
}

function object(json: unknown, field: string): Values {
  if (typeof json === 'object' && json !== null && !Array.isArray(json) && !Check.isBytes(json)) return json as Values;
  const got = Check.kindOf(json);
  return fail<Reason>({ code: 'params.not-an-object', field, got }, `${field}: expected a JSON object, got ${got}`);
}
