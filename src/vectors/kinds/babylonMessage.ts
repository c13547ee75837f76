// Kind babylon.message: the protobuf bytes of a message of the Babylon chain, from its proto3 JSON (babylon proto/babylon/**/tx.proto).
import * as Message from '../../babylon/Message.ts';
import * as Hex from '../../base/Hex.ts';
import type { Definition } from '../definition.ts';
import * as Field from '../fields.ts';
import * as Read from '../reader.ts';
import { draftMessage, SPOILINGS } from './babylonMessageCases.ts';

export const babylonMessage: Definition = {
  kind: 'babylon.message',
  about: 'the protobuf bytes of a message of the Babylon chain',
  input: {
    typeUrl: Field.about(Field.text(), 'such as /babylon.btcstaking.v1.MsgCreateBTCDelegation'),
    value: Field.about(Field.json(), 'proto3 JSON: bytes in base64, 64-bit integers as text or number, enums by name, defaults left out'),
  },
  expect: { encoded: Field.hex() },
  outputs(input) {
    const message = Message.fromJson({ typeUrl: Read.text(input, 'typeUrl'), value: input['value'] });
    // What the wire can carry: whether the chain takes such lengths is another question than how they are written.
    return { encoded: () => Hex.encode(Message.encode(message, { rules: 'wire' }).value) };
  },
  draft: draftMessage,
  spoilings: SPOILINGS,
};
