// A small JSON-RPC client for a Bitcoin node on this machine (Bitcoin Core's RPC interface).
// Amounts stay exact: a number with a point or an exponent is never made a float, it comes as the text that the node wrote.
// It speaks to loopback addresses only, because the protocol sends its password unencrypted.
import { readFile } from 'node:fs/promises';
import * as Check from '../base/Check.ts';
import { fail, hasCode } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Sats from '../base/Sats.ts';

/** A value of the node's answer. Integers are numbers; decimals, and integers beyond 2^53, are text as written. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What a call may be given; a bigint is written as an integer. Amounts are text, see {@link satsToBtcText}. */
export type Param = null | boolean | number | bigint | string | Uint8Array | readonly Param[] | { readonly [key: string]: Param };

export type Auth = { readonly user: string; readonly password: string } | { readonly cookieFile: string };

export interface Options {
  /** Loopback only: 127.0.0.1 (default), ::1 or localhost. */
  readonly host?: string;
  readonly port: number;
  readonly auth: Auth;
  /** For one call or one batch; default 30,000. */
  readonly timeoutMs?: number;
}

export interface Call {
  readonly method: string;
  readonly params?: readonly Param[];
}

export interface Rpc {
  /**
   * The node's answer to one call.
   *
   * @throws bitcoind-rpc.error - the node refused, with its code and words
   * @throws bitcoind-rpc.unreachable, bitcoind-rpc.timeout, bitcoind-rpc.unauthorized, bitcoind-rpc.no-cookie,
   *   bitcoind-rpc.bad-response
   */
  readonly call: (method: string, ...params: readonly Param[]) => Promise<Json>;
  /**
   * The answers to many calls in one request, in the order of the calls. One refusal fails the batch, but the node has run every call.
   *
   * @throws as `call`
   */
  readonly batch: (calls: readonly Call[]) => Promise<readonly Json[]>;
}

export type Reason =
  | Check.Reason
  | { readonly code: 'bitcoind-rpc.error'; readonly method: string; readonly rpcCode: number; readonly rpcMessage: string }
  | { readonly code: 'bitcoind-rpc.unreachable'; readonly method: string; readonly port: number }
  | { readonly code: 'bitcoind-rpc.timeout'; readonly method: string; readonly timeoutMs: number }
  | { readonly code: 'bitcoind-rpc.unauthorized'; readonly method: string; readonly port: number }
  | { readonly code: 'bitcoind-rpc.no-cookie'; readonly method: string }
  | { readonly code: 'bitcoind-rpc.bad-response'; readonly method: string; readonly problem: string }
  | { readonly code: 'bitcoind-rpc.not-loopback'; readonly host: string }
  | { readonly code: 'bitcoind-rpc.bad-amount'; readonly field: string };

const LOOPBACK = new Map([
  ['127.0.0.1', '127.0.0.1'],
  ['localhost', 'localhost'],
  ['::1', '[::1]'],
  ['[::1]', '[::1]'],
]);

/**
 * A client; no connection is made before the first call.
 *
 * @throws bitcoind-rpc.not-loopback - the address is not of this machine
 * @throws input.not-integer, input.out-of-range - the port or the time limit
 */
export function connect(options: Options): Rpc {
  const host = LOOPBACK.get(options.host ?? '127.0.0.1');
  if (host === undefined) {
    fail<Reason>({ code: 'bitcoind-rpc.not-loopback', host: `${options.host}` }, 'host: expected 127.0.0.1, ::1 or localhost');
  }
  const port = Check.integer(options.port, 'port', 1, 65_535);
  const timeoutMs = Check.integer(options.timeoutMs ?? 30_000, 'timeoutMs', 1, 3_600_000);
  const post = poster(`http://${host}:${port}/`, port, options.auth, timeoutMs);
  return {
    call: async (method, ...params) => {
      const answer = await post(method, requestText(method, params, 0));
      return resultOf(answer, method);
    },
    batch: async (calls) => {
      if (calls.length === 0) return [];
      const name = calls.length === 1 ? (calls[0]?.method ?? '') : `batch of ${calls.length}`;
      const answers = await post(name, `[${calls.map((call, id) => requestText(call.method, call.params ?? [], id)).join(',')}]`);
      return inOrder(answers, calls, name);
    },
  };
}

