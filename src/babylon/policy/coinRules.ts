// Rules: the coins that are spent, and what makes a transaction change after it has been registered.
import * as Bytes from '../../base/Bytes.ts';
import { hasCode, isSatlockError } from '../../base/Errors.ts';
import * as Coin from '../../bitcoin/Coin.ts';
import * as Tx from '../../bitcoin/Tx.ts';
import type { PlanCoin } from './plan.ts';
import { placeOf } from './read.ts';
import { type Case, type Need, type Observation, type Rule, rule } from './rule.ts';

const STAKES = ['stake', 'extension'] as const;
const unmined = ({ inclusion }: Case): boolean => inclusion === undefined;
/** Registered before it is signed: everything later commits to the txid. */
const preSigned = (given: Case): boolean => unmined(given) && (given.flow === 'extension' || given.registration === 'pre-staking');
const COINBASE_MATURITY = 100;

const place = ({ outpoint }: PlanCoin): string => placeOf(outpoint);

function legacyKind(coin: PlanCoin): string | undefined {
  try {
    Coin.toInput(coin);
  } catch (error) {
    if (hasCode<Coin.Reason, 'coin.txid-changes'>(error, 'coin.txid-changes')) return error.reason.kind;
    if (!isSatlockError(error)) throw error;
  }
  return undefined;
}

type Flag = Extract<Need, 'spent' | 'inscribed' | 'runes' | 'rare'>;

/** A rule over one fact of each coin. */
function coinRule(
  code: string,
  severity: 'error' | 'warning',
  need: Flag,
  words: { readonly prevents: string; readonly is: string; readonly remedy: string },
): Rule {
  return rule({
    code,
    severity,
    prevents: words.prevents,
    flows: STAKES,
    needs: ['coins', need],
    applies: unmined,
    check: (given) => {
      const flags = given[need] ?? [];
      return given.coins.flatMap((coin, i) =>
        flags[i] === true
          ? [
              {
                facts: { coin: place(coin), valueSats: String(coin.valueSats) },
                reason: `${place(coin)} ${words.is}`,
                remedy: words.remedy,
              },
            ]
          : [],
      );
    },
  });
}

const LEAVE_OUT = 'choose other coins; put this one on the never-use list of the coin selection';

