// Rules: the parameter version, the network, and the age of what is known. Babylon x/btcstaking/keeper/params.go, btc_delegations.go.
import * as Bytes from '../../base/Bytes.ts';
import { isSatlockError } from '../../base/Errors.ts';
import * as Hex from '../../base/Hex.ts';
import * as Address from '../../bitcoin/Address.ts';
import * as OpReturn from '../OpReturn.ts';
import type * as Params from '../Params.ts';
import * as StakingTx from '../StakingTx.ts';
import { dayOf } from './days.ts';
import { type Case, duration, type Observation, type Rule, rule } from './rule.ts';

const STAKES = ['stake', 'extension'] as const;
/** The height that decides is that of the including block, once there is one and the registration has a proof. */
const byInclusion = ({ flow, registration }: Case): boolean => flow === 'stake' && registration !== 'pre-staking';
const mined = (given: Case): boolean => byInclusion(given) && given.inclusion !== undefined;

/** The version in force at a height, or undefined below the first. */
function inForce(set: readonly Params.StakingParams[], height: number): Params.StakingParams | undefined {
  return [...set].reverse().find(({ btcActivationHeight }) => btcActivationHeight <= height);
}

function versionsOf({ network }: Case): readonly Params.StakingParams[] {
  return network?.paramsSet?.versions ?? [];
}

function wrongVersion(given: Case, height: number, decidedBy: string): Observation | undefined {
  const { params } = given;
  const set = versionsOf(given);
  if (params === undefined || set.length === 0) return undefined;
  const expected = inForce(set, height);
  if (expected === undefined) {
    const first = set[0]?.btcActivationHeight ?? 0;
    return {
      facts: { height, firstActivationHeight: first, builtVersion: params.version },
      reason: `no parameters are in force at Bitcoin height ${height}; the first version activates at ${first}`,
      remedy: 'this stake cannot be registered: wait for its timelock, or unbond it the way it was made',
    };
  }
  if (expected.version === params.version) return undefined;
  const early = params.btcActivationHeight > height ? `; version ${params.version} activates at ${params.btcActivationHeight} only` : '';
  return {
    facts: { height, decidedBy, builtVersion: params.version, expectedVersion: expected.version },
    reason: `version ${expected.version} is in force at Bitcoin height ${height} (${decidedBy}), the plan was made with version ${params.version}${early}`,
    remedy: `build everything again with ParamsSet.atHeight(network.paramsSet, ${height}): other fees and locks are refused by the chain`,
  };
}

const FIELDS = ['covenantQuorum', 'minSlashingTxFeeSats', 'slashingRate', 'unbondingTimeBlocks', 'unbondingFeeSats'] as const;

function sameValues(a: Params.StakingParams, b: Params.StakingParams): boolean {
  const keys = ({ covenantPks }: Params.StakingParams): string => covenantPks.map(Hex.encode).sort().join();
  return FIELDS.every((field) => a[field] === b[field]) && keys(a) === keys(b) && Bytes.equal(a.slashingPkScript, b.slashingPkScript);
}

