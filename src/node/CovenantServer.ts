// The reference's remote signer over HTTP, for a covenant-emulator that is left as it is: POST /v1/sign-transactions and GET /v1/public-key.
// covenant-emulator covenant-signer/signerservice/{server,middlewares/hmac_auth}.go. The reference's unlock and lock are not there: a MAC over
// a body alone can be replayed, and a replayed unlock would open the key. A replayed request for signatures gets those of the first time.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import * as CovenantRemote from '../babylon/CovenantRemote.ts';
import type * as CovenantReview from '../babylon/CovenantReview.ts';
import * as CovenantSigner from '../babylon/CovenantSigner.ts';
import { fail, isSatlockError } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as PublicKey from '../crypto/PublicKey.ts';
import type * as SecretKey from '../crypto/SecretKey.ts';
import type { CovenantLog } from './CovenantLog.ts';
import { bindServer, parseAddress } from './daemon/addresses.ts';
import type { Reason as DaemonReason } from './daemon/ports.ts';

export type Reason =
  | { readonly code: 'covenant-server.no-mac'; readonly listen: string }
  | Extract<DaemonReason, { readonly code: 'daemon.bad-address' | 'daemon.cannot-listen' }>;

export type Options = {
  /** `host:port`, `[::1]:port`, port 0 for any, or `unix:/path/of/socket`. Only loopback and Unix sockets go without a MAC key. */
  readonly listen: string;
  readonly secretKey: SecretKey.SecretKey;
  readonly policy: CovenantReview.Policy;
  readonly hints?: CovenantRemote.Hints;
  readonly log: CovenantLog;
  /** Text as the reference's config has it; without one every process on this machine may ask. */
  readonly hmacKey?: string;
  readonly onEvent?: (event: Event) => void;
};

/** What happened, without secrets. */
export type Event = {
  readonly path: string;
  readonly status: number;
  readonly outcome: 'signed' | 'stored' | 'refused' | 'public-key' | 'bad-request' | 'unauthorised' | 'failed';
  readonly stake?: string;
  readonly checks?: readonly string[];
  readonly code?: string;
};

export type Running = {
  /** What a client connects to: `127.0.0.1:9791`, or `unix:/path`. */
  readonly address: string;
  /** 0 for a Unix socket. */
  readonly port: number;
  readonly close: () => Promise<void>;
};

/** Largest body: four transactions of the largest relayed size in hex, and room. */
const MAX_BODY = 4 * 1024 * 1024;

type Answer = { readonly status: number; readonly body: unknown; readonly event: Omit<Event, 'path' | 'status'> };

/**
 * Listens until it is closed.
 *
 * @throws covenant-server.no-mac - elsewhere than on this machine without a key for the MAC
 * @throws daemon.bad-address, daemon.cannot-listen
 */
export async function serve(options: Options): Promise<Running> {
  const { listen, hmacKey } = options;
  const address = parseAddress(listen, 'listen');
  if ((hmacKey === undefined || hmacKey === '') && address.kind === 'tcp' && !address.isLoopback)
    fail<Reason>({ code: 'covenant-server.no-mac', listen }, `${listen}: set a MAC key to listen elsewhere than on 127.0.0.1`);
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000, maxHeaderSize: 16_384 }, (request, response) => {
    void answer(request, response, options);
  });
  server.maxConnections = 64;
  const bound = await bindServer(server, address);
  const close = (): Promise<void> =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { ...bound, close };
}

async function answer(request: IncomingMessage, response: ServerResponse, options: Options): Promise<void> {
  // Not by URL, which throws on targets such as `//`: anybody who connects may send one.
  const [path = '/'] = (request.url ?? '/').split('?', 1);
  let made: Answer;
  try {
    made = await answerTo(request, path, options);
  } catch (error) {
    made = failed(error);
  }
  const { status, body, event } = made;
  options.onEvent?.({ path: path.slice(0, 80), status, ...event });
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', connection: 'close' });
  response.end(JSON.stringify(body));
}

async function answerTo(request: IncomingMessage, path: string, options: Options): Promise<Answer> {
  const isSign = request.method === 'POST' && path === '/v1/sign-transactions';
  const isKey = request.method === 'GET' && path === '/v1/public-key';
  if (isKey) {
    // No secret: the reference's client asks for it without a MAC.
    const publicKey = Hex.encode(PublicKey.compressedOfSecret(options.secretKey));
    return { status: 200, body: { data: { public_key_hex: publicKey } }, event: { outcome: 'public-key' } };
  }
  const raw = await bodyOf(request);
  if (raw === undefined) return bad(413, 'the body is too large');
  if (!isAuthentic(request, raw, options.hmacKey))
    return { status: 401, body: errorOf('unauthorized', 'invalid HMAC authentication'), event: { outcome: 'unauthorised' } };
  if (!isSign) return bad(404, 'known are POST /v1/sign-transactions and GET /v1/public-key');
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(raw));
  } catch {
    return bad(400, 'the body is not JSON');
  }
  return sign(json, options);
}

function sign(request: unknown, { secretKey, policy, hints, log }: Options): Answer {
  const covenantPk = PublicKey.ofSecret(secretKey);
  const prepared = CovenantRemote.prepare({ request, policy, covenantPk, ...(hints === undefined ? {} : { hints }) });
  const { kind, signatures } = log.signOnce(prepared, () => CovenantSigner.sign({ prepared, secretKey }));
  const { txid, vout } = prepared.outpoint;
  return { status: 200, body: { data: CovenantRemote.toResponse(signatures) }, event: { outcome: kind, stake: `${txid}:${vout}` } };
}

function bad(status: number, error: string): Answer {
  return { status, body: errorOf('bad-request', error), event: { outcome: 'bad-request' } };
}

/** The reference's form of an error. */
function errorOf(errorCode: string, message: string): object {
  return { errorCode, message };
}

/** A refusal of the delegation or by the log, a request that says nothing, or a fault of ours: in this order, each with its code. */
function failed(error: unknown): Answer {
  if (!isSatlockError(error))
    return { status: 500, body: errorOf('internal', 'internal error'), event: { outcome: 'failed', code: 'internal' } };
  const { code, message } = error;
  const body = errorOf(code, message.slice(0, 2_000));
  if (CovenantRemote.isRefusal(error)) {
    const { checks } = error.reason as Extract<CovenantSigner.Reason, { readonly code: 'covenant-signer.refused' }>;
    return { status: 400, body: { ...body, checks }, event: { outcome: 'refused', checks } };
  }
  if (code === 'covenant-log.conflict') return { status: 409, body, event: { outcome: 'refused', code } };
  if (code.startsWith('covenant-log.')) return { status: 503, body, event: { outcome: 'failed', code } };
  return { status: 400, body, event: { outcome: 'bad-request', code } };
}

/** Undefined when it is too large. */
async function bodyOf(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The header has the hex of HMAC-SHA256 over the body. */
function isAuthentic(request: IncomingMessage, body: Uint8Array, key: string | undefined): boolean {
  if (key === undefined || key === '') return true;
  const given = request.headers['x-covenant-hmac'];
  if (typeof given !== 'string' || !/^[0-9a-f]{64}$/i.test(given)) return false;
  return timingSafeEqual(Hex.decode(given), createHmac('sha256', key).update(body).digest());
}
