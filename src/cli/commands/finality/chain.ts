// The chain that the provider's commands ask, what it says, and what it would say to a message.
import type { Command } from 'commander';
import * as FinalityRules from '../../../babylon/FinalityRules.ts';
import * as FinalityView from '../../../babylon/FinalityView.ts';
import type * as Message from '../../../babylon/Message.ts';
import * as Networks from '../../../babylon/Networks.ts';
import type { ProviderWatch } from '../../../node/ProviderWatch.ts';
import { note, usage } from '../../io.ts';

export type ChainOptions = { readonly json?: boolean; readonly network: string; readonly chainId?: string; readonly babylonApi?: string };

/** Which chain, and the node of it that is asked. */
export function chainOptions(command: Command): Command {
  return command
    .option('--network <name>', 'its built-in parameters and chain-id', 'bbn-1')
    .option('--chain-id <id>', 'chain-id of the randomness, where it is not that of the network')
    .option('--babylon-api <url>', 'REST interface of a node of the chain, such as http://127.0.0.1:1317')
    .option('--json', 'print JSON');
}

export function networkOf(options: ChainOptions): { readonly network: Networks.StakingNetwork; readonly chainId: string } {
  const network = Networks.from(options.network);
  Networks.assertStaking(network);
  return { network, chainId: options.chainId ?? network.chainId };
}

/** The node of --babylon-api, which must be of the chain. */
export async function watchOf({ babylonApi }: ChainOptions, chainId: string): Promise<ProviderWatch | undefined> {
  if (babylonApi === undefined) return undefined;
  const { connect } = await import('../../../node/ProviderWatch.ts');
  return connect({ baseUrl: babylonApi, chainId });
}

export function epochIntervalOf({ epochInterval, name }: Networks.StakingNetwork): bigint {
  return epochInterval ?? usage('--network', `the epochs of ${name} are not known`);
}

/** The facts of a node as a view with one provider. */
export function viewOf(
  network: Networks.StakingNetwork,
  facts: Awaited<ReturnType<ProviderWatch['facts']>>,
  more: { readonly blocks?: readonly FinalityView.IndexedBlock[]; readonly power?: ReadonlyMap<bigint, bigint> } = {},
): FinalityView.FinalityView {
  return FinalityView.from({
    tipHeight: facts.tip.height,
    tipTimeNs: facts.tip.timeNs,
    params: facts.params,
    epochInterval: epochIntervalOf(network),
    lastFinalizedEpoch: facts.lastFinalizedEpoch,
    blocks: more.blocks ?? [],
    providers: [{ ...facts.provider, commits: facts.commits, ...(more.power === undefined ? {} : { power: more.power }) }],
  });
}

/** Why the chain would refuse a message, if it would; warnings are noted. */
export function refusalOf(message: Message.Message, view: FinalityView.FinalityView): FinalityRules.Failure | undefined {
  const verdict = FinalityRules.check(message, view);
  for (const { message: warning } of verdict.warnings) note(`satlock: ${warning}`);
  if (verdict.ok) return undefined;
  const { ok: _, warnings: __, ...failure } = verdict;
  return failure;
}
