// A signing history in a file, whatever wrote it: JSON of ours, the database of an eotsd, or its dump as JSON lines.
import { open, readFile, stat } from 'node:fs/promises';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Interchange from '../signer/Interchange.ts';
import * as EotsdHistory from './eotsd/EotsdHistory.ts';

export type Format = 'auto' | 'interchange' | 'eotsd' | 'json-lines';

export type Options = {
  readonly format?: Format;
  /** Any other chain, or key, refuses the file as a whole. */
  readonly expectChainIds?: readonly string[] | undefined;
  readonly expectPublicKeys?: readonly Uint8Array[] | undefined;
};

export type HistoryFile = {
  readonly format: Exclude<Format, 'auto'>;
  readonly histories: readonly Interchange.History[];
  /** Records that an honest eotsd does not write. */
  readonly odd: number;
};

export type Reason =
  | Interchange.Reason
  | EotsdHistory.Reason
  | { readonly code: 'interchange.too-large'; readonly maxBytes: number }
  | { readonly code: 'interchange.not-a-file' }
  | { readonly code: 'interchange.not-utf8' };

const MAX_BYTES = 512 * 2 ** 20;

/**
 * Reads the histories of a file; nothing of a file that is damaged, cut off or of another signer is used.
 *
 * @throws interchange.*, eotsd.*, and the file system's own errors
 */
export async function readHistories(path: string, options: Options = {}): Promise<HistoryFile> {
  const { format = 'auto', expectChainIds, expectPublicKeys } = options;
  const kind = format === 'auto' ? await formatOf(path) : format;
  if (kind === 'interchange') {
    return { format: kind, odd: 0, histories: Interchange.parse(await textOf(path), { expectChainIds, expectPublicKeys }) };
  }
  const { slots, oddCount } = await (kind === 'eotsd' ? EotsdHistory.readDatabase(path) : EotsdHistory.readDump(path));
  for (const { chainId, publicKey } of slots) {
    if (expectChainIds !== undefined && !expectChainIds.includes(chainId)) {
      const text = `this history is of chain ${JSON.stringify(chainId)}, expected ${expectChainIds.join(' or ')}`;
      fail<Reason>({ code: 'interchange.foreign-chain', chainId, expected: expectChainIds }, text);
    }
    const key = Hex.encode(publicKey);
    if (expectPublicKeys !== undefined && !expectPublicKeys.some((expected) => Hex.encode(expected) === key)) {
      fail<Reason>({ code: 'interchange.foreign-key', publicKey: key }, `this history is of key ${key}, which is not one of this signer`);
    }
  }
  return { format: kind, odd: oddCount, histories: slots };
}

/** A dump has a record in its first line, an interchange file the beginning of one object over all of it. */
async function formatOf(path: string): Promise<Exclude<Format, 'auto'>> {
  if (await EotsdHistory.isDatabase(path)) return 'eotsd';
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(65_536), 0, 65_536, 0);
    const [line = ''] = buffer.subarray(0, bytesRead).toString('utf8').trimStart().split('\n');
    return isRecord(line) ? 'json-lines' : 'interchange';
  } finally {
    await file.close();
  }
}

function isRecord(line: string): boolean {
  try {
    const json: unknown = JSON.parse(line);
    return typeof json === 'object' && json !== null && !('metadata' in json);
  } catch {
    return false;
  }
}

async function textOf(path: string): Promise<string> {
  const file = await stat(path);
  if (!file.isFile()) fail<Reason>({ code: 'interchange.not-a-file' }, `${path}: not a regular file`);
  const bytes = file.size > MAX_BYTES ? undefined : await readFile(path);
  if (bytes === undefined || bytes.length > MAX_BYTES)
    fail<Reason>({ code: 'interchange.too-large', maxBytes: MAX_BYTES }, `${path}: larger than ${MAX_BYTES} bytes`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return fail<Reason>({ code: 'interchange.not-utf8' }, `${path}: not text in UTF-8`);
  }
}
