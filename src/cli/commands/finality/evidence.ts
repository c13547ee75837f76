// satlock finality evidence: is it one, the key behind it, and the message that slashes by the key alone.
import { Command } from 'commander';
import * as Evidence from '../../../babylon/Evidence.ts';
import * as Message from '../../../babylon/Message.ts';
import * as Hex from '../../../base/Hex.ts';
import type * as PublicKey from '../../../crypto/PublicKey.ts';
import * as SecretKey from '../../../crypto/SecretKey.ts';
import { EXIT } from '../../exit.ts';
import { newSecretFile, print, readJson, usage } from '../../io.ts';
import * as parse from '../../parse.ts';
import { sendable, shownMessage } from './sendable.ts';

type Options = {
  readonly json?: boolean;
  readonly account?: string;
  readonly keyFile?: string;
  readonly context: string;
  readonly provider?: Uint8Array;
};

const HELP = `
FILE is a node's answer to …/finality_providers/{pk}/evidence or to …/evidences, or a list of two votes; or two files have a vote each. A vote is
what satlock finality vote --json prints, or the message in it ({"typeUrl": "/babylon.finality.v1.MsgAddFinalitySig", "value": …}). The first
is taken for the vote for the chain's block.
Evidence that the chain holds whole has slashed already; the message is for what it does not act on: two votes for forks, or a conflicting
vote that it refused. The key is public from the moment both signatures are.

Exit code 1: no evidence gives a key.

Examples:
  satlock finality evidence evidence.json
  satlock finality evidence vote.json other-vote.json --account bbn1… --json
  satlock finality evidence evidences.json --key-file recovered.key --provider 5003…`;

export function evidenceCommand(): Command {
  return new Command('evidence')
    .description('verify evidence of equivocation, extract the key, build the message of selective slashing')
    .argument('<file>', "a node's answer, or two votes, as JSON")
    .argument('[vote]', 'the second vote, where each has a file of its own')
    .option('--account <bbn1…>', 'account that sends the message; with it the message is printed. It contains the secret key')
    .option('--key-file <file>', 'where the extracted key goes: a new file that only you can read')
    .option('--provider <hex>', 'only the evidence of this provider', parse.hex('--provider', 32))
    .option(
      '--context <text>',
      'signing context: empty on mainnet, 64 lower-case hex digits on the BSN line',
      parse.context('--context'),
      '',
    )
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(evidence);
}

function evidence(file: string, second: string | undefined, options: Options): void {
  const { provider, context, account, keyFile } = options;
  const given = second === undefined ? readJson(file) : [readJson(file), readJson(second, '[vote]')];
  const all = read(given, context).filter((one) => provider === undefined || Hex.encode(one.finalityProviderPk) === Hex.encode(provider));
  const checked = all.map((one) => ({ one, finding: Evidence.check(one, context) }));
  const whole = checked.filter(({ finding }) => finding === undefined).map(({ one }) => one);
  const [first, ...others] = whole;
  const isAmbiguous = others.some(
    (one) => Hex.encode(one.finalityProviderPk) !== Hex.encode(first?.finalityProviderPk ?? new Uint8Array(0)),
  );
  if (isAmbiguous && (account !== undefined || keyFile !== undefined))
    usage('--provider', 'needed: there is evidence of several providers');
  const sent =
    account === undefined || first === undefined
      ? undefined
      : sendable(Evidence.selectiveSlashing({ evidence: first, signer: account, context }));
  if (keyFile !== undefined && first !== undefined) writeKey(keyFile, first, context);
  const data = {
    valid: first !== undefined,
    evidence: checked.map(({ one, finding }) => ({ finding, keyIsPublic: finding === undefined, ...Evidence.toRest(one) })),
    ...(keyFile === undefined || first === undefined ? {} : { keyFile }),
    ...(sent ?? {}),
  };
  print(options, data, () => shown(checked, sent, keyFile));
  if (first === undefined) process.exitCode = EXIT.FINDING;
}

type Checked = readonly { readonly one: Evidence.StoredEvidence; readonly finding: Evidence.Finding | undefined }[];

function shown(checked: Checked, sent: ReturnType<typeof sendable> | undefined, keyFile: string | undefined): string {
  const lines = checked.map(({ one, finding }) => {
    const what = finding === undefined ? 'valid: the key of this provider is public' : `gives no key: ${finding}`;
    return `${Hex.encode(one.finalityProviderPk)} height ${one.height}  ${what}`;
  });
  return [
    ...(lines.length === 0 ? ['no evidence'] : lines),
    ...(keyFile === undefined ? [] : [`key       ${keyFile}`]),
    ...(sent === undefined ? [] : [shownMessage(sent)]),
  ].join('\n');
}

function writeKey(file: string, evidence: Evidence.StoredEvidence, context: string): void {
  const { canonicalFinalitySig } = evidence;
  if (canonicalFinalitySig === undefined) return;
  const secretKey = Evidence.extractKey({ ...evidence, canonicalFinalitySig }, context);
  try {
    newSecretFile('--key-file', file).write(Hex.encode(secretKey));
  } finally {
    SecretKey.wipe(secretKey);
  }
}

/** Evidence in any of its forms. */
function read(json: unknown, context: string): readonly Evidence.StoredEvidence[] {
  if (Array.isArray(json)) return [fromVotes(json, context)];
  if (isMessage(printedMessage(json))) return [fromVotes([json], context)];
  const isList = typeof json === 'object' && json !== null && 'evidences' in json;
  return isList ? Evidence.listFromRest(json).evidences : [Evidence.fromRest(json)];
}

function fromVotes(list: readonly unknown[], context: string): Evidence.Evidence {
  const votes = list.map((one, i) => {
    const message = Message.fromJson(printedMessage(one));
    if (message.typeUrl !== '/babylon.finality.v1.MsgAddFinalitySig')
      return usage(`votes[${i}]`, `expected a vote, got ${message.typeUrl}`);
    const { fpBtcPk, blockHeight: height, blockAppHash: appHash, pubRand, finalitySig: signature } = message.value;
    return { finalityProviderPk: fpBtcPk as PublicKey.XOnlyPublicKey, height, appHash, pubRand, signature };
  });
  const [canonical, fork] = votes;
  if (canonical === undefined || fork === undefined || votes.length !== 2)
    return usage('<file>', `expected two votes, got ${votes.length}`);
  return Evidence.fromVotes(canonical, fork, context);
}

function isMessage(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'typeUrl' in json;
}

/** The message in what `satlock finality vote --json` prints; a message is left as it is. */
function printedMessage(json: unknown): unknown {
  return typeof json === 'object' && json !== null && 'any' in json && 'message' in json ? json.message : json;
}
