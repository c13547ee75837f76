// satlock script: leaves, control blocks, output script, address and descriptor of an output, from keys and times.
import { Command } from 'commander';
import type { ChainProfile } from '../../babylon/ChainProfile.ts';
import * as Descriptor from '../../babylon/Descriptor.ts';
import * as Networks from '../../babylon/Networks.ts';
import type { StakingParams } from '../../babylon/Params.ts';
import * as ParamsSet from '../../babylon/ParamsSet.ts';
import * as StakingContract from '../../babylon/StakingContract.ts';
import * as Blocks from '../../base/Blocks.ts';
import * as Hex from '../../base/Hex.ts';
import * as Address from '../../bitcoin/Address.ts';
import * as Network from '../../bitcoin/Network.ts';
import * as Script from '../../bitcoin/Script.ts';
import * as PublicKey from '../../crypto/PublicKey.ts';
import { print, usage } from '../io.ts';
import * as parse from '../parse.ts';

type Options = {
  readonly staker: readonly string[];
  readonly stakerQuorum: number;
  readonly finalityProvider: readonly string[];
  readonly covenant?: readonly string[];
  readonly covenantQuorum?: number;
  readonly stakingTime?: number;
  readonly unbondingTime?: number;
  readonly params?: string;
  readonly paramsVersion?: number;
  readonly height?: number;
  readonly network?: string;
  readonly profile: string;
  readonly json?: boolean;
};

const OUTPUTS = {
  staking: 'the output that locks a stake: timelock, unbonding and slashing leaf',
  unbonding: 'the output of the unbonding transaction: timelock and slashing leaf',
  slashing: 'the output that returns the rest of a slashed stake: timelock leaf',
} as const;
type OutputName = keyof typeof OUTPUTS;

export function scriptCommand(): Command {
  const command = new Command('script').description('scripts, address and descriptor of the three outputs of a stake');
  for (const name of Object.keys(OUTPUTS) as OutputName[]) command.addCommand(outputCommand(name));
  command.addHelpText(
    'after',
    '\nExample:\n  satlock script staking --params bbn-1 --staker <32-byte key> --finality-provider <32-byte key>',
  );
  return command;
}

function outputCommand(name: OutputName): Command {
  return new Command(name)
    .description(OUTPUTS[name])
    .requiredOption('--staker <key>', 'x-only key in hex; several for M-of-N stakers', parse.collect)
    .option('--staker-quorum <number>', 'how many stakers must sign', parse.integer('--staker-quorum', 1, 294), 1)
    .requiredOption('--finality-provider <key>', 'x-only key in hex; several only with --profile generic', parse.collect)
    .option('--params <network>', 'take covenant and times from a network: bbn-1, bbn-test-6, bbn-test-5')
    .option(
      '--params-version <number>',
      'with --params: this version instead of the newest',
      parse.integer('--params-version', 0, 0xffff_ffff),
    )
    .option('--height <height>', 'with --params: the version in force at this Bitcoin height', parse.integer('--height', 0, 0xffff_ffff))
    .option('--covenant <key>', 'covenant key in hex, repeatable', parse.collect)
    .option('--covenant-quorum <number>', 'how many covenant members must sign', parse.integer('--covenant-quorum', 1, 294))
    .option('--staking-time <blocks>', 'timelock of the stake', parse.integer('--staking-time', 1, Blocks.MAX_TIMELOCK))
    .option('--unbonding-time <blocks>', 'timelock after unbonding and slashing', parse.integer('--unbonding-time', 1, Blocks.MAX_TIMELOCK))
    .option('--network <network>', `whose address: ${Network.ALL.join(', ')}`)
    .option('--profile <profile>', 'babylon-v4 (rules of the chain) or generic (whatever Bitcoin can spend)', 'babylon-v4')
    .option('--json', 'print JSON')
    .addHelpText('after', `\nExample:\n  satlock script ${name} --params bbn-1 --staker <32-byte key> --finality-provider <32-byte key>`)
    .action((options: Options) => show(name, options));
}