function requestText(method: string, params: readonly Param[], id: number): string {
  return `{"jsonrpc":"1.0","id":${id},"method":${JSON.stringify(method)},"params":${paramText(params)}}`;
}

function paramText(value: Param): string {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return `"${Hex.encode(value)}"`;
  if (typeof value === 'number') return `${Check.integer(value, 'params', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)}`;
  if (isList(value)) return `[${value.map(paramText).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([key, item]) => `${JSON.stringify(key)}:${paramText(item)}`)
      .join(',')}}`;
  }
  return JSON.stringify(value);
}

function isList(value: Param): value is readonly Param[] {
  return Array.isArray(value);
}

type Post = (method: string, body: string) => Promise<Json>;

function poster(url: string, port: number, auth: Auth, timeoutMs: number): Post {
  return async (method, body) => {
    const authorization = `Basic ${Buffer.from(await credentials(auth, method)).toString('base64')}`;
    let status: number;
    let text: string;
    try {
      const response = await fetch(url, {
        method: 'POST',
        body,
        headers: { authorization, 'content-type': 'application/json' },
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      status = response.status;
      text = await response.text();
    } catch (cause) {
      if (cause instanceof Error && cause.name === 'TimeoutError') {
        fail<Reason>({ code: 'bitcoind-rpc.timeout', method, timeoutMs }, `${method}: no answer within ${timeoutMs} ms`, { cause });
      }
      fail<Reason>({ code: 'bitcoind-rpc.unreachable', method, port }, `${method}: no Bitcoin node answers on port ${port}`, { cause });
    }
    if (status === 401 || status === 403) {
      fail<Reason>({ code: 'bitcoind-rpc.unauthorized', method, port }, `${method}: the node on port ${port} refuses these credentials`);
    }
    return parseAnswer(text, method, status);
  };
}

async function credentials(auth: Auth, method: string): Promise<string> {
  if (!('cookieFile' in auth)) return `${auth.user}:${auth.password}`;
  try {
    return (await readFile(auth.cookieFile, 'utf8')).trim();
  } catch (cause) {
    fail<Reason>({ code: 'bitcoind-rpc.no-cookie', method }, `${method}: the node's cookie file cannot be read; is the node running?`, {
      cause,
    });
  }
}

function parseAnswer(text: string, method: string, status: number): Json {
  try {
    return parseJson(text);
  } catch (cause) {
    // the node answers some overload conditions (work queue full) in plain words
    const problem = `HTTP status ${status} without JSON`;
    fail<Reason>({ code: 'bitcoind-rpc.bad-response', method, problem }, `${method}: ${problem}`, { cause });
  }
}

/**
 * JSON whose decimals stay text: {"value":0.10000000} gives { value: '0.10000000' }. Integers up to 2^53-1 are numbers.
 *
 * @throws SyntaxError - when it is no JSON
 */
export function parseJson(text: string): Json {
  // strings are matched first so that digits inside them stay as they are; a quoted key is followed by a colon, a number never is
  const kept = text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
    token.startsWith('"') || (/^-?\d+$/.test(token) && Number.isSafeInteger(Number(token))) ? token : `"${token}"`,
  );
  return JSON.parse(kept) as Json;
}

function resultOf(answer: Json, method: string): Json {
  const { error, result } = asObject(answer, method);
  if (error !== null && error !== undefined) {
    const { code, message } = asObject(error, method);
    const rpcCode = asInteger(code, method);
    const rpcMessage = asText(message, method);
    fail<Reason>({ code: 'bitcoind-rpc.error', method, rpcCode, rpcMessage }, `${method}: ${rpcMessage} (${rpcCode})`);
  }
  if (result === undefined) badResponse(method, 'no result');
  return result;
}

function inOrder(answers: Json, calls: readonly Call[], name: string): readonly Json[] {
  // a request that fails as a whole is answered by one object
  if (!Array.isArray(answers)) return [resultOf(answers, name)];
  const byId = new Map(asList(answers, name).map((answer) => [asInteger(asObject(answer, name)['id'], name), answer]));
  return calls.map((call, id) => {
    const answer = byId.get(id);
    return answer === undefined ? badResponse(call.method, `no answer number ${id}`) : resultOf(answer, call.method);
  });
}

function badResponse(method: string, problem: string): never {
  fail<Reason>({ code: 'bitcoind-rpc.bad-response', method, problem }, `${method}: unexpected answer: ${problem}`);
}

/** @throws bitcoind-rpc.bad-response - when it is no object */
export function asObject(value: Json | undefined, what: string): { readonly [key: string]: Json } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    badResponse(what, `expected an object, got ${Check.kindOf(value)}`);
  }
  return value as { readonly [key: string]: Json };
}

