// Kind babylon.pop: would the chain take this proof of possession (babylon x/btcstaking/types/pop.go)? Signatures stand as wallets return them.
import { base64 } from '@scure/base';
import * as ProofOfPossession from '../../babylon/ProofOfPossession.ts';
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import * as Hex from '../../base/Hex.ts';
import * as Network from '../../bitcoin/Network.ts';
import * as SignedMessage from '../../bitcoin/SignedMessage.ts';
import type { Definition } from '../definition.ts';
import * as Field from '../fields.ts';
import type { Input } from '../model.ts';
import * as Read from '../reader.ts';
import { makePopDraft, popSpoilings } from './babylonPopCases.ts';

export const babylonPop: Definition = {
  kind: 'babylon.pop',
  about: "the chain's verdict on a proof that a Bitcoin key agrees to a Babylon account; a wallet's BIP137 header is converted first",
  input: {
    type: Field.text('bip340', 'bip322', 'ecdsa'),
    btcPk: Field.about(Field.hex(32), 'x-only'),
    messageHex: Field.about(Field.hex(), 'what was signed, before any hashing'),
    network: Field.text('mainnet', 'testnet', 'signet', 'regtest'),
    address: Field.optional(Field.about(Field.text(), 'of the wallet; needed for bip322')),
    signature: Field.about(Field.text(), 'bip340: hex; bip322 (witness) and ecdsa (65 bytes): base64 as wallets return it'),
  },
  expect: { valid: Field.boolean() },
  outputs(input, ecc) {
    const type = Read.text(input, 'type');
    const btcPk = Check.bytes(Read.bytes(input, 'btcPk'), 'btcPk', 32);
    const message = Read.bytes(input, 'messageHex');
    const network = Network.from(Read.text(input, 'network'));
    const pop = popOf(type, input);
    return { valid: () => pop !== undefined && ProofOfPossession.verifyMessage({ pop, message, btcPk, network }, ecc).valid };
  },
  draft: makePopDraft,
  spoilings: popSpoilings(),
};

/** The proof as it would be sent; undefined where the text is no base64, of which nothing can be sent. */
function popOf(type: string, input: Input): ProofOfPossession.Pop | undefined {
  const signature = Read.text(input, 'signature');
  if (type === 'bip340') return { type: 'BIP340', signature: Hex.decode(signature, 'signature') };
  if (type === 'bip322') {
    const address = Read.text(input, 'address');
    // BIP322 version 2 puts the form in front.
    const witness = fromBase64(signature.replace(/^smp/, ''));
    return witness && ProofOfPossession.fromBip322(address, witness);
  }
  if (type !== 'ecdsa')
    fail<ProofOfPossession.Reason>({ code: 'pop.unknown-type', field: 'type' }, 'type: expected bip340, bip322 or ecdsa');
  const bytes = fromBase64(signature);
  if (bytes === undefined) return undefined;
  const [header = 0] = bytes;
  const isBip137 = bytes.length === 65 && header >= 35 && header <= 42;
  return { type: 'ECDSA', signature: isBip137 ? SignedMessage.withPlainHeader(bytes) : bytes };
}

function fromBase64(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  try {
    return base64.decode(text);
  } catch {
    return undefined;
  }
}
