// How our gRPC clients dial by TLS, to names and to bare addresses: RFC 6066 section 3 (server names), RFC 9525 (what a certificate must say).
//
// grpc-js sends the host of its target as the server name, whatever it is. RFC 6066 allows no addresses there, and newer Node refuses to send
// one. So a name of nobody is sent, which makes servers choose the certificate that they keep for clients without a name, and the certificate
// is checked against the address all the same.
import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { ChannelCredentials, type ChannelOptions } from '@grpc/grpc-js';

/** PEM. `ca`: who signed the server's certificate (default: the system's authorities); `cert` and `key`: the client's own. */
export type Pems = { readonly ca?: Uint8Array; readonly cert?: Uint8Array; readonly key?: Uint8Array };

export type Channel = { readonly credentials: ChannelCredentials; readonly options: ChannelOptions };

/** RFC 6761 section 6.4: nobody's for ever. */
const NOBODY = 'address.invalid';
const TARGET = /^(?:ipv[46]:|dns:(?:\/\/[^/]*\/)?)?(?:\[([^\]]*)\]|([^:]*))(?::\d+)?$/;

/** @param host whose certificate is expected, a name or an address; see {@link hostOf} */
export function tlsChannel(host: string, { ca, cert, key }: Pems): Channel {
  const [roots, privateKey, chain] = [ca, key, cert].map((pem) => (pem === undefined ? null : Buffer.from(pem)));
  if (isIP(host) === 0) return { credentials: ChannelCredentials.createSsl(roots, privateKey, chain), options: {} };
  return {
    credentials: ChannelCredentials.createSsl(roots, privateKey, chain, {
      checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
    }),
    options: { 'grpc.ssl_target_name_override': NOBODY },
  };
}

/** The host of `host:port` or `[ipv6]:port`; undefined for other targets, a Unix socket among them. */
export function hostOf(target: string): string | undefined {
  const [, ipv6, name] = TARGET.exec(target) ?? [];
  return ipv6 ?? name;
}
