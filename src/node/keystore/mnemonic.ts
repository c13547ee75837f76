// From words to the key: BIP39 "From mnemonic to seed", BIP32 "Master key generation" and "Private parent key to private child key".
// cosmos-sdk crypto/hd/algo.go takes the master key itself when the path is empty, and that is eotsd's default.
import { HDKey } from '@scure/bip32';
import { generateMnemonic, mnemonicToSeedSync, validateMnemonic } from '@scure/bip39';
import { wordlist as english } from '@scure/bip39/wordlists/english.js';
import { fail } from '../../base/Errors.ts';
import * as SecretKey from '../../crypto/SecretKey.ts';

export type Reason = { readonly code: 'keystore.bad-mnemonic' } | { readonly code: 'keystore.bad-hd-path'; readonly hdPath: string };

const DEEPEST = 10;

/** 24 fresh words, 256 bits of entropy. */
export function generate(): string {
  return generateMnemonic(english, 256);
}

/**
 * The normal form of a path: `m`, or `m/44'/118'/0'/0/0`. Empty text is `m`, the master key.
 *
 * @throws keystore.bad-hd-path
 */
export function normalPath(hdPath: string): string {
  const steps = hdPath.replace(/^m(\/|$)/, '');
  if (steps === '') return 'm';
  const parts = steps.split('/').map((step) => /^(0|[1-9][0-9]{0,9})(['hH]?)$/.exec(step));
  if (parts.length > DEEPEST || parts.some((part) => part === null || Number(part[1]) >= 2 ** 31)) {
    fail<Reason>({ code: 'keystore.bad-hd-path', hdPath }, `HD path: expected nothing, or steps such as m/44'/118'/0'/0/0`);
  }
  return `m/${parts.map((part) => `${part?.[1] ?? ''}${(part?.[2] ?? '') === '' ? '' : "'"}`).join('/')}`;
}

/**
 * The key of an English mnemonic at a path, as it is: its parity is not looked at.
 *
 * @throws keystore.bad-mnemonic - words, count or checksum; nothing of it is repeated
 * @throws keystore.bad-hd-path
 */
export function secretOf(words: string, options: { readonly hdPath?: string; readonly passphrase?: string } = {}): SecretKey.SecretKey {
  const path = normalPath(options.hdPath ?? '');
  const seed = mnemonicToSeedSync(checked(words), options.passphrase ?? '');
  const master = HDKey.fromMasterSeed(seed);
  const node = path === 'm' ? master : master.derive(path);
  try {
    return SecretKey.from(node.privateKey ?? new Uint8Array(32));
  } finally {
    seed.fill(0);
    node.wipePrivateData();
    master.wipePrivateData();
  }
}

function checked(words: string): string {
  const normal = typeof words === 'string' ? words.trim().toLowerCase().split(/\s+/).join(' ') : '';
  let isValid = false;
  try {
    isValid = validateMnemonic(normal, english);
  } catch {
    // Not valid then; the library's message may quote a word.
  }
  if (!isValid)
    fail<Reason>({ code: 'keystore.bad-mnemonic' }, 'mnemonic: not 12 to 24 words of the English BIP39 list with a right checksum');
  return normal;
}
