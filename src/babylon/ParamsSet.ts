// All versions of a network's staking parameters and the choice among them by Bitcoin height. Babylon x/btcstaking/keeper/params.go.
import type { BlockHeight } from '../base/Blocks.ts';
import type { Brand } from '../base/Brand.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Ecc from '../crypto/Ecc.ts';
import { type StakingParams, fromChain as versionFromChain } from './Params.ts';
import * as ChainParams from './params/fromChain.ts';

/** Versions 0, 1, 2 … with strictly increasing activation heights. */
export type ParamsSet = Brand<{ readonly versions: readonly [StakingParams, ...StakingParams[]] }, 'params-set'>;

export type Reason =
  | Check.Reason
  | ChainParams.Reason
  | { readonly code: 'params.not-a-set'; readonly got: string }
  | { readonly code: 'params.empty-set' }
  | { readonly code: 'params.version-gap'; readonly expected: number; readonly got: number }
  | {
      readonly code: 'params.activation-order';
      readonly field: string;
      readonly version: number;
      readonly previousHeight: number;
      readonly height: number;
      readonly reference: 'pairs must be sorted by start height in ascending order';
    }
  | { readonly code: 'params.unknown-version'; readonly version: number; readonly latest: number }
  | {
      readonly code: 'params.none-at-height';
      readonly height: number;
      readonly firstActivationHeight: number;
      /** Babylon: `no parameters found for block height h`. */
      readonly reference: string;
    };

/**
 * The set of `list`, which must be in order.
 *
 * @throws params.empty-set
 * @throws params.version-gap - versions go 0, 1, 2 …
 * @throws params.activation-order - each version activates above the one before
 */
export function from(list: readonly StakingParams[]): ParamsSet {
  const [first, ...rest] = Check.list(list, 'paramsVersions');
  if (first === undefined) fail<Reason>({ code: 'params.empty-set' }, 'a set of parameters needs at least one version');
  const versions = [first, ...rest] as const;
  let previousHeight = -1;
  for (const [expected, params] of versions.entries()) {
    const { version, btcActivationHeight: height } = Check.object(params, `paramsVersions[${expected}]`);
    Check.integer(version, `paramsVersions[${expected}].version`, 0, 0xffff_ffff);
    Check.integer(height, `paramsVersions[${expected}].btcActivationHeight`, 0, 0xffff_ffff);
    if (version !== expected)
      fail<Reason>({ code: 'params.version-gap', expected, got: version }, `params[${version}]: expected version ${expected} here`);
    if (height <= previousHeight) {
      const reference = 'pairs must be sorted by start height in ascending order';
      fail<Reason>(
        { code: 'params.activation-order', field: `params[${version}].btcActivationHeight`, version, previousHeight, height, reference },
        `params[${version}].btcActivationHeight: must be above ${previousHeight}, got ${height}`,
      );
    }
    previousHeight = height;
  }
  return Object.freeze({ versions: Object.freeze(versions) }) as unknown as ParamsSet;
}

/**
 * The set of an answer to `params_versions`, of the indexer's network info, or of a bare list of such versions, in any order.
 *
 * @throws params.incomplete-list - more pages follow
 * @throws as `Params.fromChain` and {@link from}
 */
export function fromChain(json: unknown, options: Omit<ChainParams.Options, 'version'> = {}, ecc: Ecc.Ecc = Ecc.auto()): ParamsSet {
  const versions = ChainParams.listOf(json, 'params').map((one) => versionFromChain(one, options, ecc));
  return from(versions.sort((a, b) => a.version - b.version));
}

/** Version `version`. @throws params.unknown-version, input.* */
export function byVersion(set: ParamsSet, version: number): StakingParams {
  Check.integer(version, 'paramsVersion', 0, 0xffff_ffff);
  const found = versionsOf(set)[version];
  if (found !== undefined) return found;
  const newest = latest(set).version;
  return fail<Reason>(
    { code: 'params.unknown-version', version, latest: newest },
    `paramsVersion: the newest known version is ${newest}, got ${version}`,
  );
}

/**
 * The version in force at a Bitcoin height: the greatest activation height not above it. Which height that is depends on the case:
 * the block including the staking transaction for a registration with proof, the tip of Babylon's light client for one without,
 * and for a delegation that exists neither: it keeps the version stored in it.
 *
 * @throws params.none-at-height - below the first activation
 */
export function atHeight(set: ParamsSet, height: BlockHeight): StakingParams {
  Check.integer(height, 'height', 0, 0xffff_ffff);
  const found = [...versionsOf(set)].reverse().find(({ btcActivationHeight }) => btcActivationHeight <= height);
  if (found !== undefined) return found;
  const firstActivationHeight = set.versions[0].btcActivationHeight;
  return fail<Reason>(
    { code: 'params.none-at-height', height, firstActivationHeight, reference: `no parameters found for block height ${height}` },
    `no parameters are in force at Bitcoin height ${height}; the first version activates at ${firstActivationHeight}`,
  );
}

/** The newest stored version, in force or not: what the chain's `params` query returns. */
export function latest(set: ParamsSet): StakingParams {
  const versions = versionsOf(set);
  return versions[versions.length - 1] ?? versions[0];
}

/**
 * The next version above `height` and the number of blocks until it applies; undefined when none is known. A registration signed
 * shortly before an activation may be checked against the version after it, and then fails.
 */
export function activationAfter(
  set: ParamsSet,
  height: BlockHeight,
): { readonly params: StakingParams; readonly blocksUntil: number } | undefined {
  Check.integer(height, 'height', 0, 0xffff_ffff);
  const params = versionsOf(set).find(({ btcActivationHeight }) => btcActivationHeight > height);
  return params === undefined ? undefined : { params, blocksUntil: params.btcActivationHeight - height };
}

/** The versions of a set, told from the network that has it: the mistake is near. */
function versionsOf(set: ParamsSet): ParamsSet['versions'] {
  if (set === undefined || set === null) Check.missing('set');
  if (typeof set !== 'object' || !Array.isArray(set.versions) || set.versions.length === 0) {
    const got = Check.kindOf(set);
    const advice = 'of a network it is network.paramsSet, of a list of parameters ParamsSet.from(list)';
    fail<Reason>({ code: 'params.not-a-set', got }, `set: expected a ParamsSet, got ${got}; ${advice}`);
  }
  for (const [i, params] of set.versions.entries())
    Check.integer(Check.object(params, `set.versions[${i}]`).btcActivationHeight, `set.versions[${i}].btcActivationHeight`, 0, 0xffff_ffff);
  return set.versions;
}
