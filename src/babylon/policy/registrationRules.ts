// Rules: what makes a registration fail, or spoil a stake for ever. Babylon x/btcstaking/keeper/inclusion_proof.go, btc_delegations.go.
import * as Tx from '../../bitcoin/Tx.ts';
import { type Case, duration, type Rule, rule } from './rule.ts';

const STAKES = ['stake', 'extension'] as const;
const isMined = ({ flow, inclusion, step }: Case): boolean => flow === 'stake' && step === 'register' && inclusion !== undefined;
const withBlock = ({ flow, registration }: Case): boolean => flow === 'stake' && registration !== 'pre-staking';

/** Blocks in which the registration is still taken: tip + U < H + staking time. */
function blocksLeft({ inclusion, contract, tipHeight }: Case): number | undefined {
  if (inclusion === undefined || contract === undefined || tipHeight === undefined) return undefined;
  const { stakingTimeBlocks, unbondingTimeBlocks } = contract.terms;
  return inclusion.height + stakingTimeBlocks - unbondingTimeBlocks - tipHeight;
}

export const registrationRules: readonly Rule[] = [
  rule({
    code: 'registration.without-proof',
    severity: 'error',
    prevents:
      'A stake that is on Bitcoin and is registered without its inclusion proof is lost to Babylon for ever: no proof is taken later (1124), no second registration either (1106).',
    flows: ['stake'],
    needs: ['inclusion', 'hasProof'],
    applies: isMined,
    check: ({ inclusion, hasProof, registration }) =>
      hasProof
        ? undefined
        : {
            facts: { inclusionHeight: inclusion.height, registration: registration ?? '' },
            reason: `the staking transaction is in block ${inclusion.height} and the registration carries no inclusion proof`,
            remedy: 'never send this message; register as post-staking, with the inclusion proof',
          },
  }),
  rule({
    code: 'registration.unneeded-proof',
    severity: 'error',
    prevents: 'A proof of a transaction that is in no block: the chain refuses the registration (1108).',
    flows: ['stake'],
    needs: ['hasProof'],
    applies: (given) =>
      given.flow === 'stake' &&
      given.step === 'register' &&
      given.registration === 'pre-staking' &&
      given.inclusion === undefined &&
      given.hasProof !== undefined,
    check: ({ hasProof }) =>
      hasProof
        ? {
            facts: {},
            reason: 'a pre-staking registration carries no inclusion proof: the transaction is in no block yet',
            remedy: 'leave the proof out; it is sent later, on its own',
          }
        : undefined,
  }),
  rule({
    code: 'registration.coinbase',
    severity: 'error',
    prevents: 'A coinbase transaction is refused (1108).',
    flows: ['stake'],
    needs: ['inclusion'],
    applies: withBlock,
    check: ({ inclusion }) =>
      inclusion.index === 0
        ? {
            facts: { index: 0 },
            reason: 'the staking transaction is the coinbase of its block',
            remedy: 'it cannot be registered; wait for its timelock',
          }
        : undefined,
  }),
  rule({
    code: 'registration.window-closed',
    severity: 'error',
    prevents: 'With no more than the unbonding time left the chain refuses the registration (1108): fees are paid for nothing.',
    flows: ['stake'],
    needs: ['inclusion', 'tipHeight'],
    applies: withBlock,
    check: (given) => {
      const left = blocksLeft(given);
      if (left === undefined || left > 0) return undefined;
      return {
        facts: { tipHeight: given.tipHeight, inclusionHeight: given.inclusion.height, blocksLate: 1 - left },
        reason: 'no more than the unbonding time is left of the lock: the chain takes no registration any more',
        remedy: 'wait for the timelock and stake again',
      };
    },
  }),
  rule({
    code: 'registration.window-closing',
    severity: 'warning',
    prevents: 'Yield ends with the window: a registration now earns for a short time only, or comes too late.',
    flows: ['stake'],
    needs: ['inclusion', 'tipHeight'],
    applies: withBlock,
    check: (given) => {
      const left = blocksLeft(given);
      if (left === undefined || left <= 0 || left > given.limits.deadlineMarginBlocks) return undefined;
      return {
        facts: { tipHeight: given.tipHeight, inclusionHeight: given.inclusion.height, blocksLeft: left },
        reason: `the stake can earn for ${duration(left)} only`,
        remedy: 'compare the fee of the registration with what so short a time brings; stake again after the timelock',
      };
    },
  }),
  rule({
    code: 'registration.not-deep-enough',
    severity: 'error',
    prevents: 'The chain refuses a proof of a block that is not deep enough (1108).',
    flows: ['stake'],
    needs: ['inclusion', 'tipHeight', 'network'],
    applies: withBlock,
    check: ({ inclusion, tipHeight, network }) => {
      const needed = network.btccheckpoint?.btcConfirmationDepth;
      const depth = tipHeight - inclusion.height;
      if (needed === undefined || depth >= needed) return undefined;
      return {
        facts: { tipHeight, inclusionHeight: inclusion.height, depth, neededDepth: needed },
        reason: `${needed} blocks must lie on top of block ${inclusion.height}, there are ${depth}`,
        remedy: `wait ${needed - depth} block${needed - depth === 1 ? '' : 's'} more`,
      };
    },
  }),
  rule({
    code: 'registration.duplicate',
    severity: 'error',
    prevents: 'A txid can be registered once (1106).',
    flows: ['stake'],
    needs: ['known'],
    applies: ({ step }) => step === 'register',
    check: ({ transaction, known }) => {
      if (transaction === undefined) return undefined;
      const txid = Tx.txid(transaction);
      if (!known.some(({ stakingTxid }) => stakingTxid === txid)) return undefined;
      return {
        facts: { txid },
        reason: 'this staking transaction is registered already',
        remedy: 'look the delegation up instead of registering it',
      };
    },
  }),
  rule({
    code: 'registration.not-verified',
    severity: 'error',
    prevents: 'Broadcast before the covenant has signed, a stake can be unbonded by nobody until its timelock ends.',
    flows: ['stake'],
    needs: ['status'],
    applies: ({ step, registration }) => step === 'broadcast' && registration === 'pre-staking',
    check: ({ status }) =>
      status.toUpperCase() === 'VERIFIED'
        ? undefined
        : {
            facts: { status },
            reason: `the delegation is ${status}, not VERIFIED: the covenant has not signed all of it`,
            remedy: 'wait until it is VERIFIED and check the covenant signatures, then broadcast',
          },
  }),
  rule({
    code: 'allow-list.not-listed',
    severity: 'error',
    prevents: 'While an allow list is in force the chain refuses every transaction that is not on it (1108).',
    flows: STAKES,
    needs: ['babylonHeight', 'isAllowListed'],
    applies: listInForce,
    check: ({ isAllowListed, params, babylonHeight }) =>
      isAllowListed
        ? undefined
        : {
            facts: { babylonHeight: String(babylonHeight), expirationHeight: String(params?.allowListExpirationHeight ?? 0n) },
            reason: `until Babylon height ${params?.allowListExpirationHeight ?? 0n} only listed transactions are taken`,
            remedy: 'wait until the allow list expires',
          },
  }),
];

