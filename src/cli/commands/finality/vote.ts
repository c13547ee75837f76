// satlock finality vote: the message of a vote, signed by a running signer after everything else was checked.
import { Command } from 'commander';
import type * as FinalityRules from '../../../babylon/FinalityRules.ts';
import type { FinalityView, IndexedBlock, StoredCommit } from '../../../babylon/FinalityView.ts';
import * as RandomnessIndex from '../../../babylon/RandomnessIndex.ts';
import * as RandomnessProofs from '../../../babylon/RandomnessProofs.ts';
import * as VotePlan from '../../../babylon/VotePlan.ts';
import * as Bytes from '../../../base/Bytes.ts';
import { hasCode } from '../../../base/Errors.ts';
import * as PublicKey from '../../../crypto/PublicKey.ts';
import type { SignerClient, Reason as SignerReason } from '../../../node/daemon/SignerClient.ts';
import type { ProviderWatch } from '../../../node/ProviderWatch.ts';
import { EXIT } from '../../exit.ts';
import { note, print, usage } from '../../io.ts';
import * as parse from '../../parse.ts';
import { type ChainOptions, chainOptions, epochIntervalOf, networkOf, refusalOf, viewOf, watchOf } from './chain.ts';
import { sendable, shownFailure, shownMessage } from './sendable.ts';
import { type SignerOptions, signerOptions, withSigner } from './signer.ts';

type Options = ChainOptions &
  SignerOptions & {
    readonly publicKey: Uint8Array;
    readonly account: string;
    readonly height: bigint;
    readonly appHash?: Uint8Array;
    readonly commitStart?: bigint;
    readonly commitCount?: number;
    readonly commitRoot?: Uint8Array;
  };

const HELP = `
The app hash is that of the header of the very height. With --babylon-api it is the node's, and everything that the chain would ask is asked before
the signer is: a vote for another block than the chain's is never signed. Votes are signed by a running signer only, which remembers them; there is
no way to vote with a key out of a file.

Exit code 1: the signer or the chain refuses.

Examples:
  satlock finality vote --height 2000003 --public-key 5003… --signer 127.0.0.1:12582 --babylon-api http://127.0.0.1:1317 --account bbn1… --json
  satlock finality vote --height 2000003 --app-hash 1d67… --commit-start 2000000 --commit-count 50000 --public-key 5003… \\
    --signer 127.0.0.1:12582 --account bbn1…`;

export function voteCommand(): Command {
  return signerOptions(chainOptions(new Command('vote')))
    .description('build the message of a vote: signature of the signer, randomness and its proof')
    .requiredOption('--public-key <hex>', "the provider's key, x-only", parse.hex('--public-key', 32))
    .requiredOption('--account <bbn1…>', 'account that sends the message; any may')
    .requiredOption('--height <height>', 'height of the block', parse.uint64('--height'))
    .option('--app-hash <hex>', "AppHash of that block's own header; without it the node's", parse.hex('--app-hash', 32))
    .option('--commit-start <height>', 'first height of the commitment, without --babylon-api', parse.uint64('--commit-start'))
    .option('--commit-count <number>', 'its number of heights', parse.integer('--commit-count', 1, 2 ** 24))
    .option('--commit-root <hex>', 'its root, where it is known: the randomness is held against it', parse.hex('--commit-root', 32))
    .addHelpText('after', HELP)
    .action(vote);
}

/** What the vote is about, and what it is held against. */
type Subject = { readonly block: IndexedBlock; readonly commit: StoredCommit; readonly view: FinalityView | undefined };
type Refused = { readonly refused: string; readonly failure?: FinalityRules.Failure };

async function vote(options: Options): Promise<void> {
  const { chainId } = networkOf(options);
  const publicKey = PublicKey.fromXOnly(options.publicKey, '--public-key');
  const watch = await watchOf(options, chainId);
  const subject = watch === undefined ? given(options) : await asked(options, watch);
  if ('refused' in subject) return refuse(options, subject);
  const result = await withSigner(options, (client) => signed(options, client, { ...subject, publicKey, chainId }));
  if ('refused' in result) return refuse(options, result);
  if (watch === undefined) note('satlock: without --babylon-api the vote was not held against the state of the chain');
  const data = sendable(result);
  print(options, { height: options.height, ...data }, () => shownMessage(data));
}

function refuse(options: Options, { refused, failure }: Refused): void {
  print(options, { height: options.height, refused, ...(failure === undefined ? {} : { failure }) }, () => `not signed: ${refused}`);
  process.exitCode = EXIT.FINDING;
}

