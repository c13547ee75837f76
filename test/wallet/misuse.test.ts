// Wrong arguments of the two signers that have entries of their own: an error of ours, and never a word of a secret in it.
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { isSatlockError } from '../../src/base/Errors.ts';
import * as HdAccount from '../../src/wallet/HdAccount.ts';
import * as PlainKey from '../../src/wallet/PlainKey.ts';
import { keyOf, P2TR } from '../support/stakes.ts';

const WRONG: readonly unknown[] = [
  undefined,
  null,
  42,
  5n,
  'text',
  {},
  [],
  [undefined],
  [{}],
  new Uint8Array(1),
  true,
  () => {},
  Object.create(null),
];
const SECRET = keyOf('misuse').secretKey;
const MNEMONIC = 'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about';
const wallet = PlainKey.from(SECRET, { network: 'regtest', addressType: 'p2tr' });
const account = HdAccount.fromMnemonic({ mnemonic: MNEMONIC }, { network: 'regtest', purpose: 86 });

type Call = readonly [string, (...args: never[]) => unknown, ...(readonly unknown[])];
const bound = (of: object, method: string): ((...args: never[]) => unknown) =>
  (of as Readonly<Record<string, (...args: never[]) => unknown>>)[method]?.bind(of) ?? (() => undefined);

const options = { network: 'regtest', addressType: 'p2tr' };
const outpoint = { txid: '11'.repeat(32), vout: 0 };
const CALLS: readonly Call[] = [
  ['PlainKey.from', PlainKey.from, SECRET, options],
  ['PlainKey.fromWif', PlainKey.fromWif, 'cVt4o7BGAig1UXywgGSmARhxMdzP5qvQsxKkSsc1XEkw3tDTQFpy', options],
  ['PlainKey.fromEcpair', PlainKey.fromEcpair, { privateKey: SECRET }, options],
  ['HdAccount.fromMnemonic', HdAccount.fromMnemonic, { mnemonic: MNEMONIC }, { network: 'regtest', purpose: 86, account: 0 }],
  ['HdAccount.fromSeed', HdAccount.fromSeed, SECRET, { network: 'regtest', purpose: 86 }],
  ...[wallet, account].flatMap((of): Call[] => [
    ['signPsbt', bound(of, 'signPsbt'), '70736274ff', { autoFinalized: false, signInputs: [{ index: 0 }] }],
    ['signPsbts', bound(of, 'signPsbts'), ['70736274ff'], [{}]],
    ['signMessage', bound(of, 'signMessage'), 'text', 'ecdsa'],
    ['coin', bound(of, 'coin'), { outpoint, valueSats: 5n, place: { index: 0 } }],
  ]),
  ['derive', bound(account, 'derive'), { change: true, index: 3 }],
  ['find', bound(account, 'find'), P2TR],
];

function* spoiled(value: unknown, depth: number): Generator<unknown> {
  yield* WRONG;
  if (depth === 0 || typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  for (const [key, item] of Object.entries(value))
    for (const wrong of spoiled(item, depth - 1))
      yield Array.isArray(value) ? value.map((one, i) => (String(i) === key ? wrong : one)) : { ...value, [key]: wrong };
}

describe('wrong arguments', () => {
  it.each(CALLS.map(([name, call, ...args]) => ({ name, call, args })))('$name', async ({ name, call, args }) => {
    const choices = args.flatMap((arg, i) => [...spoiled(arg, 2)].map((wrong) => args.map((right, at) => (at === i ? wrong : right))));
    let refused = 0;
    for (const given of [[], ...WRONG.map((one) => [one]), ...choices]) {
      try {
        await call(...(given as never[]));
      } catch (error) {
        expect(isSatlockError(error), `${name}(${inspect(given)}): ${String(error)}`).toBe(true);
        refused++;
        const shown = inspect(error, { depth: 9 });
        for (const secret of [Buffer.from(SECRET).toString('hex'), 'abandon abandon', 'cVt4o7BGAig1']) expect(shown).not.toContain(secret);
      }
    }
    expect(refused).toBeGreaterThan(0);
  });
});
