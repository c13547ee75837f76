// The provider's messages and refusals as they are printed.
import { base64 } from '@scure/base';
import * as Message from '../../../babylon/Message.ts';
import { toJson } from '../../io.ts';

/** What a Cosmos signer takes: the account, the message as proto3 JSON, and as `Any` with its bytes in base64. */
export function sendable(message: Message.Message): {
  readonly account: string;
  readonly message: ReturnType<typeof Message.toJson>;
  readonly any: { readonly typeUrl: string; readonly value: string };
} {
  const { typeUrl, value } = Message.encode(message);
  return { account: Message.signerOf(message), message: Message.toJson(message), any: { typeUrl, value: base64.encode(value) } };
}

export function shownMessage(data: ReturnType<typeof sendable>): string {
  return `account   ${data.account}\ntype      ${data.any.typeUrl}\nprotobuf  ${data.any.value}\nmessage   ${toJson(data.message)}\nNothing was sent.`;
}

/** A refusal as one line. */
export function shownFailure(failure: {
  readonly check: string;
  readonly codespace: string;
  readonly code: number;
  readonly reference: string;
}): string {
  const code = failure.codespace === 'satlock' ? 'satlock refuses' : `the chain would refuse with ${failure.codespace}/${failure.code}`;
  return `${failure.check}: ${code}: ${failure.reference}`;
}
