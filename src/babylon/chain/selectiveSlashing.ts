// MsgSelectiveSlashingEvidence: a provider's secret key, which alone is the evidence. Babylon x/btcstaking/keeper/msg_server.go.
import * as Hex from '../../base/Hex.ts';
import * as PublicKey from '../../crypto/PublicKey.ts';
import * as Scalar from '../../crypto/Scalar.ts';
import type * as SecretKey from '../../crypto/SecretKey.ts';
import type { MsgSelectiveSlashingEvidence } from '../Message.ts';
import * as Basics from './basics.ts';
import { type Base, checkTypes } from './context.ts';
import { caught, every, type Failure, first, type Outcome, own, plain, type Step, staking, type Warning } from './verdict.ts';

type Context = Base<MsgSelectiveSlashingEvidence> & { readonly publicKey: string | undefined };

const FIELD = 'recoveredFpBtcSk';

const STEPS: readonly Step<Context>[] = [
  ['stateless.1', signerParses],
  ['stateless.2', keyHasItsLength],
  ['own.1', keyIsNotZero],
  ['stateful.1', providerExists],
  ['stateful.2', providerIsNotSlashed],
];

function contextOf(base: Base<MsgSelectiveSlashingEvidence>): Context {
  checkTypes(base.value, { signer: 'text', [FIELD]: 'bytes' });
  let publicKey: string | undefined;
  caught(() => {
    if (base.value[FIELD].length !== 32) return;
    // The chain reduces the scalar.
    const secretKey = Scalar.toBytes(Scalar.fromHash(base.value[FIELD])) as SecretKey.SecretKey;
    publicKey = Hex.encode(PublicKey.ofSecret(secretKey, base.ecc));
    secretKey.fill(0);
  });
  return { ...base, publicKey };
}

function named(failure: Failure): Failure {
  return { ...failure, check: `selectiveSlashing.${failure.check}` };
}

export function firstFailure(base: Base<MsgSelectiveSlashingEvidence>): Failure | undefined {
  const failure = first(STEPS, contextOf(base));
  return failure === undefined ? undefined : named(failure);
}

export function allFailures(base: Base<MsgSelectiveSlashingEvidence>): readonly Failure[] {
  return every(STEPS, contextOf(base)).map(named);
}

export function warnings(): readonly Warning[] {
  return [];
}

function signerParses({ value: { signer } }: Context): Outcome {
  return Basics.addressParses(signer, 'signer', (inner) => `invalid signer addr: ${signer} - ${inner}`);
}

function keyHasItsLength({ value }: Context): Outcome {
  const got = value[FIELD].length;
  if (got === 32) return undefined;
  return plain(`malformed BTC SK. Expected length: 32, got ${got}`, { field: FIELD, why: 'registration.key-length', facts: { got } });
}

function keyIsNotZero({ value, publicKey }: Context): Outcome {
  if (value[FIELD].length !== 32) return 'blocked';
  return publicKey === undefined ? own('the key is zero', { field: FIELD, why: 'secret-key.out-of-range' }) : undefined;
}

function providerExists({ chain, publicKey }: Context): Outcome {
  if (publicKey === undefined) return 'blocked';
  if (chain.finalityProviders.has(publicKey)) return undefined;
  return staking(1100, '', { field: FIELD, why: 'registration.unknown-provider', facts: { publicKey } });
}

function providerIsNotSlashed({ chain, publicKey }: Context): Outcome {
  const provider = publicKey === undefined ? undefined : chain.finalityProviders.get(publicKey);
  if (provider === undefined) return 'blocked';
  if (!provider.slashed) return undefined;
  return staking(1104, '', { field: FIELD, why: 'registration.slashed-provider', facts: { publicKey } });
}