/** @throws bitcoind-rpc.bad-response - when it is no list */
export function asList(value: Json | undefined, what: string): readonly Json[] {
  if (!Array.isArray(value)) badResponse(what, `expected a list, got ${Check.kindOf(value)}`);
  return value as readonly Json[];
}

/** @throws bitcoind-rpc.bad-response - when it is no text */
export function asText(value: Json | undefined, what: string): string {
  if (typeof value !== 'string') badResponse(what, `expected text, got ${Check.kindOf(value)}`);
  return value;
}

/** @throws bitcoind-rpc.bad-response - when it is no integer below 2^53 */
export function asInteger(value: Json | undefined, what: string): number {
  if (typeof value !== 'number') badResponse(what, `expected an integer, got ${Check.kindOf(value)}`);
  return value;
}

/** @throws bitcoind-rpc.bad-response - when it is neither true nor false */
export function asBoolean(value: Json | undefined, what: string): boolean {
  if (typeof value !== 'boolean') badResponse(what, `expected true or false, got ${Check.kindOf(value)}`);
  return value;
}

/** The bytes of a hex text. @throws bitcoind-rpc.bad-response, hex.odd-length, hex.bad-digit */
export function asBytes(value: Json | undefined, what: string): Uint8Array {
  return Hex.decode(asText(value, what), what);
}

/**
 * An amount of the node, exactly.
 *
 * @throws bitcoind-rpc.bad-amount - neither decimal text nor a whole number of bitcoin
 */
export function asSats(value: Json | undefined, field: string): Sats.Sats {
  return btcTextToSats(typeof value === 'number' ? value.toString() : asText(value, field), field);
}

/**
 * The satoshi that a decimal number of bitcoin spells, exactly: "0.00001" is 1000n.
 *
 * @unit result: satoshi
 * @throws bitcoind-rpc.bad-amount - a sign, an exponent, more than 8 decimals, or no number at all
 * @throws input.out-of-range - above 21 million bitcoin
 */
export function btcTextToSats(text: string, field = 'amountBtc'): Sats.Sats {
  const match = /^([0-9]{1,8})(?:\.([0-9]{1,8}))?$/.exec(Check.text(text, field));
  if (match === null) {
    fail<Reason>({ code: 'bitcoind-rpc.bad-amount', field }, `${field}: expected bitcoin as plain decimal text with at most 8 decimals`);
  }
  return Sats.from(BigInt(match[1] ?? '') * 100_000_000n + BigInt((match[2] ?? '').padEnd(8, '0')), field);
}

/** "0.00001000": an amount as the node's calls take it, exactly. */
export function satsToBtcText(value: Sats.Sats): string {
  return `${value / 100_000_000n}.${(value % 100_000_000n).toString().padStart(8, '0')}`;
}

/** True for a refusal by the node (not for a lost connection), with this RPC code when one is given. */
export function isRpcError(error: unknown, rpcCode?: number): boolean {
  return hasCode<Reason, 'bitcoind-rpc.error'>(error, 'bitcoind-rpc.error') && (rpcCode === undefined || error.reason.rpcCode === rpcCode);
}
