// satlock finality commit: whether randomness is to be committed, from which height, and the signed message.
import { Command } from 'commander';
import type { Message } from '../../../babylon/Message.ts';
import type { StakingNetwork } from '../../../babylon/Networks.ts';
import * as PubRandCommit from '../../../babylon/PubRandCommit.ts';
import * as RandomnessIndex from '../../../babylon/RandomnessIndex.ts';
import * as RandomnessPlan from '../../../babylon/RandomnessPlan.ts';
import * as RandomnessProofs from '../../../babylon/RandomnessProofs.ts';
import * as Bytes from '../../../base/Bytes.ts';
import * as PublicKey from '../../../crypto/PublicKey.ts';
import * as Schnorr from '../../../crypto/Schnorr.ts';
import * as SecretKey from '../../../crypto/SecretKey.ts';
import type { ProviderWatch } from '../../../node/ProviderWatch.ts';
import { EXIT } from '../../exit.ts';
import { note, print, readSecret, SECRET_VARIABLE, usage } from '../../io.ts';
import * as parse from '../../parse.ts';
import { type ChainOptions, chainOptions, networkOf, refusalOf, viewOf, watchOf } from './chain.ts';
import { sendable, shownFailure, shownMessage } from './sendable.ts';
import { type SignerOptions, signerOptions, withSigner } from './signer.ts';

type Options = ChainOptions &
  SignerOptions & {
    readonly publicKey?: Uint8Array;
    readonly secretFile?: string;
    readonly account?: string;
    readonly tip?: bigint;
    readonly lastCommitted?: bigint | 'none';
    readonly count: number;
    readonly delay?: bigint;
    readonly start?: bigint;
    readonly planOnly?: boolean;
  };

type Facts = Awaited<ReturnType<ProviderWatch['facts']>>;

const HELP = `
The rule is finality-provider's, with the delay that commitments need on the network: 18360 blocks on bbn-1. Heights are asked of --babylon-api, or
given by --tip and --last-committed. Nothing is sent: give the message to a Cosmos signer.

Exit code 1: the chain would refuse the message; nothing was signed, or what was signed is harmless.

Examples:
  satlock finality commit --plan-only --public-key 5003… --babylon-api http://127.0.0.1:1317
  satlock finality commit --signer 127.0.0.1:12582 --public-key 5003… --babylon-api http://127.0.0.1:1317 --account bbn1… --json
  satlock finality commit --secret-file provider.key --tip 2000000 --last-committed none --account bbn1…`;

export function commitCommand(): Command {
  return signerOptions(chainOptions(new Command('commit')))
    .description('plan, build and sign a commitment of public randomness')
    .option('--public-key <hex>', "the provider's key, x-only", parse.hex('--public-key', 32))
    .option('--secret-file <file>', `without a signer: secret key as hex, - for stdin; or ${SECRET_VARIABLE}. A commitment reveals nothing`)
    .option('--account <bbn1…>', 'account that sends the message; any may')
    .option('--tip <height>', 'last block of the chain, without --babylon-api', parse.uint64('--tip'))
    .option('--last-committed <height>', 'last committed height, or none; without --babylon-api', heightOrNone('--last-committed'))
    .option('--count <number>', 'heights to commit', parse.integer('--count', 1, 2 ** 24), RandomnessPlan.DEFAULT_NUM_PUB_RAND)
    .option('--delay <blocks>', 'Babylon blocks until a commitment can be used', parse.uint64('--delay'))
    .option('--start <height>', 'commit from here, whatever the rule says', parse.uint64('--start'))
    .option('--plan-only', 'say what is due and sign nothing')
    .addHelpText('after', HELP)
    .action(commit);
}

/** A height, or the word for none. */
function heightOrNone(option: string): (text: string) => bigint | 'none' {
  const height = parse.uint64(option);
  return (text) => (text === 'none' ? 'none' : height(text));
}

async function commit(options: Options): Promise<void> {
  const { network, chainId } = networkOf(options);
  const secretKey = secretOf(options);
  try {
    const watch = await watchOf(options, chainId);
    const facts = watch === undefined ? undefined : await watch.facts(keyOf(options, secretKey));
    const plan = planOf(options, network, facts);
    if (plan.kind === 'nothing' || options.planOnly === true) {
      print(options, { plan, chainId }, () => shownPlan(plan));
      return;
    }
    const message = await build(options, plan, { publicKey: keyOf(options, secretKey), secretKey, chainId });
    const failure = facts === undefined ? undefined : refusalOf(message, viewOf(network, facts));
    if (failure !== undefined) {
      print(options, { plan, chainId, failure }, () => `${shownPlan(plan)}\n${shownFailure(failure)}`);
      process.exitCode = EXIT.FINDING;
      return;
    }
    if (facts === undefined) note('satlock: without --babylon-api the message was not held against the state of the chain');
    const data = sendable(message);
    print(options, { plan, chainId, ...data }, () => `${shownPlan(plan)}\n${shownMessage(data)}`);
  } finally {
    if (secretKey !== undefined) SecretKey.wipe(secretKey);
  }
}

