// Messages in the form that Cosmos wallets encode with the generated packages (babylon-proto-ts): numbers for 64-bit integers and for enums.
import type { Message } from '../babylon/Message.ts';
import * as MessageOf from '../babylon/Message.ts';
import * as ProofOfPossession from '../babylon/ProofOfPossession.ts';
import * as Check from '../base/Check.ts';
import type { BabylonMessage } from './Provider.ts';

/** The value for `signTransaction`. Amounts are below 2^53, so that no number loses a satoshi. */
export function toProvider(message: Message): BabylonMessage {
  const { typeUrl, value } = MessageOf.check(message);
  return { typeUrl, value: plain(value, '') as object };
}

function plain(value: unknown, name: string): unknown {
  if (typeof value === 'bigint') return Number(Check.bigInteger(value, name, -MAX_SAFE, MAX_SAFE));
  if (name === 'btcSigType' && typeof value === 'string') return (ProofOfPossession.TYPES as readonly string[]).indexOf(value);
  if (Array.isArray(value)) return value.map((one) => plain(one, name));
  if (typeof value !== 'object' || value === null || Check.isBytes(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner, key)]));
}

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
