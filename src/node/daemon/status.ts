// From refusals and errors to gRPC statuses: the reference's codes and texts where it has them, and words that say what to do where it has none.
// finality-provider eotsmanager/service/rpcserver.go, eotsmanager/types/errors.go, eotsmanager/store/errors.go.
import { Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { isSatlockError } from '../../base/Errors.ts';
import type { Refusal } from '../../signer/Decision.ts';

/** An answer that is no message. Thrown by methods, turned into trailers in one place. */
export class Status extends Error {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata | undefined;

  constructor(code: number, details: string, metadata?: Metadata) {
    super(details);
    this.code = code;
    this.details = clean(details);
    this.metadata = metadata;
  }

  toResponse(): StatusObject {
    return { code: this.code, details: this.details, metadata: this.metadata ?? new Metadata() };
  }
}

export type RefusedItem = { readonly height: bigint; readonly refusal: Refusal };

/** Trailer with what was left out of an answer, or why there is none: a JSON list of {height, code}. */
export const REFUSED = 'x-satlock-refused';
/** How many were refused; the list may be shorter. */
export const REFUSED_COUNT = 'x-satlock-refused-count';
/** Proxies and clients take header lists of 8 KiB at least. */
const MAX_LISTED = 64;

export function refusedTrailers(items: readonly RefusedItem[]): Metadata {
  const metadata = new Metadata();
  if (items.length === 0) return metadata;
  const listed = items.slice(0, MAX_LISTED).map(({ height, refusal }) => ({ height: height.toString(), code: refusal.code }));
  metadata.set(REFUSED, JSON.stringify(listed));
  metadata.set(REFUSED_COUNT, `${items.length}`);
  return metadata;
}

/** What the refusal of one vote is answered with. */
export function refusedStatus(item: RefusedItem): Status {
  return new Status(status.FAILED_PRECONDITION, refusalText(item.refusal), refusedTrailers([item]));
}

/** What a batch is answered with in strict mode when items of it are refused. */
export function refusedBatch(items: readonly RefusedItem[]): Status {
  const heights = items.slice(0, MAX_LISTED).map(({ height, refusal }) => `${height} (${refusalText(refusal)})`);
  const more = items.length > heights.length ? ` and ${items.length - heights.length} more` : '';
  const text = `refused at ${heights.join(', ')}${more}; the other heights are signed and stored: ask for them without these`;
  return new Status(status.FAILED_PRECONDITION, text, refusedTrailers(items));
}

/** Why a vote is not signed, for operators. The first one is the reference's text. */
function refusalText(refusal: Refusal): string {
  switch (refusal.code) {
    case 'signer.double-sign':
      return 'double sign';
    case 'signer.not-a-vote':
      return 'the message is not a vote of this chain';
    case 'signer.height-mismatch':
      return `height ${refusal.height} was asked for, the vote is for height ${refusal.voteHeight}`;
    case 'signer.key-condemned':
      return `this key is refused for ever: ${refusal.why}`;
    case 'signer.not-enrolled':
      return 'nobody told this signer what the key has signed: import its history (satlock signer history import) and raise its watermark above everything that may have been signed (satlock signer watermark raise) first';
    case 'signer.below-watermark':
      return `height ${refusal.height} is not above the watermark ${refusal.watermark}, and nothing is stored for it`;
    case 'signer.fenced':
      return `a vote at height ${refusal.signedElsewhereUpTo} may exist that this store does not hold, and the watermark is ${refusal.watermark}: raise the watermark above everything that may have been signed (satlock signer watermark raise)`;
  }
}

/** Texts of the reference for what our layers call otherwise. */
const REFERENCE_TEXTS: ReadonlyMap<string, string> = new Map([
  ['signer.unknown-key', 'EOTS key name not found'],
  ['keystore.unknown-key', 'EOTS key name not found'],
  ['signer.key-mismatch', 'public key mismatch: requested key does not match stored key'],
  ['signer.locked-key', 'the EOTS key is locked: unlock it first (UnlockKey)'],
  ['keystore.wrong-passphrase', 'the passphrase is wrong'],
]);

/** `what`: how the reference begins the text, "failed to sign EOTS". */
export function toStatus(error: unknown, what: string): Status {
  if (error instanceof Status) return error;
  if (!isSatlockError(error)) return new Status(status.INTERNAL, `${what}: internal error`);
  const { code, message } = error;
  const text = `${what}: ${REFERENCE_TEXTS.get(code) ?? message}`;
  if (code === 'signer.repeated-height') return new Status(status.INVALID_ARGUMENT, `duplicate height in batch: ${message}`);
  if (code === 'signer.unknown-digest') return new Status(status.FAILED_PRECONDITION, text);
  if (code === 'keystore.busy') return new Status(status.RESOURCE_EXHAUSTED, text);
  if (code.startsWith('store.') || code === 'daemon.halted') return new Status(status.UNAVAILABLE, text);
  if (/^(input|wire)\.|^signer\.(too-many|malformed-chain-id)$/.test(code)) return new Status(status.INVALID_ARGUMENT, text);
  return new Status(status.UNKNOWN, text);
}

/** One line of printable characters: it becomes an HTTP/2 header, and half a surrogate pair would throw there. */
function clean(text: string): string {
  return text.slice(0, 4_000).replace(/[^\x20-\x7e]+/g, ' ');
}
