// The daemon's certificate, key and clients' authority, from PEM files that may be exchanged while it runs.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ServerCredentials } from '@grpc/grpc-js';
import { fail } from '../../base/Errors.ts';
import type { Reason, ServeOptions } from './ports.ts';

/**
 * Reads the files and checks that they fit together.
 *
 * @throws daemon.bad-tls - never with a word of the key
 */
export async function readCredentials(tls: ServeOptions['tls']): Promise<ServerCredentials> {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const { certFile, keyFile, clientCaFile } = tls;
  const cert = await read(certFile);
  const key = await read(keyFile);
  const authority = clientCaFile === undefined ? null : await read(clientCaFile);
  const certificate = parse(certFile, 'no certificate in PEM form', () => new X509Certificate(cert));
  const privateKey = parse(keyFile, 'no private key in PEM form', () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) bad(keyFile, `it is not the key of ${certFile}`);
  if (authority !== null) parse(clientCaFile ?? '', 'no certificate in PEM form', () => new X509Certificate(authority));
  return ServerCredentials.createSsl(authority, [{ cert_chain: cert, private_key: key }], authority !== null);
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    return bad(file, (cause as NodeJS.ErrnoException).code ?? 'cannot be read');
  }
}

/** The cause is left out: an error of a key parser may quote it. */
function parse<T>(file: string, problem: string, job: () => T): T {
  try {
    return job();
  } catch {
    return bad(file, problem);
  }
}

function bad(file: string, problem: string): never {
  return fail<Reason>({ code: 'daemon.bad-tls', file, problem }, `${file}: ${problem}`);
}