export const versionRules: readonly Rule[] = [
  rule({
    code: 'version.wrong',
    severity: 'error',
    prevents: 'The chain refuses fees, locks or scripts of another version; a stake that is on Bitcoin already then earns nothing.',
    flows: STAKES,
    needs: ['network', 'tipHeight'],
    applies: (given) => !byInclusion(given),
    check: (given) => wrongVersion(given, given.tipHeight, 'the tip of the light client when the message is executed'),
  }),
  rule({
    code: 'version.wrong-at-inclusion',
    severity: 'error',
    prevents: 'A stake that is on Bitcoin keeps the version of its block, whatever is in force when it is registered.',
    flows: ['stake'],
    needs: ['network', 'inclusion'],
    applies: byInclusion,
    check: (given) => wrongVersion(given, given.inclusion.height, 'the block with the staking transaction'),
  }),
  rule({
    code: 'version.activation-near',
    severity: 'warning',
    prevents:
      'Between signing and execution, or before the block is mined, new parameters may come into force: the registration then fails.',
    flows: STAKES,
    needs: ['network', 'tipHeight'],
    applies: (given) => !mined(given),
    check: (given) => {
      const { tipHeight, limits, network } = given;
      const next = versionsOf(given).find(({ btcActivationHeight }) => btcActivationHeight > tipHeight);
      const blocks = next === undefined ? Number.POSITIVE_INFINITY : next.btcActivationHeight - tipHeight;
      if (next === undefined || blocks > limits.activationMarginBlocks) return undefined;
      const depth = network.btccheckpoint?.btcConfirmationDepth ?? 0;
      return {
        facts: {
          tipHeight,
          nextVersion: next.version,
          activationHeight: next.btcActivationHeight,
          blocksUntil: blocks,
          confirmationDepthBlocks: depth,
        },
        reason: `version ${next.version} activates in ${duration(blocks)}, at height ${next.btcActivationHeight}`,
        remedy: byInclusion(given)
          ? `wait until height ${next.btcActivationHeight} and build with version ${next.version}; the block that includes the transaction decides, not the one ${depth} blocks later in which it may be registered`
          : `send the registration at once, or wait until height ${next.btcActivationHeight} and build with version ${next.version}`,
      };
    },
  }),
  rule({
    code: 'version.other-terms',
    severity: 'error',
    prevents: 'Covenant, quorum or unbonding time of another version: the chain does not find its own output, the covenant does not sign.',
    flows: STAKES,
    check: ({ params, contract }) => {
      if (params === undefined || contract === undefined) return undefined;
      try {
        StakingTx.checkTerms(params, contract);
      } catch (error) {
        if (!isSatlockError(error)) throw error;
        const { field = '' } = error.reason as { readonly field?: string };
        return {
          facts: { version: params.version, field },
          reason: `the contract was not made with parameter version ${params.version}: ${field} differs`,
          remedy: 'make the contract with StakingContract.fromParams and the version of the plan',
        };
      }
      return undefined;
    },
  }),
];

const days = (count: number): string => `${count} day${count === 1 ? '' : 's'}`;

