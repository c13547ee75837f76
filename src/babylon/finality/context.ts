// What the checks of a provider's message work with: the message, the view, and what several of them ask.
import * as Check from '../../base/Check.ts';
import * as Hex from '../../base/Hex.ts';
import type { Ecc } from '../../crypto/Ecc.ts';
import * as BabylonAddress from '../BabylonAddress.ts';
import { caught, type Outcome, undecodable } from '../chain/verdict.ts';
import { framework } from './errors.ts';
import type { FinalityView, ProviderFacts } from './types.ts';

/** The message under judgement with the state that it meets. */
export type Base<V> = { readonly value: V; readonly view: FinalityView; readonly ecc: Ecc };

/** What releases differ in. */
export type Features = {
  /** Commitments far above the tip are refused. */
  readonly limitsOffset: boolean;
  readonly deletedCannotVote: boolean;
  readonly deletedCannotCommit: boolean;
  /** An account registers one provider. */
  readonly addressesAreUnique: boolean;
};

/** @source babylon tags v1.0.0, v4.0.0, v4.3.1 and main: x/finality/keeper/msg_server.go, x/btcstaking/keeper/finality_providers.go */
export function featuresOf({ release }: FinalityView): Features {
  const later = release !== 'v1';
  return { limitsOffset: later, deletedCannotVote: later, deletedCannotCommit: release === 'main', addressesAreUnique: later };
}

/** The provider of the key in a message. */
export function providerOf({ view }: Base<unknown>, publicKey: Uint8Array): ProviderFacts | undefined {
  return publicKey.length === 32 ? view.providers.get(Hex.encode(publicKey)) : undefined;
}

/** A field of 32 bytes with a type of its own: other lengths do not decode. Nothing at all stands for an absent field. */
export function decodes(value: Uint8Array, field: string, text: string): Outcome {
  if (value.length === 32 || value.length === 0) return undefined;
  return undecodable(text, { field, why: 'finality-rules.length', facts: { gotBytes: value.length } });
}

/** An account, in the words of the finality module. */
export function signerParses(signer: string, textOf: (inner: string) => string): Outcome {
  const fault = caught(() => BabylonAddress.parseAny(signer));
  if (fault === undefined) return undefined;
  return framework(7, textOf(fault.reference), { field: 'signer', why: 'finality-rules.bad-address', facts: { cause: fault.why } });
}

export type Kind = 'text' | 'bytes' | 'uint64' | 'proof' | 'object';

/** The fields of a message have the types that the wire knows; a message of `Message.decode` has them. @throws input.* */
export function checkTypes(value: Readonly<Record<string, unknown>>, kinds: Readonly<Record<string, Kind>>): void {
  for (const [name, kind] of Object.entries(kinds)) {
    const field = value[name];
    if (kind === 'text') Check.text(field, name);
    else if (kind === 'bytes') Check.bytes(field, name);
    else if (kind === 'uint64') Check.bigInteger(field, name, 0n, 0xffff_ffff_ffff_ffffn);
    else if (field !== undefined && kind === 'object') Check.object(field, name);
    else if (field !== undefined) checkProof(field, name);
  }
}

function checkProof(proof: unknown, name: string): void {
  const { total, index, leafHash, aunts } = Check.object(proof, name) as Readonly<Record<string, unknown>>;
  const int64 = (value: unknown, field: string): bigint => Check.bigInteger(value, field, -(2n ** 63n), 2n ** 63n - 1n);
  int64(total, `${name}.total`);
  int64(index, `${name}.index`);
  Check.bytes(leafHash, `${name}.leafHash`);
  for (const [i, aunt] of Check.list(aunts as readonly unknown[], `${name}.aunts`).entries()) Check.bytes(aunt, `${name}.aunts[${i}]`);
}
