// The messages of the peer library for Babylon: the part of its manager that makes them, and their bytes by the package that it encodes with.
import { createRequire } from 'node:module';
import type { PeerStaking, PeerTransaction } from './support.ts';

const peerRequire = createRequire(createRequire(import.meta.url).resolve('@babylonlabs-io/btc-staking-ts'));
type Codec = { encode(message: unknown): { finish(): Uint8Array } };
const { btcstakingtx } = peerRequire('@babylonlabs-io/babylon-proto-ts') as { btcstakingtx: Record<string, Codec> };

export type PeerMessage = { readonly typeUrl: string; readonly value: unknown };

/** The part of the peer's manager that makes the messages; its callers only check keys and choose parameters before. */
export type PeerMaker = {
  createBtcDelegationMsg(
    channel: string,
    staking: PeerStaking,
    input: object,
    stakingTx: PeerTransaction,
    babylonAddress: string,
    info: object,
    params: object,
    options?: object,
  ): Promise<PeerMessage>;
  getInclusionProof(proof: { pos: number; merkle: string[]; blockHashHex: string }): object;
};

/** The bytes of a message of the peer. */
export function bytesOf({ typeUrl, value }: PeerMessage): Uint8Array {
  return Uint8Array.from((btcstakingtx[typeUrl.split('.').at(-1) as string] as Codec).encode(value).finish());
}
