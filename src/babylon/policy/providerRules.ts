// Rules: the finality provider. Babylon x/btcstaking/keeper/btc_delegations.go (known, not slashed); jailed and inactive ones are taken and earn nothing.
import * as Bytes from '../../base/Bytes.ts';
import * as Hex from '../../base/Hex.ts';
import * as Fraction from './fraction.ts';
import { type Case, type Rule, rule } from './rule.ts';

const STAKES = ['stake', 'extension'] as const;
/** What a provider that does not exist is like is no question. */
const registered = ({ provider }: Case): boolean => provider?.isRegistered !== false;

export const providerRules: readonly Rule[] = [
  rule({
    code: 'provider.other-key',
    severity: 'error',
    prevents: 'The facts are those of another provider than the one in the contract: the stake goes to somebody whom nobody looked at.',
    flows: STAKES,
    needs: ['provider'],
    check: ({ provider, contract }) => {
      if (contract === undefined || contract.terms.finalityProviderPks.some((key) => Bytes.equal(key, provider.publicKey)))
        return undefined;
      const inContract = contract.terms.finalityProviderPks.map(Hex.encode);
      return {
        facts: { given: Hex.encode(provider.publicKey), inContract },
        reason: `the provider that was looked at (${Hex.encode(provider.publicKey)}) is not in the contract`,
        remedy: 'ask the chain for the provider of the contract, or make the contract with the provider that is meant',
      };
    },
  }),
  rule({
    code: 'provider.unknown',
    severity: 'error',
    prevents: 'The chain refuses delegations to a key that is not registered (btcstaking/1100).',
    flows: STAKES,
    needs: ['provider'],
    check: ({ provider }) =>
      provider.isRegistered
        ? undefined
        : {
            facts: { publicKey: Hex.encode(provider.publicKey) },
            reason: 'the chain does not know this finality provider',
            remedy: 'choose a registered provider; one of phase 1 must register with the same key first',
          },
  }),
  rule({
    code: 'provider.slashed',
    severity: 'error',
    prevents: 'The chain refuses it (btcstaking/1104), and the provider’s published key lets anybody slash what is staked with it.',
    flows: STAKES,
    needs: ['provider', 'providerSlashed'],
    applies: registered,
    check: ({ provider, providerSlashed }) =>
      providerSlashed
        ? {
            facts: { publicKey: Hex.encode(provider.publicKey) },
            reason: 'this finality provider has been slashed; its power never returns',
            remedy: 'choose another provider',
          }
        : undefined,
  }),
  rule({
    code: 'provider.deleted',
    severity: 'error',
    prevents: 'A deleted provider cannot vote; newer releases of the chain refuse delegations to it (btcstaking/1130).',
    flows: STAKES,
    needs: ['provider', 'providerDeleted'],
    applies: registered,
    check: ({ provider, providerDeleted }) =>
      providerDeleted
        ? {
            facts: { publicKey: Hex.encode(provider.publicKey) },
            reason: 'this finality provider has been deleted and can never vote',
            remedy: 'choose another provider',
          }
        : undefined,
  }),
  rule({
    code: 'provider.jailed',
    severity: 'warning',
    prevents: 'A jailed provider takes delegations but has no power until it is unjailed: no yield.',
    flows: STAKES,
    needs: ['provider', 'providerJailed'],
    applies: registered,
    check: ({ provider, providerJailed }) =>
      providerJailed
        ? {
            facts: { publicKey: Hex.encode(provider.publicKey) },
            reason: 'this finality provider is jailed: its delegations earn nothing until it is unjailed',
            remedy: 'choose another provider, or wait until it is unjailed',
          }
        : undefined,
  }),
  rule({
    code: 'provider.inactive',
    severity: 'warning',
    prevents: 'A provider outside the active set does not vote: no yield.',
    flows: STAKES,
    needs: ['provider', 'providerActive'],
    // Of these another rule says the same and why.
    applies: (given) =>
      registered(given) && given.providerSlashed !== true && given.providerDeleted !== true && given.providerJailed !== true,
    check: ({ provider, providerActive }) =>
      providerActive
        ? undefined
        : {
            facts: { publicKey: Hex.encode(provider.publicKey) },
            reason: 'this finality provider is not in the active set: its delegations earn nothing until it is',
            remedy: 'choose a provider that votes, or make sure that this stake brings it into the active set',
          },
  }),
  rule({
    code: 'provider.high-commission',
    severity: 'warning',
    prevents: 'The provider keeps a large part of the yield.',
    flows: STAKES,
    needs: ['provider', 'commission'],
    applies: registered,
    check: ({ commission, limits }) => {
      const limit = Fraction.parse(limits.maxCommission, 'limits.maxCommission');
      if (commission <= limit) return undefined;
      return {
        facts: { commissionPercent: Fraction.percent(commission), limitPercent: Fraction.percent(limit) },
        reason: `the provider keeps ${Fraction.percent(commission)} of the rewards`,
        remedy: `choose a provider with at most ${Fraction.percent(limit)}`,
      };
    },
  }),
  rule({
    code: 'provider.commission-can-rise',
    severity: 'warning',
    prevents: 'The commission may rise after the stake is locked.',
    flows: STAKES,
    needs: ['provider', 'commission', 'commissionLimits'],
    // A commission above the limit has its own warning.
    applies: (given) => registered(given) && (given.commission ?? 0n) <= Fraction.parse(given.limits.maxCommission, 'limits.maxCommission'),
    check: ({ commission, commissionLimits: { max, change }, limits }) => {
      const limit = Fraction.parse(limits.maxCommission, 'limits.maxCommission');
      if (max <= limit || change === 0n) return undefined;
      const days = Number((limit - commission) / change) + 1;
      return {
        facts: {
          commissionPercent: Fraction.percent(commission),
          maxPercent: Fraction.percent(max),
          changePerDayPercent: Fraction.percent(change),
          daysToLimit: days,
        },
        reason: `the provider may raise its commission from ${Fraction.percent(commission)} to ${Fraction.percent(max)}, by ${Fraction.percent(change)} a day; it can pass ${Fraction.percent(limit)} after ${days} change${days === 1 ? '' : 's'}`,
        remedy: 'choose a provider with a lower maximum, or watch the commission',
      };
    },
  }),
];
