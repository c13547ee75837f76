// What the checks of one message work with: the message, the view, and what follows from both, computed at first use.
import * as Check from '../../base/Check.ts';
import type { Ecc } from '../../crypto/Ecc.ts';
import type { ChainView } from '../ChainView.ts';
import * as Transactions from './transactions.ts';

/** The message under judgement with the state it meets. */
export type Base<V> = { readonly value: V; readonly chain: ChainView; readonly ecc: Ecc; readonly gasLimit: bigint | undefined };

/** A value that is computed when it is first asked for. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** The transaction in a field, when the chain can read it. */
export function parsedOrNone(raw: Uint8Array): Transactions.Parsed | undefined {
  const parsed = Transactions.parse(raw);
  return typeof parsed === 'string' ? undefined : parsed;
}

/** The fields of a message have the types that the wire knows; a message of `Message.decode` has them. @throws input.* */
export function checkTypes(value: Readonly<Record<string, unknown>>, kinds: Readonly<Record<string, Kind>>): void {
  for (const [name, kind] of Object.entries(kinds)) {
    const field = value[name];
    switch (kind) {
      case 'text':
        Check.text(field, name);
        break;
      case 'bytes':
        Check.bytes(field, name);
        break;
      case 'bytesList':
        for (const [i, one] of Check.list(field as readonly unknown[], name).entries()) Check.bytes(one, `${name}[${i}]`);
        break;
      case 'uint32':
        Check.integer(field, name, 0, 0xffff_ffff);
        break;
      case 'int64':
        Check.bigInteger(field, name, -(2n ** 63n), 2n ** 63n - 1n);
        break;
      case 'proof':
        if (field !== undefined) checkProofTypes(field, name);
        break;
      case 'pop':
        if (field !== undefined) checkPopTypes(field, name);
        break;
    }
  }
}

export type Kind = 'text' | 'bytes' | 'bytesList' | 'uint32' | 'int64' | 'proof' | 'pop';

function checkProofTypes(proof: unknown, name: string): void {
  const { key, proof: siblings } = Check.object(proof, name) as { readonly key?: unknown; readonly proof?: unknown };
  Check.bytes(siblings, `${name}.proof`);
  if (key === undefined) return;
  const { index, hash } = Check.object(key, `${name}.key`) as { readonly index?: unknown; readonly hash?: unknown };
  Check.integer(index, `${name}.key.index`, 0, 0xffff_ffff);
  Check.bytes(hash, `${name}.key.hash`);
}

function checkPopTypes(pop: unknown, name: string): void {
  const { btcSigType, btcSig } = Check.object(pop, name) as { readonly btcSigType?: unknown; readonly btcSig?: unknown };
  if (typeof btcSigType !== 'string') Check.integer(btcSigType, `${name}.btcSigType`, -0x8000_0000, 0x7fff_ffff);
  Check.bytes(btcSig, `${name}.btcSig`);
}