export const networkRules: readonly Rule[] = [
  rule({
    code: 'network.no-staking',
    severity: 'error',
    prevents: 'A network without a chain pays no yield: coins are locked for nothing.',
    flows: STAKES,
    needs: ['network'],
    check: (given) =>
      versionsOf(given).length > 0
        ? undefined
        : {
            facts: { network: given.network.name },
            reason: `${given.network.name} was lock-only: nothing can be registered there`,
            remedy: 'choose a network whose chain runs',
          },
  }),
  rule({
    code: 'network.wrong-params',
    severity: 'error',
    prevents: 'Parameters of another network: coins are locked under keys of a committee that does not know them.',
    flows: STAKES,
    needs: ['network'],
    check: (given) => {
      const { network, params } = given;
      if (params === undefined) return undefined;
      // A network without any has an error of its own.
      if (versionsOf(given).length === 0) return undefined;
      const own = versionsOf(given).find(({ version }) => version === params.version);
      if (own === undefined ? given.latestParamsVersion === params.version : sameValues(own, params)) return undefined;
      return {
        facts: { network: network.name, version: params.version },
        reason: `version ${params.version} of the plan is not version ${params.version} of ${network.name}`,
        remedy: `take the parameters from Networks.from('${network.name}'), or give the network that is meant`,
      };
    },
  }),
  rule({
    code: 'network.wrong-address',
    severity: 'error',
    prevents: 'Coins paid to an address of another network are lost, or the wallet is connected to another network than the user thinks.',
    flows: ['stake', 'extension', 'withdrawal'],
    needs: ['network', 'addresses'],
    check: ({ network, addresses }) =>
      addresses.flatMap((address) => {
        try {
          Address.decode(address, network.bitcoinNetwork);
          return [];
        } catch (error) {
          if (!isSatlockError(error)) throw error;
          return [
            {
              facts: { address, bitcoinNetwork: network.bitcoinNetwork, why: error.code },
              reason: `${address} is not an address that pays on Bitcoin ${network.bitcoinNetwork}`,
              remedy: 'connect the wallet to this network, or stake on the network of the wallet',
            },
          ];
        }
      }),
  }),
  rule({
    code: 'network.wrong-tag',
    severity: 'error',
    prevents: 'A phase-1 stake with the tag of another network is locked but no indexer counts it.',
    flows: ['stake'],
    needs: ['network'],
    applies: (given) => dataOf(given).length > 0,
    check: (given) => {
      const phase1 = given.network.phase1?.versions ?? [];
      return dataOf(given).flatMap(({ tag }) => {
        if (phase1.some((entry) => Bytes.equal(entry.tag, tag))) return [];
        const expected = [...new Set(phase1.map((entry) => Hex.encode(entry.tag)))];
        return [
          {
            facts: { tag: Hex.encode(tag), expected, network: given.network.name },
            reason: `the data output has the tag ${Hex.encode(tag)}, ${given.network.name} has ${expected.join(' or ') || 'none'}`,
            remedy: 'build the data output with the tag of this network, or leave it out: registrations on the chain do not need one',
          },
        ];
      });
    },
  }),
  rule({
    code: 'network.other-data',
    severity: 'error',
    prevents: 'A data output that names other keys or another time than the contract: an indexer takes the stake for none.',
    flows: ['stake'],
    applies: (given) => dataOf(given).length > 0,
    check: (given) => {
      const { contract } = given;
      if (contract === undefined) return undefined;
      const { stakerPks, finalityProviderPks, stakingTimeBlocks } = contract.terms;
      const has = (keys: readonly Uint8Array[], key: Uint8Array): boolean => keys.some((one) => Bytes.equal(one, key));
      return dataOf(given).flatMap((data) => {
        const wrong = [
          ...(has(stakerPks, data.stakerPk) ? [] : ['stakerPk']),
          ...(has(finalityProviderPks, data.finalityProviderPk) ? [] : ['finalityProviderPk']),
          ...(data.stakingTimeBlocks === stakingTimeBlocks ? [] : ['stakingTimeBlocks']),
        ];
        if (wrong.length === 0) return [];
        return [
          {
            facts: { fields: wrong, dataTimeBlocks: data.stakingTimeBlocks, stakingTimeBlocks },
            reason: `the data output differs from the contract in ${wrong.join(', ')}`,
            remedy: 'build the data output with OpReturn.build from the terms of the contract',
          },
        ];
      });
    },
  }),
  rule({
    code: 'data.params-outdated',
    severity: 'error',
    prevents: 'The chain has newer parameters than the library knows: what is built may be refused.',
    flows: STAKES,
    needs: ['network', 'latestParamsVersion'],
    check: (given) => {
      const known = versionsOf(given).at(-1)?.version ?? -1;
      if (given.latestParamsVersion <= known) return undefined;
      return {
        facts: { knownVersion: known, chainVersion: given.latestParamsVersion, asOf: given.network.asOf },
        reason: `the chain has parameter version ${given.latestParamsVersion}, this data of ${given.network.asOf} ends with version ${known}`,
        remedy: 'read the versions from the chain and give a network with all of them',
      };
    },
  }),
  rule({
    code: 'data.old',
    severity: 'warning',
    prevents: 'Parameters change by governance: data that nobody compared with the chain for long may be wrong.',
    flows: STAKES,
    needs: ['network', 'today'],
    // Who compared the newest version with the chain needs no date.
    applies: ({ latestParamsVersion }) => latestParamsVersion === undefined,
    check: ({ network, today, limits }) => {
      const age = today.day - dayOf(network.asOf, 'network.asOf');
      if (age <= limits.maxDataAgeDays) return undefined;
      return {
        facts: { asOf: network.asOf, ageDays: age, maxDays: limits.maxDataAgeDays, estimated: today.estimated },
        reason: `the parameters of ${network.name} are as of ${network.asOf}, ${today.estimated ? 'about ' : ''}${days(age)} ago`,
        remedy: "ask the chain's params query and give chain.latestParamsVersion, or update the library",
      };
    },
  }),
];

/** The phase-1 data outputs of the transaction. */
function dataOf({ transaction }: Case): readonly OpReturn.StakingData[] {
  return (transaction?.outs ?? []).flatMap(({ script }) => {
    try {
      return [OpReturn.parseOutput(script)];
    } catch (error) {
      if (isSatlockError(error)) return [];
      throw error;
    }
  });
}
