// Wallets that throw and answer what throws again when it is looked at: only errors of ours come out, with codes of our own choice.
import { describe, expect, it } from 'vitest';
import { fail, SatlockError } from '../../src/base/Errors.ts';
import * as PlainKey from '../../src/wallet/PlainKey.ts';
import * as Provider from '../../src/wallet/Provider.ts';
import { keyOf, untyped } from '../support/stakes.ts';

const revoked = (target: object): unknown => {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
};
const boom = (): never => {
  throw new TypeError('boom');
};
/** Throws whatever it is given, as wallets may. */
const throwing = (what: unknown) => (): never => {
  throw what;
};

async function errorOf(act: () => Promise<unknown>): Promise<SatlockError> {
  const error: unknown = await act().then(
    () => expect.fail('expected an error, got none'),
    (reason: unknown) => reason,
  );
  if (error instanceof SatlockError) return error;
  throw error;
}

describe('what a wallet throws', () => {
  const message = Object.defineProperty({ message: 'User rejected the request' }, 'code', { get: boom });
  const code = Object.defineProperty({ code: 4001 }, 'message', { get: boom });

  it.each<readonly [string, unknown, string]>([
    ['a revoked proxy', revoked({}), 'provider.failed'],
    ['a proxy without a prototype to be read', new Proxy(new Error('x'), { getPrototypeOf: boom }), 'provider.failed'],
    ['a code that throws', Object.defineProperty({}, 'code', { get: boom }), 'provider.failed'],
    ['a code that throws, and words', message, 'provider.rejected'],
    ['a message that throws, and a code', code, 'provider.rejected'],
    ['nothing', undefined, 'provider.failed'],
  ])('%s', async (_, thrown, expected) => {
    const error = await errorOf(() => Provider.ask('signPsbt', throwing(thrown)));
    expect([error.code, Object.is(error.cause, thrown)]).toEqual([expected, true]);
  });

  it('is not ours because it says so', async () => {
    const named = Object.assign(new Error('x'), {
      name: 'SatlockError',
      reason: { code: 'stake-policy.unacknowledged' },
      code: 'staker.x',
    });
    const error = await errorOf(() => Provider.ask('signPsbt', throwing(named)));
    expect([error.code, error.cause]).toEqual(['provider.failed', named]);
    const masked = new Proxy(new SatlockError({ code: 'signer.nothing-to-sign' }, 'x'), { get: boom });
    expect((await errorOf(() => Provider.ask('signPsbt', throwing(masked)))).code).toBe('provider.failed');
  });

  it('passes when our own signers throw it, and through a second wrapping', async () => {
    const signer = PlainKey.from(keyOf('provider').secretKey, { network: 'regtest', addressType: 'p2tr' });
    expect((await errorOf(() => Provider.signPsbt(signer, 'no PSBT', {}))).code).toBe('signer.not-a-psbt');
    const inner = (): never => fail({ code: 'provider.rejected', method: 'signPsbt' }, 'signPsbt: the user declined');
    expect((await errorOf(() => Provider.ask('signPsbt', inner))).code).toBe('provider.rejected');
  });
});

describe('what a wallet answers', () => {
  const wallet = (answer: unknown): Provider.BitcoinProvider =>
    untyped<Provider.BitcoinProvider>({ signPsbt: () => answer, signMessage: () => answer, signPsbts: () => answer });
  const account = (answer: unknown): Provider.BabylonProvider => untyped<Provider.BabylonProvider>({ signTransaction: () => answer });
  const two = ['00', '01'].map((psbtHex) => ({ psbtHex, options: {} }));
  const late = new Proxy(['00', '01'], { get: (list, name) => (name === 'then' ? undefined : name === 'length' ? boom() : list) });

  it.each<readonly [string, unknown, string]>([
    ['a revoked proxy', revoked([]), 'provider.failed'],
    ['a list that throws when it is read', late, 'provider.bad-answer'],
    ['a list of revoked proxies', [revoked({}), revoked([])], 'provider.bad-answer'],
    ['a proxy of a list that is too short', new Proxy([], {}), 'provider.bad-answer'],
  ])('%s is none', async (_, answer, expected) => {
    expect((await errorOf(() => Provider.signPsbts(wallet(answer), two))).code).toBe(expected);
    expect((await errorOf(() => Provider.signMessage(wallet(answer), 'text', 'ecdsa'))).code).toBe(expected);
    expect((await errorOf(() => Provider.signTransaction(account(answer), { typeUrl: '/x', value: {} }))).code).toBe(expected);
  });

  it('a proxy of bytes is none; bytes are copied, so that the wallet cannot change them later', async () => {
    const message = { typeUrl: '/x', value: {} };
    const masked = new Proxy(Uint8Array.of(1, 2), { get: (bytes, name) => (name === 'then' ? undefined : bytes) });
    expect((await errorOf(() => Provider.signTransaction(account(masked), message))).code).toBe('provider.bad-answer');
    const bytes = Uint8Array.of(1, 2);
    const answer = await Provider.signTransaction(account(bytes), message);
    bytes[0] = 9;
    expect(answer).toEqual(Uint8Array.of(1, 2));
    const shrinking = Object.defineProperty(Uint8Array.of(1, 2), 'length', { get: boom });
    expect(await Provider.signTransaction(account(shrinking), message)).toEqual(Uint8Array.of(1, 2));
  });
});