/** A plan needs no secret, and a signer has it. */
function secretOf({ signer, secretFile, planOnly }: Options): SecretKey.SecretKey | undefined {
  if (signer !== undefined && secretFile !== undefined) return usage('--signer', 'give either --signer or --secret-file, not both');
  const isNeeded = signer === undefined && (planOnly !== true || secretFile !== undefined);
  return isNeeded ? readSecret(secretFile) : undefined;
}

function keyOf({ publicKey }: Options, secretKey: SecretKey.SecretKey | undefined): PublicKey.XOnlyPublicKey {
  const own = secretKey === undefined ? undefined : PublicKey.ofSecret(secretKey);
  const given = publicKey === undefined ? undefined : PublicKey.fromXOnly(publicKey, '--public-key');
  if (own !== undefined && given !== undefined && !Bytes.equal(own, given))
    return usage('--public-key', 'the secret key is not that of this public key');
  return own ?? given ?? usage('--public-key', 'needed: the key of the provider');
}

function planOf(options: Options, network: StakingNetwork, facts: Facts | undefined): RandomnessPlan.Plan {
  const { count: numPubRand, delay: timestampingDelayBlocks, start } = options;
  const settings = RandomnessPlan.settingsOf(network, {
    numPubRand,
    ...(timestampingDelayBlocks === undefined ? {} : { timestampingDelayBlocks }),
    ...(facts === undefined
      ? {}
      : { minPubRand: facts.params.minPubRand, finalityActivationHeight: facts.params.finalityActivationHeight }),
  });
  if (start !== undefined) return { kind: 'commit', startHeight: start, numPubRand, reason: 'wanted', gap: undefined };
  return RandomnessPlan.next(settings, facts === undefined ? factsOf(options) : liveFacts(facts));
}

function factsOf({ tip, lastCommitted }: Options): RandomnessPlan.Facts {
  if (tip === undefined) return usage('--tip', 'needed without --babylon-api');
  if (lastCommitted === undefined) return usage('--last-committed', 'needed without --babylon-api: a height, or none');
  return { tipHeight: tip, lastCommittedHeight: lastCommitted === 'none' ? undefined : lastCommitted };
}

function liveFacts({ tip, commits, provider }: Facts): RandomnessPlan.Facts {
  const last = RandomnessIndex.last(RandomnessIndex.from(commits));
  return {
    tipHeight: tip.height,
    lastCommittedHeight: last === undefined ? undefined : RandomnessIndex.endOf(last),
    provider: { registered: true, slashed: provider.slashedBabylonHeight !== 0n, softDeleted: provider.softDeleted },
  };
}

type Due = Extract<RandomnessPlan.Plan, { kind: 'commit' }>;
type Who = { readonly publicKey: PublicKey.XOnlyPublicKey; readonly secretKey: SecretKey.SecretKey | undefined; readonly chainId: string };

async function build(
  options: Options,
  { startHeight, numPubRand }: Due,
  who: Who,
): Promise<Message<'/babylon.finality.v1.MsgCommitPubRandList'>> {
  const { account } = options;
  if (account === undefined) return usage('--account', 'needed: the account that sends the message');
  const { publicKey, secretKey, chainId } = who;
  const bodyOf = (pubRands: readonly Uint8Array[]) => ({
    startHeight,
    numPubRand: BigInt(numPubRand),
    commitment: RandomnessProofs.rootOf(pubRands),
  });
  const made =
    secretKey === undefined
      ? await withSigner(options, async (client) => {
          const pubRands = await client.randomness({ publicKey, chainId, startHeight, count: numPubRand });
          if (pubRands.length !== numPubRand) usage('--signer', `it gave ${pubRands.length} values for ${numPubRand} heights`);
          const body = bodyOf(pubRands);
          return { body, sig: await client.signDigest({ publicKey, digest: PubRandCommit.signingHash(body) }) };
        })
      : await (async () => {
          const body = bodyOf(await RandomnessProofs.secretSource(secretKey, chainId)(startHeight, numPubRand));
          return { body, sig: Schnorr.sign(PubRandCommit.signingHash(body), secretKey) };
        })();
  const { body, sig } = made;
  if (!PubRandCommit.verify({ ...body, finalityProviderPk: publicKey, signature: sig }))
    usage('--signer', 'its signature of the commitment does not verify under --public-key');
  return { typeUrl: '/babylon.finality.v1.MsgCommitPubRandList', value: { signer: account, fpBtcPk: publicKey, ...body, sig } };
}

function shownPlan(plan: RandomnessPlan.Plan): string {
  if (plan.kind === 'nothing') {
    const due = plan.dueAtTip === undefined ? '' : `; again at block ${plan.dueAtTip}`;
    return `nothing to commit (${plan.reason})${due}`;
  }
  const gap =
    plan.gap === undefined ? '' : `\ngap       heights ${plan.gap.from} to ${plan.gap.to} stay without randomness: no power there`;
  return `commit    heights ${plan.startHeight} to ${plan.startHeight + BigInt(plan.numPubRand) - 1n} (${plan.reason})${gap}`;
}