/** A list that may be in force: it has an end, and the height is not known to be beyond it. */
function listInForce({ params, babylonHeight }: Case): boolean {
  const end = params?.allowListExpirationHeight ?? 0n;
  return end > 0n && (babylonHeight === undefined || babylonHeight < end);
}

const registers = ({ step }: Case): boolean => step === 'register';

export const popRules: readonly Rule[] = [
  rule({
    code: 'pop.wrong-type',
    severity: 'error',
    prevents: 'The chain verifies BIP322 for p2wpkh and p2tr only: the proof of another address is refused (1117).',
    flows: STAKES,
    needs: ['pop'],
    applies: registers,
    check: ({ pop: { type, bitcoinAddress } }) => {
      if (type !== 'BIP322' || bitcoinAddress === undefined || /^(bc|tb|bcrt|sb)1(q.{38}|p.{58})$/i.test(bitcoinAddress)) return undefined;
      return {
        facts: { type, bitcoinAddress },
        reason: `${bitcoinAddress} is neither p2wpkh nor p2tr: the chain takes no BIP322 proof of it`,
        remedy: 'let the wallet sign by ECDSA',
      };
    },
  }),
  rule({
    code: 'pop.wrong-context',
    severity: 'error',
    prevents: 'The chain refuses a proof that was signed with a context that it does not use, or without the one it uses (1117).',
    flows: STAKES,
    needs: ['pop', 'popContext', 'network'],
    // Which context bbn-test-5 wants depends on its height and is not known.
    applies: (given) => registers(given) && given.network?.name !== 'bbn-test-5',
    check: ({ popContext, network }) =>
      popContext === ''
        ? undefined
        : {
            facts: { network: network.name, context: popContext },
            reason: `${network.name} uses no signing context, the proof was signed with one`,
            remedy: 'let the wallet sign the address alone',
          },
  }),
  rule({
    code: 'pop.invalid',
    severity: 'error',
    prevents: 'A proof that does not verify is the first thing that the chain refuses (1117).',
    flows: STAKES,
    needs: ['pop', 'popValid'],
    applies: registers,
    check: ({ pop, popValid }) =>
      popValid
        ? undefined
        : {
            facts: { type: pop.type },
            reason: 'the proof of possession does not verify for this key and account',
            remedy: 'let the wallet sign again, with the staker key and over the right Babylon address',
          },
  }),
];

/** Limits of the chain that the scripts do not have. */
export const profileRules: readonly Rule[] = [
  rule({
    code: 'profile.several-providers',
    severity: 'error',
    prevents: 'The chain takes exactly one finality provider (1116).',
    flows: STAKES,
    check: ({ contract }) => {
      const got = contract?.terms.finalityProviderPks.length ?? 1;
      if (got === 1) return undefined;
      return {
        facts: { providers: got },
        reason: `the contract has ${got} finality providers`,
        remedy: 'make one delegation for each provider',
      };
    },
  }),
  rule({
    code: 'profile.several-stakers',
    severity: 'error',
    prevents: 'No release of the chain takes a delegation of several staker keys.',
    flows: STAKES,
    check: ({ contract }) => {
      const got = contract?.terms.stakerPks.length ?? 1;
      if (got === 1) return undefined;
      return { facts: { stakers: got }, reason: `the contract has ${got} staker keys`, remedy: 'stake with one key' };
    },
  }),
];
