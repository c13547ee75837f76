// The running signer that the provider's commands ask: which one, and how to prove oneself to it.
import type { Command } from 'commander';
import type { SignerClient } from '../../../node/daemon/SignerClient.ts';
import { readBytes, usage } from '../../io.ts';
import { HMAC_VARIABLE, hmacKeyBytes } from '../signer/passphrase.ts';

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

/** Runs with a connection to the signer, and closes it. */
export async function withSigner<T>(options: SignerOptions, act: (client: SignerClient) => Promise<T>): Promise<T> {
  const { signer, bareMac, tlsCa, tlsCert, tlsKey } = options;
  if (signer === undefined) return usage('--signer', 'needed: HOST:PORT of the running signer');
  if ((tlsCert === undefined) !== (tlsKey === undefined)) usage('--tls-cert', '--tls-cert and --tls-key belong together');
  if (tlsCert !== undefined && tlsCa === undefined) usage('--tls-ca', 'needed beside --tls-cert');
  const hmacKey = hmacKeyBytes(options.hmacKeyFile);
  const { SignerClient } = await import('../../../node/daemon/SignerClient.ts');
  const own =
    tlsCert === undefined || tlsKey === undefined ? {} : { cert: readBytes('--tls-cert', tlsCert), key: readBytes('--tls-key', tlsKey) };
  const client = new SignerClient({
    address: signer,
    ...(hmacKey === undefined ? {} : { hmacKey }),
    ...(bareMac === true ? { mac: 'bare' as const } : {}),
    ...(tlsCa === undefined ? {} : { tls: { ca: readBytes('--tls-ca', tlsCa), ...own } }),
    // Tens of thousands of heights take their time.
    deadlineMs: 120_000,
  });
  try {
    return await act(client);
  } finally {
    client.close();
  }
}
