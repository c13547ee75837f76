// The state of a Symbiotic ledger as tables.
import * as Table from './table.ts';

type Fields = Table.Fields;
type Rows = readonly (readonly string[])[];

const KNOWN = [
  ...['time', 'currentEpoch', 'activeStake', 'activeShares', 'totalStake', 'collateral', 'burner'],
  ...['withdrawals', 'withdrawalShares', 'accounts', 'stakes', 'requests'],
];
const text = (head: string): Table.Column => ({ head, isText: true });
const number = (head: string): Table.Column => ({ head, silent: '0' });

/** Sections of lines. */
export function symbioticState(state: Fields): readonly (readonly string[])[] {
  return [
    [`time ${Table.plain(state['time'])}, epoch ${Table.plain(state['currentEpoch'])}`],
    Table.section(
      'vault',
      [{ head: 'active stake' }, { head: 'active shares' }, { head: 'total stake' }, { head: 'collateral' }, number('burner')],
      [['activeStake', 'activeShares', 'totalStake', 'collateral', 'burner'].map((name) => Table.amount(state[name]))],
    ),
    Table.section('withdrawals', [{ head: 'epoch' }, { head: 'assets' }, { head: 'shares' }], epochs(state)),
    Table.section('accounts', [text('account'), ...['active shares', 'worth', 'slashable', 'tokens'].map(number)], accounts(state)),
    Table.section('withdrawing', [text('account'), { head: 'epoch' }, { head: 'shares' }, { head: 'worth' }], withdrawing(state)),
    Table.section('stakes', STAKE_COLUMNS, stakes(state)),
    Table.section(
      'slash requests',
      [{ head: 'index' }, { head: 'amount' }, { head: 'capture' }, { head: 'veto until' }, text('completed')],
      requests(state),
    ),
    Table.rest(state, KNOWN),
  ];
}

function epochs(state: Fields): Rows {
  const [assets, shares] = [Table.fields(state['withdrawals']), Table.fields(state['withdrawalShares'])];
  const all = [...new Set([...Object.keys(assets), ...Object.keys(shares)])];
  return all.map((epoch) => [epoch, Table.amount(assets[epoch]), Table.amount(shares[epoch])]);
}

function accounts(state: Fields): Rows {
  return Table.entries(state['accounts']).map(([id, account]) => {
    const own = Table.fields(account);
    return [id, ...['activeShares', 'activeBalance', 'slashableBalance', 'tokens'].map((name) => Table.amount(own[name]))];
  });
}

function withdrawing(state: Fields): Rows {
  return Table.entries(state['accounts']).flatMap(([id, account]) => {
    const { withdrawalShares, withdrawalsOf } = Table.fields(account);
    const worth = Table.fields(withdrawalsOf);
    return Table.entries(withdrawalShares).map(([epoch, shares]) => [id, epoch, Table.amount(shares), Table.amount(worth[epoch])]);
  });
}

const STAKE_COLUMNS: readonly Table.Column[] = [
  text('subnetwork'),
  text('operator'),
  { head: 'stake' },
  { head: 'slashable, captured a second ago' },
  number('slashed so far'),
  number('last capture'),
];

function stakes(state: Fields): Rows {
  return Table.entries(state['stakes']).map(([key, stake]) => {
    const at = key.indexOf('|');
    const own = Table.fields(stake);
    const amounts = ['stake', 'slashableStakeAtPrevSecond', 'cumulativeSlash'].map((name) => Table.amount(own[name]));
    return [key.slice(0, at), key.slice(at + 1), ...amounts, Table.plain(own['latestSlashedCaptureTimestamp'])];
  });
}

function requests(state: Fields): Rows {
  return Table.list(state['requests']).map((request, i) => {
    const { amount, captureTimestamp, vetoDeadline, completed } = Table.fields(request);
    return [`${i}`, Table.amount(amount), Table.plain(captureTimestamp), Table.plain(vetoDeadline), Table.yesNo(completed)];
  });
}
