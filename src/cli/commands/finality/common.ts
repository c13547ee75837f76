// What the provider's commands share: the chain that is asked, the signer that signs, and the message as it is printed.
import { readFileSync } from 'node:fs';
import { base64 } from '@scure/base';
import type { Command } from 'commander';
import * as FinalityView from '../../../babylon/FinalityView.ts';
import * as Message from '../../../babylon/Message.ts';
import * as Networks from '../../../babylon/Networks.ts';
import type { SignerClient } from '../../../node/daemon/SignerClient.ts';
import type { ProviderWatch } from '../../../node/ProviderWatch.ts';
import { toJson, usage } from '../../io.ts';
import * as parse from '../../parse.ts';

export const HMAC_VARIABLE = 'SATLOCK_HMAC_KEY';

export type Json = { readonly json?: boolean };

export type ChainOptions = Json & { readonly network: string; readonly chainId?: string; readonly babylonApi?: string };

/** Which chain, and the node of it that is asked. */
export function chainOptions(command: Command): Command {
  return command
    .option('--network <name>', 'its built-in parameters and chain-id', 'bbn-1')
    .option('--chain-id <id>', 'chain-id of the randomness, where it is not that of the network')
    .option('--babylon-api <url>', 'REST interface of a node of the chain, such as http://127.0.0.1:1317')
    .option('--json', 'print JSON');
}

export type SignerOptions = {
  readonly signer?: string;
  readonly hmacKeyFile?: string;
  readonly bareMac?: boolean;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
};

/** The signer that is asked. */
export function signerOptions(command: Command): Command {
  return command
    .option('--signer <host:port>', 'the running signer (satlock signer serve): HOST:PORT or unix:/path')
    .option('--hmac-key-file <file>', `file with the text of the signer's HMAC key; without it ${HMAC_VARIABLE} is read`)
    .option('--bare-mac', 'authenticate as to eotsd, without time and method: for a signer that knows nothing else')
    .option('--tls-ca <file>', "who signed the signer's certificate, PEM")
    .option('--tls-cert <file>', 'own certificate, PEM')
    .option('--tls-key <file>', 'its key, PEM');
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

/** Runs with a connection to the signer, and closes it. */
export async function withSigner<T>(options: SignerOptions, act: (client: SignerClient) => Promise<T>): Promise<T> {
  const { signer, bareMac, tlsCa, tlsCert, tlsKey } = options;
  if (signer === undefined) return usage('--signer', 'needed: HOST:PORT of the running signer');
  if ((tlsCert === undefined) !== (tlsKey === undefined)) usage('--tls-cert', '--tls-cert and --tls-key belong together');
  if (tlsCert !== undefined && tlsCa === undefined) usage('--tls-ca', 'needed beside --tls-cert');
  const hmacKey = hmacKeyOf(options);
  const { SignerClient } = await import('../../../node/daemon/SignerClient.ts');
  const own = tlsCert === undefined || tlsKey === undefined ? {} : { cert: readFileSync(tlsCert), key: readFileSync(tlsKey) };
  const client = new SignerClient({
    address: signer,
    ...(hmacKey === undefined ? {} : { hmacKey }),
    ...(bareMac === true ? { mac: 'bare' as const } : {}),
    ...(tlsCa === undefined ? {} : { tls: { ca: readFileSync(tlsCa), ...own } }),
    // Tens of thousands of heights take their time.
    deadlineMs: 120_000,
  });
  try {
    return await act(client);
  } finally {
    client.close();
  }
}

function hmacKeyOf({ hmacKeyFile }: SignerOptions): Uint8Array | undefined {
  const text = hmacKeyFile === undefined ? process.env[HMAC_VARIABLE] : readFileSync(hmacKeyFile, 'utf8').replace(/\r?\n$/, '');
  if (text === '') usage(hmacKeyFile === undefined ? HMAC_VARIABLE : '--hmac-key-file', 'empty; leave it out where the signer has none');
  return text === undefined ? undefined : new TextEncoder().encode(text);
}

/** A height, or the word for none. */
export function heightOrNone(option: string): (text: string) => bigint | 'none' {
  const height = parse.uint64(option);
  return (text) => (text === 'none' ? 'none' : height(text));
}

/** What a Cosmos signer takes: the account, the message as proto3 JSON, and as `Any` with its bytes in base64. */
export function sendable(message: Message.Message): {
  readonly account: string;
  readonly message: ReturnType<typeof Message.toJson>;
  readonly any: { readonly typeUrl: string; readonly value: string };
} {
  const { typeUrl, value } = Message.encode(message);
  return { account: Message.signerOf(message), message: Message.toJson(message), any: { typeUrl, value: base64.encode(value) } };
}

export function shownMessage(data: ReturnType<typeof sendable>): string {
  return `account   ${data.account}\ntype      ${data.any.typeUrl}\nprotobuf  ${data.any.value}\nmessage   ${toJson(data.message)}\nNothing was sent.`;
}

/** A refusal as one line. */
export function shownFailure(failure: {
  readonly check: string;
  readonly codespace: string;
  readonly code: number;
  readonly reference: string;
}): string {
  const code = failure.codespace === 'satlock' ? 'satlock refuses' : `the chain would refuse with ${failure.codespace}/${failure.code}`;
  return `${failure.check}: ${code}: ${failure.reference}`;
}

/** The facts of a node as a view with one provider. */
export function viewOf(
  network: Networks.StakingNetwork,
  facts: Awaited<ReturnType<ProviderWatch['facts']>>,
  more: { readonly blocks?: readonly FinalityView.IndexedBlock[]; readonly power?: ReadonlyMap<bigint, bigint> } = {},
): FinalityView.FinalityView {
  const { epochInterval } = network;
  if (epochInterval === undefined) return usage('--network', `the epochs of ${network.name} are not known`);
  return FinalityView.from({
    tipHeight: facts.tip.height,
    tipTimeNs: facts.tip.timeNs,
    params: facts.params,
    epochInterval,
    lastFinalizedEpoch: facts.lastFinalizedEpoch,
    blocks: more.blocks ?? [],
    providers: [{ ...facts.provider, commits: facts.commits, ...(more.power === undefined ? {} : { power: more.power }) }],
  });
}
