// /metrics for Prometheus, /healthz (the process is up) and /readyz (it can sign): plain HTTP, GET and HEAD only, nothing secret.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import { fail } from '../../base/Errors.ts';
import { bindServer, parseAddress } from './addresses.ts';
import type { Reason, ServeOptions } from './ports.ts';

export type HttpOptions = {
  readonly registry: Registry;
  /** Brings gauges up to date before a scrape. Never rejects. */
  readonly refresh: () => Promise<void>;
  /** Undefined: ready. */
  readonly notReady: () => Promise<string | undefined>;
};

export interface HttpServer {
  readonly address: string;
  close(): Promise<void>;
}

/** @throws daemon.bad-address, daemon.metrics-not-loopback, daemon.cannot-listen */
export async function listenHttp(where: NonNullable<ServeOptions['metrics']>, options: HttpOptions): Promise<HttpServer> {
  const address = parseAddress(where.listen, 'metrics.listen');
  if (address.kind !== 'tcp') fail<Reason>({ code: 'daemon.bad-address', field: 'metrics.listen' }, 'metrics.listen: expected host:port');
  if (!address.isLoopback && where.anywhere !== true) {
    fail<Reason>(
      { code: 'daemon.metrics-not-loopback', address: where.listen },
      `${where.listen}: metrics are served without authentication; listen on loopback, or say that they may be read from anywhere`,
    );
  }
  const server = createServer({ maxHeaderSize: 8_192, requestTimeout: 10_000, headersTimeout: 10_000, keepAliveTimeout: 5_000 });
  server.maxConnections = 64;
  server.on('request', (request, response) => void answer(request, response, options));
  server.on('clientError', (_error, socket) => socket.destroy());
  const bound = await bindServer(server, address);
  server.on('error', () => undefined);
  return { address: bound.address, close: () => closeServer(server) };
}

async function answer(request: IncomingMessage, response: ServerResponse, options: HttpOptions): Promise<void> {
  const send = (code: number, text: string, type = 'text/plain; charset=utf-8'): void => {
    response.writeHead(code, { 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    response.end(request.method === 'HEAD' ? undefined : text);
  };
  request.resume();
  if (request.method !== 'GET' && request.method !== 'HEAD') return send(405, 'only GET\n');
  try {
    switch ((request.url ?? '').split('?')[0]) {
      case '/healthz':
        return send(200, 'ok\n');
      case '/readyz': {
        const why = await options.notReady();
        return why === undefined ? send(200, 'ready\n') : send(503, `not ready: ${why}\n`);
      }
      case '/metrics':
        await options.refresh();
        return send(200, await options.registry.metrics(), options.registry.contentType);
      default:
        return send(404, 'try /metrics, /healthz or /readyz\n');
    }
  } catch {
    if (!response.headersSent) send(500, 'internal error\n');
  }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