export const coinRules: readonly Rule[] = [
  rule({
    code: 'coin.unknown-input',
    severity: 'error',
    prevents: 'The transaction spends a coin that nobody looked at.',
    flows: STAKES,
    needs: ['coins'],
    applies: unmined,
    check: (given) => {
      const { transaction, coins, previous } = given;
      const known = new Set(coins.map(place));
      if (previous !== undefined) known.add(placeOf(previous.staking.outpoint));
      return (transaction?.ins ?? []).flatMap((_, i): readonly Observation[] => {
        const outpoint = Tx.outpointOf(transaction as Tx.Transaction, i);
        const coin = placeOf(outpoint);
        if (known.has(coin)) return [];
        return [
          {
            facts: { input: i, coin },
            reason: `input ${i} spends ${coin}, which is not among the coins of the plan`,
            remedy: 'give every coin that the transaction spends, or build the transaction again from the coins of the plan',
          },
        ];
      });
    },
  }),
  rule({
    code: 'coin.duplicate-input',
    severity: 'error',
    prevents: 'One coin twice: the transaction is invalid.',
    flows: STAKES,
    applies: unmined,
    check: ({ transaction }) => {
      const seen = new Set<string>();
      return (transaction?.ins ?? []).flatMap((_, i): readonly Observation[] => {
        const { txid, vout } = Tx.outpointOf(transaction as Tx.Transaction, i);
        const again = seen.has(`${txid}:${vout}`);
        seen.add(`${txid}:${vout}`);
        if (!again) return [];
        return [
          {
            facts: { input: i, coin: `${txid}:${vout}` },
            reason: `input ${i} spends a coin a second time`,
            remedy: 'build the transaction again',
          },
        ];
      });
    },
  }),
  rule({
    code: 'coin.txid-changes',
    severity: 'error',
    prevents:
      'Signing a legacy input changes the txid: everything pre-signed and registered then points to a transaction that never exists.',
    flows: STAKES,
    needs: ['coins'],
    applies: preSigned,
    check: ({ coins }) =>
      coins.flatMap((coin) => {
        const kind = legacyKind(coin);
        if (kind === undefined) return [];
        return [
          {
            facts: { coin: place(coin), kind },
            reason: `${place(coin)} is a ${kind} coin: its signature is part of the txid`,
            remedy: 'move the coin to a segwit or taproot address first, or register after the transaction is on Bitcoin',
          },
        ];
      }),
  }),
  rule({
    code: 'coin.unconfirmed',
    severity: 'warning',
    prevents: 'A parent that is replaced takes the registered txid with it.',
    flows: STAKES,
    needs: ['coins', 'confirmations'],
    applies: unmined,
    check: ({ coins, confirmations }) =>
      coins.flatMap((coin, i) =>
        confirmations[i] === 0
          ? [
              {
                facts: { coin: place(coin), valueSats: String(coin.valueSats) },
                reason: `${place(coin)} is not in a block yet`,
                remedy: 'wait for a confirmation, or choose other coins',
              },
            ]
          : [],
      ),
  }),
  rule({
    code: 'coin.immature',
    severity: 'error',
    prevents: 'A mining reward cannot be spent before 100 blocks.',
    flows: STAKES,
    needs: ['coins', 'confirmations', 'coinbase'],
    applies: unmined,
    check: ({ coins, confirmations, coinbase }) =>
      coins.flatMap((coin, i) => {
        const depth = confirmations[i] ?? 0;
        // An unconfirmed coin has a warning of its own; no mining reward is one.
        if (coinbase[i] !== true || depth === 0 || depth >= COINBASE_MATURITY) return [];
        return [
          {
            facts: { coin: place(coin), confirmations: depth, blocksLeft: COINBASE_MATURITY - depth },
            reason: `${place(coin)} is a mining reward with ${depth} of 100 confirmations`,
            remedy: `wait ${COINBASE_MATURITY - depth} blocks, or choose other coins`,
          },
        ];
      }),
  }),
  coinRule('coin.spent', 'error', 'spent', {
    prevents: 'A coin that is spent already: the transaction is never mined, its registration is wasted.',
    is: 'is spent already',
    remedy: 'read the coins of the wallet again and choose others',
  }),
  coinRule('coin.inscribed', 'warning', 'inscribed', {
    prevents: 'An inscription is locked with the stake or paid as fee.',
    is: 'carries an inscription',
    remedy: LEAVE_OUT,
  }),
  coinRule('coin.runes', 'warning', 'runes', {
    prevents: 'Runes move with the stake or are burnt.',
    is: 'carries runes',
    remedy: LEAVE_OUT,
  }),
  coinRule('coin.rare-sats', 'warning', 'rare', {
    prevents: 'Rare satoshis are locked with the stake or paid as fee.',
    is: 'holds rare satoshis',
    remedy: LEAVE_OUT,
  }),
  rule({
    code: 'coin.is-a-stake',
    severity: 'error',
    prevents: 'A stake is spent as a coin: the wallet cannot sign it alone, and an extension may not be funded by one.',
    flows: STAKES,
    needs: ['coins', 'known'],
    applies: unmined,
    check: ({ coins, known }) => {
      const stakes = new Set(known.map(({ stakingTxid: txid, stakingOutputIndex: vout }) => placeOf({ txid, vout })));
      return coins.flatMap((coin) =>
        stakes.has(place(coin))
          ? [{ facts: { coin: place(coin) }, reason: `${place(coin)} is the stake of a delegation`, remedy: 'choose other coins' }]
          : [],
      );
    },
  }),
  rule({
    code: 'transaction.replaceable',
    severity: 'warning',
    prevents: 'A replacement has another txid: what was registered is lost.',
    flows: STAKES,
    applies: preSigned,
    check: ({ transaction }) => {
      const inputs = (transaction?.ins ?? []).flatMap(({ sequence }, i) => (sequence < 0xffff_fffe ? [String(i)] : []));
      if (inputs.length === 0) return undefined;
      return {
        facts: { inputs },
        reason: `input${inputs.length === 1 ? '' : 's'} ${inputs.join(', ')} signal${inputs.length === 1 ? 's' : ''} that the transaction may be replaced`,
        remedy: 'build the transaction with final sequences, and never bump its fee by replacement after the registration',
      };
    },
  }),
  rule({
    code: 'transaction.locked',
    severity: 'warning',
    prevents: 'The transaction cannot be mined before its lock time.',
    flows: STAKES,
    needs: ['tipHeight'],
    applies: (given) => unmined(given) && (given.transaction?.locktime ?? 0) > 0,
    check: ({ transaction, tipHeight }) => {
      const locktime = transaction?.locktime ?? 0;
      const enforced = (transaction?.ins ?? []).some(({ sequence }) => sequence !== Tx.FINAL_SEQUENCE);
      if (!enforced || (locktime < 500_000_000 && locktime <= tipHeight)) return undefined;
      return {
        facts: { locktime, tipHeight },
        reason:
          locktime < 500_000_000
            ? `the transaction is locked until height ${locktime}`
            : `the transaction is locked until the time ${locktime}`,
        remedy: 'build the transaction without a lock time',
      };
    },
  }),
];