function show(name: OutputName, options: Options): void {
  const { contract, network } = resolve(options);
  const output = name === 'slashing' ? contract.slashingChange : contract[name];
  const leaves = Object.entries(output.paths).map(([path, { script, leafHash, controlBlock }]) => ({
    path,
    script: Hex.encode(script),
    asm: Script.toAsm(script),
    leafHash: Hex.encode(leafHash),
    controlBlock: Hex.encode(controlBlock),
  }));
  const data = {
    output: name,
    network,
    address: Address.encode(output.scriptPubKey, network),
    scriptPubKey: Hex.encode(output.scriptPubKey),
    outputKey: Hex.encode(output.outputKey),
    merkleRoot: Hex.encode(output.merkleRoot),
    descriptor: descriptorOf(name, contract),
    leaves,
  };
  print(options, data, () => {
    const head = (['address', 'scriptPubKey', 'outputKey', 'merkleRoot', 'descriptor'] as const).map(
      (key) => `${key.padEnd(14)}${data[key]}`,
    );
    const parts = leaves.map((leaf) =>
      [
        `${leaf.path} leaf`,
        `  script        ${leaf.script}`,
        `  asm           ${leaf.asm}`,
        `  leafHash      ${leaf.leafHash}`,
        `  controlBlock  ${leaf.controlBlock}`,
      ].join('\n'),
    );
    return [...head, ...parts].join('\n');
  });
}

function resolve(options: Options): { readonly contract: StakingContract.StakingContract; readonly network: Network.Network } {
  const source = options.params === undefined ? undefined : Networks.from(options.params);
  if (source !== undefined) Networks.assertStaking(source);
  const params = source === undefined ? undefined : chooseParams(source.paramsSet, options);
  if (params === undefined && (options.paramsVersion !== undefined || options.height !== undefined))
    usage('--params-version and --height', 'only together with --params');
  if (params !== undefined && options.covenant !== undefined) usage('--covenant', 'the covenant comes from --params; give one of the two');
  for (const [option, given] of [
    ['--covenant-quorum', options.covenantQuorum],
    ['--unbonding-time', options.unbondingTime],
  ] as const) {
    if (params !== undefined && given !== undefined) usage(option, 'comes from --params; leave one of the two out');
  }
  if (params !== undefined && options.stakingTime !== undefined) {
    const { minStakingTimeBlocks: min, maxStakingTimeBlocks: max } = params;
    if (options.stakingTime < min || options.stakingTime > max) usage('--staking-time', `these parameters allow ${min}..${max} blocks`);
  }
  const { profile } = options;
  if (profile !== 'babylon-v4' && profile !== 'generic') usage('--profile', 'expected babylon-v4 or generic');
  const network = Network.from(options.network ?? source?.bitcoinNetwork ?? 'mainnet');
  const contract = StakingContract.from({
    stakers: { pks: keys(options.staker, '--staker'), quorum: options.stakerQuorum },
    finalityProviderPks: keys(options.finalityProvider, '--finality-provider'),
    covenantPks: params?.covenantPks ?? keys(options.covenant ?? [], '--covenant'),
    covenantQuorum: options.covenantQuorum ?? params?.covenantQuorum ?? usage('--covenant-quorum', 'needed without --params'),
    stakingTimeBlocks: options.stakingTime ?? params?.maxStakingTimeBlocks ?? usage('--staking-time', 'needed without --params'),
    unbondingTimeBlocks: options.unbondingTime ?? params?.unbondingTimeBlocks ?? usage('--unbonding-time', 'needed without --params'),
    profile: profile as ChainProfile,
  });
  return { contract, network };
}

function chooseParams(set: ParamsSet.ParamsSet, { paramsVersion, height }: Options): StakingParams {
  if (paramsVersion !== undefined && height !== undefined) usage('--height', 'give either --params-version or --height');
  if (paramsVersion !== undefined) return ParamsSet.byVersion(set, paramsVersion);
  return height === undefined ? ParamsSet.latest(set) : ParamsSet.atHeight(set, Blocks.height(height));
}

function keys(texts: readonly string[], option: string): readonly PublicKey.XOnlyPublicKey[] {
  return texts.map((text, i) => PublicKey.fromHex(text, texts.length === 1 ? option : `${option}[${i}]`));
}

function descriptorOf(name: OutputName, { terms }: StakingContract.StakingContract): string {
  if (name === 'staking') return Descriptor.staking(terms);
  return name === 'unbonding' ? Descriptor.unbonding(terms) : Descriptor.slashingChange(terms);
}
