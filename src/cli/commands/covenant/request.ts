// What the covenant's commands share: the operator's policy from options, and requests from files in any of their forms.
import { type Command, Option } from 'commander';
import * as ChainView from '../../../babylon/ChainView.ts';
import * as CovenantRemote from '../../../babylon/CovenantRemote.ts';
import * as CovenantReview from '../../../babylon/CovenantReview.ts';
import * as CovenantSigner from '../../../babylon/CovenantSigner.ts';
import * as Networks from '../../../babylon/Networks.ts';
import * as Params from '../../../babylon/Params.ts';
import * as ParamsSet from '../../../babylon/ParamsSet.ts';
import * as Blocks from '../../../base/Blocks.ts';
import * as Check from '../../../base/Check.ts';
import { printable, readJson } from '../../io.ts';
import * as parse from '../../parse.ts';

export type PolicyOptions = {
  readonly json?: boolean;
  readonly network: string;
  readonly params?: string;
  readonly paramsVersion?: readonly number[];
  readonly tipHeight?: number;
  readonly createdAtHeight?: number;
  readonly inclusionHeight?: number;
  readonly providers?: string;
  readonly requirePop?: boolean;
  readonly popContext?: string;
  readonly release?: ChainView.Release;
};

const height = (option: string): ((text: string) => number) => parse.integer(option, 0, 0xffff_ffff);

/** The options that say what may be signed. */
export function policyOptions(command: Command): Command {
  return command
    .option('--network <name>', 'its built-in parameters are the ones that count', 'bbn-1')
    .option('--params <file>', "all versions as JSON, instead: the chain's params_versions, or what satlock params --json prints")
    .option('--params-version <number>', 'sign under this version only; repeatable', (text: string, before: readonly number[] = []) => [
      ...before,
      height('--params-version')(text),
    ])
    .option(
      '--tip-height <height>',
      "tip of Babylon's Bitcoin light client, from a source of your own: tells the version in force, and expiry",
      height('--tip-height'),
    )
    .option('--created-at-height <height>', 'that tip when the delegation was registered, where you know it', height('--created-at-height'))
    .option('--inclusion-height <height>', 'for a message with proof: height of the block with the stake', height('--inclusion-height'))
    .option('--providers <file>', "list of a node's answers on finality providers: refuse all others, and slashed ones")
    .option('--require-pop', 'refuse a delegation without proof of possession')
    .option('--pop-context <hex>', 'signing context of proofs of possession; mainnet has none', parse.context('--pop-context'))
    .addOption(
      new Option('--release <name>', 'rules of this release for expansions').choices(['v1', 'v4.0', 'v4.3', 'main']).default('main'),
    )
    .option('--json', 'print JSON');
}

/** The policy of the options. */
export function policyOf(options: PolicyOptions): CovenantReview.Policy {
  const { paramsVersion, tipHeight, createdAtHeight, providers, requirePop, popContext, release } = options;
  return {
    paramsSet: paramsSetOf(options),
    ...(paramsVersion === undefined ? {} : { allowedVersions: paramsVersion }),
    ...(tipHeight === undefined ? {} : { tipHeight }),
    ...(createdAtHeight === undefined ? {} : { createdAtHeight }),
    ...(providers === undefined ? {} : { providers: providersOf(readJson(providers, '--providers')) }),
    ...(requirePop === undefined ? {} : { requirePop }),
    ...(popContext === undefined || popContext === '' ? {} : { popContext }),
    ...(release === undefined ? {} : { release }),
  };
}

function providersOf(json: unknown): readonly ChainView.FinalityProvider[] {
  const list = Array.isArray(json) ? json : (json as { readonly finality_providers?: readonly unknown[] } | null)?.finality_providers;
  return Check.list(list as readonly unknown[], '--providers').map((one) => ChainView.finalityProviderFromRest(one));
}

function paramsSetOf({ network, params }: PolicyOptions): ParamsSet.ParamsSet {
  if (params !== undefined) return paramsSetFrom(readJson(params, '--params'));
  const known = Networks.from(network);
  Networks.assertStaking(known);
  return known.paramsSet;
}

/** Our own JSON has camelCase names; what is neither is for the chain's reader to refuse. */
function paramsSetFrom(json: unknown): ParamsSet.ParamsSet {
  const list = Array.isArray(json) ? json : (json as { readonly versions?: unknown } | null)?.versions;
  const ours = Array.isArray(list) && list.every((one: unknown) => typeof one === 'object' && one !== null && 'covenantPks' in one);
  return ours ? ParamsSet.from(list.map((one: unknown) => Params.from(one))) : ParamsSet.fromChain(json);
}

export type Request = {
  readonly review: (covenantPk?: Uint8Array) => CovenantReview.Report;
  readonly prepare: (covenantPk: Uint8Array) => CovenantSigner.Prepared;
  /** Of the reference's remote signer: it is answered in its form too. */
  readonly isRemote: boolean;
};

/** A request out of a file: a node's answer, a message of the staker, ours with several parts, or the remote signer's. */
export function readRequest(file: string, options: PolicyOptions): Request {
  const policy = policyOf(options);
  const json = readJson(file);
  if (isRemote(json)) {
    const base = { request: json, policy };
    return {
      review: (covenantPk) => CovenantRemote.review(covenantPk === undefined ? base : { ...base, covenantPk }),
      prepare: (covenantPk) => CovenantRemote.prepare({ ...base, covenantPk }),
      isRemote: true,
    };
  }
  const subject = CovenantReview.fromJson(json, { params: messageParams(policy, options) });
  return {
    review: (covenantPk) => CovenantReview.review(covenantPk === undefined ? { subject, policy } : { subject, policy, covenantPk }),
    prepare: (covenantPk) => CovenantSigner.prepare({ subject, policy, covenantPk }),
    isRemote: false,
  };
}

function isRemote(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'fp_enc_keys' in json;
}

/** A message does not name its version: it is that of the including block with a proof, else that of the tip. */
function messageParams({ paramsSet, allowedVersions }: CovenantReview.Policy, options: PolicyOptions): Params.StakingParams {
  const at = options.inclusionHeight ?? options.createdAtHeight ?? options.tipHeight;
  const [only] = allowedVersions ?? [];
  if (only !== undefined && allowedVersions?.length === 1) return ParamsSet.byVersion(paramsSet, only);
  return at === undefined ? ParamsSet.latest(paramsSet) : ParamsSet.atHeight(paramsSet, Blocks.height(at));
}

/** A report for a terminal: it repeats a stranger's texts. */
export function shown(report: CovenantReview.Report): string {
  return CovenantReview.toText(report).split('\n').map(printable).join('\n');
}
