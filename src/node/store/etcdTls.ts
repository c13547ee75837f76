// Credentials of ours for the client library of etcd, which makes its own and can check no certificate against an address (see ../grpcTls.ts).
// The library has no door for them. They are put where it keeps those that it made, once it is certain that this is the place.
import { type CallCredentials, ChannelCredentials, type ChannelOptions } from '@grpc/grpc-js';
import type { Etcd3 } from 'etcd3';
import { type Channel, hostOf, tlsChannel } from '../grpcTls.ts';
import { unavailable } from './clusterErrors.ts';
import type { EtcdTarget } from './etcdUrl.ts';

type Connector = ReturnType<ChannelCredentials['_createSecureConnector']>;
type Target = Parameters<ChannelCredentials['_createSecureConnector']>[0];

/** Brings its channel options along: the library gives none to the channel on which it sends passwords. */
class CredentialsWithOptions extends ChannelCredentials {
  readonly #channel: Channel;

  constructor(channel: Channel) {
    super();
    this.#channel = channel;
  }

  override _isSecure(): boolean {
    return true;
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(target: Target, options: ChannelOptions, callCredentials?: CallCredentials): Connector {
    const { credentials, options: ours } = this.#channel;
    return credentials._createSecureConnector(target, { ...options, ...ours }, callCredentials);
  }
}

/**
 * Makes a client that was made for one `https://` endpoint dial it with these certificates. To be called before its first call.
 *
 * @throws store.unavailable - the library is not as we know it
 */
export function useTls(client: Etcd3, endpoint: string, pems: NonNullable<EtcdTarget['tls']>): void {
  const pool: unknown = Reflect.get(client, 'pool');
  const hosts = field(pool, 'hosts');
  const places: readonly (readonly [unknown, string])[] = [
    ...(Array.isArray(hosts) ? hosts : [undefined]).map((host: unknown) => [host, 'channelCredentials'] as const),
    [field(pool, 'authenticator'), 'credentials'],
  ];
  const credentials = new CredentialsWithOptions(tlsChannel(hostOf(endpoint) ?? endpoint, pems));
  for (const [owner, name] of places) {
    if (!isObject(owner) || !(field(owner, name) instanceof ChannelCredentials) || !Reflect.set(owner, name, credentials)) {
      client.close();
      unavailable('etcd', endpoint, 'this release of the etcd3 library takes no credentials of ours, and no TLS is possible without them');
    }
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function field(owner: unknown, name: string): unknown {
  return isObject(owner) ? Reflect.get(owner, name) : undefined;
}
