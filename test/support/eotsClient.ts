// A client of the EOTS manager's wire as an unchanged provider daemon speaks it, written from the method table alone: it shares no code with
// the server. Package `proto`, service `EOTSManager`; MACs cover the request's bytes and nothing else.
import { createHmac } from 'node:crypto';
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import * as grpc from '@grpc/grpc-js';

export type Sig = { readonly height: bigint; readonly sig: Uint8Array };
type Answer = { readonly bytes: Uint8Array; readonly trailers: grpc.Metadata };

export class EotsClient {
  readonly #client: grpc.Client;
  readonly #hmacKey: string | undefined;
  readonly #deadlineMs: number;

  constructor(address: string, options: { readonly hmacKey?: string; readonly deadlineMs?: number } = {}) {
    this.#client = new grpc.Client(address, grpc.credentials.createInsecure(), { 'grpc.max_receive_message_length': 1 << 26 });
    this.#hmacKey = options.hmacKey;
    this.#deadlineMs = options.deadlineMs ?? 20_000;
  }

  close(): void {
    this.#client.close();
  }

  /** One unary call; rejects with the library's ServiceError (`code`, `details`). */
  call(method: string, body: Uint8Array, metadata: grpc.Metadata = new grpc.Metadata()): Promise<Answer> {
    if (this.#hmacKey !== undefined) metadata.set('x-fpd-hmac', createHmac('sha256', this.#hmacKey).update(body).digest('base64'));
    const same = (bytes: Uint8Array): Buffer => Buffer.from(bytes);
    return new Promise((resolve, reject) => {
      let trailers = new grpc.Metadata();
      let bytes: Uint8Array = new Uint8Array();
      const call = this.#client.makeUnaryRequest(
        `/proto.EOTSManager/${method}`,
        same,
        (answer: Buffer): Uint8Array => Uint8Array.from(answer),
        body,
        metadata,
        { deadline: Date.now() + this.#deadlineMs },
        (error, value) => {
          if (error !== null) reject(error);
          else bytes = value ?? new Uint8Array();
        },
      );
      call.on('status', (status) => {
        trailers = status.metadata;
        if (status.code === grpc.status.OK) setImmediate(() => resolve({ bytes, trailers }));
      });
    });
  }

  async ping(): Promise<void> {
    await this.call('Ping', new Uint8Array());
  }

  async randomness(publicKey: Uint8Array, chainId: string, startHeight: bigint, count: number): Promise<readonly Uint8Array[]> {
    const body = slot(publicKey, chainId).uint32(tag(3, 0)).uint64(startHeight).uint32(tag(4, 0)).uint32(count).finish();
    return fields((await this.call('CreateRandomnessPairList', body)).bytes)
      .filter(({ no }) => no === 1)
      .map(({ value }) => value as Uint8Array);
  }

  async sign(publicKey: Uint8Array, chainId: string, height: bigint, message: Uint8Array): Promise<Uint8Array> {
    const body = slot(publicKey, chainId).uint32(tag(3, 2)).bytes(message).uint32(tag(4, 0)).uint64(height).finish();
    return fields((await this.call('SignEOTS', body)).bytes).find(({ no }) => no === 1)?.value as Uint8Array;
  }

  async signBatch(
    publicKey: Uint8Array,
    chainId: string,
    votes: readonly { readonly height: bigint; readonly message: Uint8Array }[],
  ): Promise<{ readonly sigs: readonly Sig[]; readonly trailers: grpc.Metadata }> {
    const writer = slot(publicKey, chainId);
    for (const { height, message } of votes) {
      writer.uint32(tag(3, 2)).bytes(new BinaryWriter().uint32(tag(1, 2)).bytes(message).uint32(tag(2, 0)).uint64(height).finish());
    }
    const { bytes, trailers } = await this.call('SignBatchEOTS', writer.finish());
    const sigs = fields(bytes).map(({ value }) => {
      const inner = fields(value as Uint8Array);
      return {
        sig: inner.find(({ no }) => no === 1)?.value as Uint8Array,
        height: (inner.find(({ no }) => no === 2)?.value ?? 0n) as bigint,
      };
    });
    return { sigs, trailers };
  }

  async signDigest(publicKey: Uint8Array, digest: Uint8Array): Promise<Uint8Array> {
    const body = new BinaryWriter().uint32(tag(1, 2)).bytes(publicKey).uint32(tag(2, 2)).bytes(digest).finish();
    return fields((await this.call('SignSchnorrSig', body)).bytes).find(({ no }) => no === 1)?.value as Uint8Array;
  }
}

function slot(publicKey: Uint8Array, chainId: string): BinaryWriter {
  return new BinaryWriter().uint32(tag(1, 2)).bytes(publicKey).uint32(tag(2, 2)).bytes(new TextEncoder().encode(chainId));
}

function tag(no: number, wireType: number): number {
  return (no << 3) | wireType;
}

function fields(bytes: Uint8Array): { readonly no: number; readonly value: Uint8Array | bigint }[] {
  const reader = new BinaryReader(bytes);
  const found: { no: number; value: Uint8Array | bigint }[] = [];
  while (reader.pos < reader.len) {
    const [no, wireType] = reader.tag();
    if (wireType === 2) found.push({ no, value: Uint8Array.from(reader.bytes()) });
    else if (wireType === 0) found.push({ no, value: BigInt(reader.uint64()) });
    else throw new Error(`field ${no} of wire type ${wireType}: not in this service`);
  }
  return found;
}
