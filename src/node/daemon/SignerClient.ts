// A client of the signer's daemon, and of eotsd: the same service, with the strong MAC unless the bare one is asked for.
// finality-provider eotsmanager/client.
import { ChannelCredentials, Client, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { fail } from '../../base/Errors.ts';
import { hostOf, tlsChannel } from '../grpcTls.ts';
import * as Mac from './mac.ts';
import { REFUSED, REFUSED_COUNT } from './status.ts';
import * as Wire from './wire.ts';

export type ClientOptions = {
  /** `host:port` or `unix:/path`. */
  readonly address: string;
  /** The bytes of the daemon's key. */
  readonly hmacKey?: Uint8Array;
  /** `bare`: eotsd's MAC, which binds neither method nor time. Default: `strong`. */
  readonly mac?: 'strong' | 'bare';
  /** PEM. `ca`: who signed the daemon's certificate; `cert` and `key`: the client's own. */
  readonly tls?: { readonly ca: Uint8Array; readonly cert?: Uint8Array; readonly key?: Uint8Array; readonly serverName?: string };
  /** For one call; default 30,000. */
  readonly deadlineMs?: number;
  readonly maxMessageBytes?: number;
};

export type RefusedHeight = { readonly height: bigint; readonly code: string };

export type Reason =
  /** `status`: the name of the gRPC status; `details`: its text; `refused`: which heights, where the daemon says so. */
  | {
      readonly code: 'signer-client.failed';
      readonly method: string;
      readonly status: string;
      readonly details: string;
      readonly refused: readonly RefusedHeight[];
    }
  | { readonly code: 'signer-client.bad-answer'; readonly method: string };

type Slot = { readonly publicKey: Uint8Array; readonly chainId: string };
type Vote = { readonly height: bigint; readonly message: Uint8Array };

export class SignerClient {
  readonly #options: ClientOptions;
  readonly #client: Client;

  constructor(options: ClientOptions) {
    const { address, tls, maxMessageBytes = 16 * 1024 * 1024 } = options;
    this.#options = options;
    const { serverName } = tls ?? {};
    const { credentials, options: tlsOptions } =
      tls === undefined
        ? { credentials: ChannelCredentials.createInsecure(), options: {} }
        : tlsChannel(serverName ?? hostOf(address) ?? '', tls);
    this.#client = new Client(address, credentials, {
      'grpc.max_receive_message_length': maxMessageBytes,
      'grpc.max_send_message_length': maxMessageBytes,
      // Sending a vote again is safe, but the MAC of a retry would have been seen before.
      'grpc.enable_retries': 0,
      ...(serverName === undefined ? {} : { 'grpc.ssl_target_name_override': serverName, 'grpc.default_authority': serverName }),
      ...tlsOptions,
    });
  }

  close(): void {
    this.#client.close();
  }

  async ping(): Promise<void> {
    await this.#call('Ping', Wire.PingRequest, {}, Wire.PingResponse);
  }

  /** @shape 32 bytes each */
  async randomness(
    request: Slot & { readonly startHeight: bigint; readonly count: number; readonly interval?: bigint },
  ): Promise<readonly Uint8Array[]> {
    const { startHeight, count: num, interval } = request;
    const message = { ...wireSlot(request), startHeight, num, interval };
    const { value } = await this.#call(
      'CreateRandomnessPairList',
      Wire.CreateRandomnessPairListRequest,
      message,
      Wire.CreateRandomnessPairListResponse,
    );
    return value.pubRandList;
  }

  /** @throws signer-client.failed - status FAILED_PRECONDITION: refused */
  async sign(request: Slot & Vote): Promise<Uint8Array> {
    const message = { ...wireSlot(request), msg: request.message, height: request.height };
    const { value } = await this.#call('SignEOTS', Wire.SignEOTSRequest, message, Wire.SignEOTSResponse);
    return value.sig;
  }

  /** Signatures by height; what was refused is named beside them. A height that is in neither is a defect, and throws. */
  async signBatch(
    slot: Slot,
    votes: readonly Vote[],
  ): Promise<{
    readonly signatures: ReadonlyMap<bigint, Uint8Array>;
    readonly refused: readonly RefusedHeight[];
    readonly refusedCount: number;
  }> {
    const message = { ...wireSlot(slot), signRequests: votes.map(({ height, message: msg }) => ({ msg, height })) };
    const { value, trailers } = await this.#call('SignBatchEOTS', Wire.SignBatchEOTSRequest, message, Wire.SignBatchEOTSResponse);
    const signatures = new Map(value.responses.map(({ height, sig }) => [height, sig] as const));
    const refused = refusedIn(trailers);
    const refusedCount = Number(trailers.get(REFUSED_COUNT)[0] ?? refused.length);
    if (signatures.size + refusedCount !== votes.length || votes.length !== new Set(votes.map(({ height }) => height)).size) {
      badAnswer('SignBatchEOTS');
    }
    return { signatures, refused, refusedCount };
  }

  /** @shape digest: 32 bytes; result: 64 bytes */
  async signDigest(request: { readonly publicKey: Uint8Array; readonly digest: Uint8Array }): Promise<Uint8Array> {
    const message = { uid: request.publicKey, msg: request.digest };
    return (await this.#call('SignSchnorrSig', Wire.SignSchnorrSigRequest, message, Wire.SignSchnorrSigResponse)).value.sig;
  }

  async unlock(publicKey: Uint8Array, passphrase: string): Promise<void> {
    await this.#call('UnlockKey', Wire.UnlockKeyRequest, { uid: publicKey, passphrase }, Wire.UnlockKeyResponse);
  }

  async saveKeyName(keyName: string, eotsPk: Uint8Array): Promise<void> {
    await this.#call('SaveEOTSKeyName', Wire.SaveEOTSKeyNameRequest, { keyName, eotsPk }, Wire.SaveEOTSKeyNameResponse);
  }

  /** The file name, below the daemon's backup folder. */
  async backup(folder = ''): Promise<string> {
    const { value } = await this.#call('Backup', Wire.BackupRequest, { dbPath: '', backupDir: folder }, Wire.BackupResponse);
    return value.backupName;
  }

  /** True when votes can be signed now. */
  async isServing(): Promise<boolean> {
    const path = '/grpc.health.v1.Health/Check';
    return (await this.#call('Check', Wire.HealthCheckRequest, { service: '' }, Wire.HealthCheckResponse, path)).value.status === 1;
  }

  async #call<Q, A>(
    name: string,
    request: Wire.Codec<Q>,
    message: Q,
    answer: Wire.Codec<A>,
    path: string = Wire.SERVICE + name,
  ): Promise<{ readonly value: A; readonly trailers: Metadata }> {
    const bytes = request.encode(message);
    const { bytes: got, trailers } = await this.#send(name, path, bytes);
    try {
      return { value: answer.decode(got), trailers };
    } catch {
      return badAnswer(name);
    }
  }

  #send(name: string, path: string, bytes: Uint8Array): Promise<{ readonly bytes: Uint8Array; readonly trailers: Metadata }> {
    const asBuffer = (value: Uint8Array): Buffer => Buffer.from(value);
    const deadline = Date.now() + (this.#options.deadlineMs ?? 30_000);
    return new Promise((resolve, reject) => {
      let got: Uint8Array | undefined;
      let failed: ServiceError | undefined;
      const call = this.#client.makeUnaryRequest(
        ...([path, asBuffer, (value: Buffer): Uint8Array => Uint8Array.from(value), bytes, this.#metadata(path, bytes)] as const),
        { deadline },
        (error, value) => {
          if (error === null) got = value ?? new Uint8Array(0);
          else failed = error;
        },
      );
      // The status comes with the trailers, and after it the callback.
      call.on('status', ({ metadata }) => {
        setImmediate(() => {
          if (failed === undefined && got !== undefined) resolve({ bytes: got, trailers: metadata });
          else reject(errorOf(name, failed));
        });
      });
    });
  }

  #metadata(method: string, bytes: Uint8Array): Metadata {
    const metadata = new Metadata();
    const { hmacKey, mac = 'strong' } = this.#options;
    if (hmacKey === undefined) return metadata;
    if (mac === 'bare') {
      metadata.set(Mac.BARE, Mac.bareMac(hmacKey, bytes));
      return metadata;
    }
    const stamp = { method, timeMs: `${Date.now()}`, nonce: Mac.freshNonce() };
    metadata.set(Mac.STRONG, Mac.strongMac(hmacKey, stamp, bytes));
    metadata.set(Mac.TIME, stamp.timeMs);
    metadata.set(Mac.NONCE, stamp.nonce);
    return metadata;
  }
}

