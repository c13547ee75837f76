// One GET of a Babylon node's REST interface: a limit in time and in bytes, and errors that say what happened. Nothing of it is retried.
import * as Check from '../../base/Check.ts';
import { fail, isSatlockError } from '../../base/Errors.ts';

export type Reason =
  | Check.Reason
  | { readonly code: 'provider-watch.bad-url'; readonly field: string }
  | { readonly code: 'provider-watch.unreachable'; readonly path: string }
  | { readonly code: 'provider-watch.timeout'; readonly path: string; readonly timeoutMs: number }
  | { readonly code: 'provider-watch.too-large'; readonly path: string; readonly maxBytes: number }
  | { readonly code: 'provider-watch.not-json'; readonly path: string; readonly status: number }
  | {
      readonly code: 'provider-watch.refused';
      readonly path: string;
      readonly status: number;
      /** gRPC's code in the body, when there is one. */
      readonly grpcCode: number | undefined;
      /** The node's words, shortened. */
      readonly nodeMessage: string;
    };

export type Get = (path: string) => Promise<unknown>;

export type GetOptions = { readonly baseUrl: string; readonly timeoutMs: number; readonly maxBytes: number };

/**
 * A getter for paths below `baseUrl`.
 *
 * @throws provider-watch.bad-url - neither http nor https, or with a password, a query or a fragment in it
 */
export function getter({ baseUrl, timeoutMs, maxBytes }: GetOptions): Get {
  const base = baseOf(baseUrl);
  return async (path) => {
    const signal = AbortSignal.timeout(timeoutMs);
    let status = 0;
    let text = '';
    try {
      const response = await fetch(`${base}${path}`, { redirect: 'error', signal, headers: { accept: 'application/json' } });
      status = response.status;
      text = await textOf(response, path, maxBytes);
    } catch (cause) {
      if (isSatlockError(cause)) throw cause;
      if (signal.aborted)
        fail<Reason>({ code: 'provider-watch.timeout', path, timeoutMs }, `${path}: no whole answer within ${timeoutMs} ms`, { cause });
      fail<Reason>({ code: 'provider-watch.unreachable', path }, `${path}: the node does not answer`, { cause });
    }
    return answerOf(path, status, text);
  };
}

function baseOf(baseUrl: string): string {
  const text = Check.text(baseUrl, 'baseUrl');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const fits = url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.search === '';
  if (!fits || url.hash !== '')
    return fail<Reason>({ code: 'provider-watch.bad-url', field: 'baseUrl' }, 'baseUrl: expected http://HOST:PORT or https://HOST');
  return url.href.replace(/\/+$/, '');
}

/** The body, read no further than the limit. */
async function textOf(response: Response, path: string, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  if (response.body === null) return '';
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > maxBytes) {
      await reader.cancel();
      return fail<Reason>({ code: 'provider-watch.too-large', path, maxBytes }, `${path}: an answer of more than ${maxBytes} bytes`);
    }
    chunks.push(value);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function answerOf(path: string, status: number, text: string): unknown {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch (cause) {
    return fail<Reason>({ code: 'provider-watch.not-json', path, status }, `${path}: HTTP status ${status} without JSON`, { cause });
  }
  if (status === 200) return answer;
  const { code, message } = (typeof answer === 'object' && answer !== null ? answer : {}) as Readonly<Record<string, unknown>>;
  const nodeMessage = typeof message === 'string' ? message.slice(0, 200) : '';
  const grpcCode = typeof code === 'number' ? code : undefined;
  return fail<Reason>(
    { code: 'provider-watch.refused', path, status, grpcCode, nodeMessage },
    `${path}: the node refuses with HTTP status ${status}: ${nodeMessage}`,
  );
}
