// satlock message: messages of the Babylon chain as JSON to bytes and back.
import { base64 } from '@scure/base';
import { Command, Option } from 'commander';
import * as Message from '../../babylon/Message.ts';
import { isSatlockError } from '../../base/Errors.ts';
import * as Hex from '../../base/Hex.ts';
import { EXIT } from '../exit.ts';
import { note, print, readJson, toJson, usage } from '../io.ts';

type EncodeOptions = { readonly rules: 'chain' | 'wire'; readonly amino?: boolean; readonly json?: boolean };
type DecodeOptions = { readonly type: string; readonly tolerant?: boolean; readonly json?: boolean };

const RULES = new Option('--rules <rules>', 'chain: lengths, addresses and presence as the chain asks; wire: what the encoding can hold')
  .choices(['chain', 'wire'])
  .default('chain');

const EXAMPLES = `
Examples:
  satlock message encode message.json          {"typeUrl": "/babylon…", "value": {…}} to protobuf bytes
  satlock message encode message.json --amino  the JSON that a hardware wallet signs
  satlock message decode --type MsgBTCUndelegate 0a2a62626e31…`;

export function messageCommand(): Command {
  const command = new Command('message').description('messages of the Babylon chain: JSON to protobuf and back');
  command
    .command('encode')
    .description('the protobuf bytes of a message given as proto3 JSON (bytes in base64, 64-bit integers as text or number)')
    .argument('<file>', 'JSON with typeUrl and value, or with @type and the fields; gzip-compressed or not')
    .addOption(RULES)
    .option('--amino', 'print amino JSON instead of bytes')
    .option('--json', 'print JSON: typeUrl, hex, base64, signer')
    .addHelpText('after', '\nExample:\n  satlock message encode message.json --json')
    .action(encode);
  command
    .command('decode')
    .description('the message that protobuf bytes spell; exit code 1 with --tolerant when they are not what a wallet should send')
    .argument('<bytes>', 'hex or base64')
    .requiredOption('--type <type>', `type URL, or the name alone: ${Message.TYPE_URLS.map(nameOf).join(', ')}`)
    .option('--tolerant', 'read as the chain does: unknown fields are listed, the last of several values counts')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  satlock message decode --type MsgWithdrawReward 0a0b6274635f7374616b6572122a62626e31…')
    .action(decode);
  command.addHelpText('after', EXAMPLES);
  return command;
}

function encode(file: string, options: EncodeOptions): void {
  const message = Message.fromJson(readJson(file));
  const { rules } = options;
  if (options.amino === true) {
    const amino = Message.toAmino(message, { rules });
    print({ json: true }, amino, () => '');
    return;
  }
  const { typeUrl, value } = Message.encode(message, { rules });
  const hex = Hex.encode(value);
  print(options, { typeUrl, hex, base64: base64.encode(value), signer: Message.signerOf(message) }, () => hex);
}

function decode(text: string, options: DecodeOptions): void {
  const any = { typeUrl: typeUrlOf(options.type), value: bytesOf(text) };
  if (options.tolerant !== true) {
    const message = Message.toJson(Message.decode(any));
    print(options, message, () => shown(message));
    return;
  }
  const { message, unknownFields } = Message.decodeTolerant(any);
  const finding = findingOf(any);
  const data = { ...Message.toJson(message), unknownFields, finding };
  print(options, data, () => shown(data));
  if (finding === undefined) return;
  note(`satlock: ${finding.message}`);
  process.exitCode = EXIT.FINDING;
}

/** JSON whose strangers' text moves nothing on a terminal: JSON itself escapes only half of the control characters. */
function shown(data: unknown): string {
  return toJson(data).replaceAll(/[\u007f-\u009f]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}

/** What the strict reading has against the bytes. */
function findingOf(any: Message.Any): { readonly code: string; readonly message: string } | undefined {
  try {
    Message.decode(any);
    return undefined;
  } catch (error) {
    if (!isSatlockError(error)) throw error;
    return { code: error.code, message: error.message };
  }
}

/** The name alone is enough where one type has it. */
function typeUrlOf(type: string): string {
  const found = Message.TYPE_URLS.filter((typeUrl) => nameOf(typeUrl) === type);
  const [typeUrl, another] = found;
  return typeUrl !== undefined && another === undefined ? typeUrl : type;
}

function nameOf(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf('.') + 1);
}

/** Hex where it is hex: base64 of a message has other characters, as its first byte is a tag. */
function bytesOf(text: string): Uint8Array {
  if (/^(?:[0-9a-f]{2})*$/i.test(text)) return Hex.decode(text, 'bytes');
  try {
    return base64.decode(text);
  } catch {
    return usage('bytes', 'expected hex or base64');
  }
}