function wireSlot({ publicKey, chainId }: Slot): { readonly uid: Uint8Array; readonly chainId: Uint8Array } {
  return { uid: publicKey, chainId: new TextEncoder().encode(chainId) };
}

function errorOf(method: string, error: ServiceError | undefined): unknown {
  const details = error?.details ?? 'no answer';
  const reason = {
    code: 'signer-client.failed',
    method,
    status: status[error?.code ?? status.UNKNOWN] ?? 'UNKNOWN',
    details,
    refused: error === undefined ? [] : refusedIn(error.metadata),
  } as const;
  try {
    fail<Reason>(reason, `${method}: ${details} (${reason.status})`);
  } catch (made) {
    return made;
  }
}

function refusedIn(metadata: Metadata | undefined): readonly RefusedHeight[] {
  const [text] = metadata?.get(REFUSED) ?? [];
  if (text === undefined) return [];
  try {
    const list = JSON.parse(text.toString()) as readonly { readonly height: string; readonly code: string }[];
    return list.map(({ height, code }) => ({ height: BigInt(height), code: `${code}` }));
  } catch {
    return [];
  }
}

function badAnswer(method: string): never {
  return fail<Reason>({ code: 'signer-client.bad-answer', method }, `${method}: the answer is not one of this service`);
}