/** By the options alone. */
function given({ height, appHash, commitStart, commitCount, commitRoot }: Options): Subject {
  if (appHash === undefined) return usage('--app-hash', 'needed without --babylon-api');
  if (commitStart === undefined || commitCount === undefined)
    return usage('--commit-start', 'needed with --commit-count, without --babylon-api: a proof is one of a whole commitment');
  const commitment = commitRoot ?? new Uint8Array(32);
  const commit = { startHeight: commitStart, numPubRand: BigInt(commitCount), commitment, epochNum: 0n };
  if (RandomnessIndex.lookUp(RandomnessIndex.from([commit]), height) === undefined)
    usage('--commit-start', `the commitment does not contain height ${height}`);
  return { block: { height, appHash, finalized: false }, commit, view: undefined };
}

/** By the chain: everything but the signature is checked before anything is signed. */
async function asked(options: Options, watch: ProviderWatch): Promise<Subject | Refused> {
  const { height, appHash, publicKey } = options;
  const { network } = networkOf(options);
  const facts = await watch.facts(publicKey);
  const block = height > facts.tip.height ? undefined : await watch.block(height);
  if (block === undefined) return { refused: `the chain has no block at height ${height} yet` };
  if (appHash !== undefined && !Bytes.equal(block.appHash, appHash))
    return { refused: "the app hash is not that of the chain's block: such a vote is evidence of equivocation" };
  const power = new Map([[height, await watch.powerAt(publicKey, height)]]);
  const index = RandomnessIndex.from(facts.commits);
  const epochInterval = epochIntervalOf(network);
  const { lastFinalizedEpoch, params, provider, tip } = facts;
  const known = { tipHeight: tip.height, params, epochInterval, lastFinalizedEpoch, provider, lastVotedHeight: undefined, power, index };
  const { votes, skipped } = VotePlan.plan(known, [block]);
  const [planned] = votes;
  if (planned === undefined) return { refused: `there is nothing to vote for: ${skipped[0]?.why ?? 'unknown'}` };
  const voters = await watch.votersAt(height);
  if (voters.some((voter) => Bytes.equal(voter, publicKey)))
    return { refused: 'the chain counts a vote of this provider at this height already' };
  return { block, commit: planned.commit, view: viewOf(network, facts, { blocks: [block], power }) };
}

type Work = Subject & { readonly publicKey: PublicKey.XOnlyPublicKey; readonly chainId: string };

async function signed(options: Options, client: SignerClient, work: Work): Promise<VotePlan.Vote | Refused> {
  const { block, view, publicKey, chainId } = work;
  const { height, appHash } = block;
  const source: RandomnessProofs.Source = (startHeight, count) => client.randomness({ publicKey, chainId, startHeight, count });
  const { startHeight, numPubRand } = work.commit;
  // Without a root nothing can be compared: the randomness of the signer is taken for what was committed.
  const isKnown = view !== undefined || options.commitRoot !== undefined;
  const commitment = isKnown ? work.commit.commitment : RandomnessProofs.rootOf(await source(startHeight, Number(numPubRand)));
  const commit = { ...work.commit, commitment };
  const proven = await RandomnessProofs.prover({ commits: [commit], source }).at(height);
  const votes: readonly VotePlan.Planned[] = [{ height, appHash, commit, countsForLiveness: true }];
  const [request] = VotePlan.requests(votes);
  if (request === undefined) return usage('--height', 'nothing to sign');
  const signature = await orRefused(client.sign({ publicKey, chainId, ...request }));
  if ('refused' in signature) return signature;
  const { messages } = VotePlan.messages({
    signer: options.account,
    publicKey,
    votes,
    signatures: new Map([[height, signature.bytes]]),
    proofs: new Map([[height, proven]]),
  });
  const [message] = messages;
  if (message === undefined) return usage('--height', 'nothing was signed');
  return view === undefined ? message : judged(message, view);
}

function judged(message: VotePlan.Vote, view: FinalityView): VotePlan.Vote | Refused {
  const failure = refusalOf(message, view);
  return failure === undefined ? message : { refused: shownFailure(failure), failure };
}

/** What a signer refuses is an answer; that it cannot be reached is an error. */
async function orRefused(signing: Promise<Uint8Array>): Promise<{ readonly bytes: Uint8Array } | Refused> {
  try {
    return { bytes: await signing };
  } catch (error) {
    const isRefusal =
      hasCode<SignerReason, 'signer-client.failed'>(error, 'signer-client.failed') && error.reason.status === 'FAILED_PRECONDITION';
    if (!isRefusal) throw error;
    return { refused: `the signer refuses: ${error.reason.details}` };
  }
}
