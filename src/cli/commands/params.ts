// satlock params: the parameter sets that are built in.
import Table from 'cli-table3';
import { Command } from 'commander';
import * as Networks from '../../babylon/Networks.ts';
import * as Params from '../../babylon/Params.ts';
import * as ParamsSet from '../../babylon/ParamsSet.ts';
import * as Blocks from '../../base/Blocks.ts';
import * as Hex from '../../base/Hex.ts';
import * as Rate from '../../base/Rate.ts';
import { print } from '../io.ts';
import * as parse from '../parse.ts';

type Options = { readonly paramsVersion?: number; readonly height?: number; readonly json?: boolean };

const EXAMPLES = `
Examples:
  satlock params                          the versions of mainnet
  satlock params bbn-1 --height 900000    the version in force at a Bitcoin height
  satlock params bbn-test-6 --params-version 5 --json`;

export function paramsCommand(): Command {
  return new Command('params')
    .description('show the staking parameters of a network, by version or by Bitcoin height')
    .argument('[network]', `one of ${Networks.NAMES.join(', ')}; mainnet and testnet are aliases`, 'bbn-1')
    .option('--params-version <number>', 'this version', parse.integer('--params-version', 0, 0xffff_ffff))
    .option('--height <height>', 'the version in force at this Bitcoin height', parse.integer('--height', 0, 0xffff_ffff))
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action((name: string, options: Options) => show(name, options));
}

function show(name: string, options: Options): void {
  const network = Networks.from(name);
  Networks.assertStaking(network);
  const chosen = choose(network.paramsSet, options);
  const header = {
    network: network.name,
    chainId: network.chainId,
    bitcoinNetwork: network.bitcoinNetwork,
    asOf: network.asOf,
    sources: network.sources,
  };
  print(options, { ...header, versions: chosen.map((params) => Params.toJson(params)) }, () => {
    const [only] = chosen;
    const title = `${network.name} on Bitcoin ${network.bitcoinNetwork}, as of ${network.asOf}`;
    return chosen.length === 1 && only !== undefined ? `${title}\n${detail(only, network)}` : `${title}\n${overview(chosen)}`;
  });
}

function choose(set: ParamsSet.ParamsSet, { paramsVersion, height }: Options): readonly Params.StakingParams[] {
  if (paramsVersion !== undefined) return [ParamsSet.byVersion(set, paramsVersion)];
  if (height !== undefined) return [ParamsSet.atHeight(set, Blocks.height(height))];
  return set.versions;
}

function overview(versions: readonly Params.StakingParams[]): string {
  const table = new Table({
    head: [
      'version',
      'from height',
      'stake (sat)',
      'time (blocks)',
      'unbonding (blocks)',
      'unbonding fee',
      'slashing rate',
      'slashing fee',
      'covenant',
    ],
    style: { head: [], border: [] },
  });
  for (const p of versions) {
    table.push([
      p.version,
      p.btcActivationHeight,
      `${p.minStakingValueSats}..${p.maxStakingValueSats}`,
      p.minStakingTimeBlocks === p.maxStakingTimeBlocks ? p.maxStakingTimeBlocks : `${p.minStakingTimeBlocks}..${p.maxStakingTimeBlocks}`,
      p.unbondingTimeBlocks,
      p.unbondingFeeSats.toString(),
      Rate.format(p.slashingRate),
      p.minSlashingTxFeeSats.toString(),
      `${p.covenantQuorum} of ${p.covenantPks.length}`,
    ]);
  }
  return table.toString();
}

function detail(params: Params.StakingParams, network: Networks.StakingNetwork): string {
  const table = new Table({ style: { head: [], border: [] } });
  const { covenantPks: _, ...rest } = Params.toJson(params);
  for (const [key, value] of Object.entries(rest)) table.push({ [key]: String(value) });
  const members = params.covenantPks.map((pk) => `  ${Hex.encode(pk)}  ${network.covenantNames.get(Hex.encode(pk)) ?? ''}`.trimEnd());
  return `${table.toString()}\ncovenant members (${params.covenantQuorum} of ${params.covenantPks.length} must sign):\n${members.join('\n')}`;
}