export const keyRules: readonly Rule[] = [
  rule({
    code: 'key.not-the-wallets',
    severity: 'error',
    prevents: 'Coins are locked under a key that the wallet cannot sign with.',
    flows: ['stake', 'extension', 'unbonding'],
    needs: ['stakerKeys'],
    check: ({ contract, stakerKeys }) => {
      if (contract === undefined) return undefined;
      const own = contract.terms.stakerPks.filter((key) => stakerKeys.some((one) => Bytes.equal(one, key))).length;
      // Of several stakers one key is the wallet's.
      if (own > 0) return undefined;
      return {
        facts: { stakers: contract.terms.stakerPks.length },
        reason: 'none of the staker keys of the contract is a key of the wallet',
        remedy: 'make the contract with the x-only key that the wallet signs taproot scripts with',
      };
    },
  }),
  rule({
    code: 'key.reused',
    severity: 'info',
    prevents: 'Others can see that several delegations have one owner; it is allowed.',
    flows: ['stake'],
    needs: ['known'],
    check: ({ contract, known }) => {
      const same = known.filter(({ stakerPk }) => contract?.terms.stakerPks.some((key) => Bytes.equal(key, stakerPk)) === true);
      if (same.length === 0) return undefined;
      return {
        facts: { delegations: same.map(({ stakingTxid }) => stakingTxid) },
        reason: `${same.length} other delegation${same.length === 1 ? ' has' : 's have'} the same staker key`,
        remedy: 'allowed; a key of its own for each stake keeps them apart',
      };
    },
  }),
  rule({
    code: 'key.shared-with-coin',
    severity: 'info',
    prevents: 'The staker key is the internal key of a coin too: the stake and the coins are linked when the stake is spent.',
    flows: STAKES,
    needs: ['coins'],
    check: ({ contract, coins }) => {
      const shared = coins.filter(
        ({ tapInternalKey }) => tapInternalKey !== undefined && contract?.terms.stakerPks.some((key) => Bytes.equal(key, tapInternalKey)),
      );
      if (shared.length === 0) return undefined;
      return {
        facts: { coins: shared.map(place) },
        reason: `the staker key is the internal key of ${shared.length} coin${shared.length === 1 ? '' : 's'} as well`,
        remedy: 'allowed and usual; a key of its own for the stake keeps it apart',
      };
    },
  }),
];
