// The state of an EigenLayer ledger as tables.
import * as Table from './table.ts';

type Fields = Table.Fields;
type Rows = readonly (readonly string[])[];

const KNOWN = [
  ...['block', 'time', 'strategies', 'stakers', 'operators', 'operatorSets', 'burnableETHShares'],
  ...['burnAddress', 'recipients', 'withdrawals', 'rewards'],
];
const BEACON = 'BEACON';
const text = (head: string): Table.Column => ({ head, isText: true });
const number = (head: string): Table.Column => ({ head, silent: '0' });

/** Sections of lines. */
export function eigenLayerState(state: Fields): readonly (readonly string[])[] {
  return [
    [`block ${Table.plain(state['block'])}, time ${Table.plain(state['time'])}`],
    Table.section('vaults', [text('strategy'), { head: 'shares' }, { head: 'tokens' }], vaults(state)),
    Table.section(
      'stakers',
      [
        ...['staker', 'operator', 'strategy'].map(text),
        { head: 'deposit shares' },
        { head: 'scaling factor', silent: '1' },
        { head: 'withdrawable' },
      ],
      stakers(state),
    ),
    Table.section('pods', POD_COLUMNS, pods(state)),
    Table.section('operators', OPERATOR_COLUMNS, operators(state)),
    Table.section('allocations', ALLOCATION_COLUMNS, allocations(state)),
    Table.section('operator sets', [text('set'), text('members'), text('strategies'), { head: 'slashes' }], operatorSets(state)),
    Table.section(
      'slashed shares that wait to be burned or redistributed',
      [text('set'), { head: 'slash' }, text('strategy'), { head: 'shares' }, number('clear after block')],
      slashed(state),
    ),
    Table.section('queued withdrawals', WITHDRAWAL_COLUMNS, withdrawals(state)),
    Table.section('paid out', [text('to'), text('strategy'), { head: 'tokens' }], paid(state)),
    ...rewards(Table.fields(state['rewards'])),
    Table.rest(state, KNOWN),
  ];
}

function vaults(state: Fields): Rows {
  return Table.entries(state['strategies']).flatMap(([id, vault]) => {
    const { totalShares, tokenBalance } = Table.fields(vault);
    return `${totalShares}${tokenBalance}` === '00' ? [] : [[id, Table.amount(totalShares), Table.amount(tokenBalance)]];
  });
}

function stakers(state: Fields): Rows {
  return Table.entries(state['stakers']).flatMap(([id, staker]) => {
    const { delegatedTo, depositShares, depositScalingFactor, withdrawableShares } = Table.fields(staker);
    const [shares, factors, withdrawable] = [depositShares, depositScalingFactor, withdrawableShares].map((one) => Table.fields(one));
    const operator = typeof delegatedTo === 'string' ? delegatedTo : '-';
    const strategies = [...new Set([...Object.keys(shares ?? {}), ...Object.keys(factors ?? {})])];
    // An operator is its own staker from the start: that it holds nothing is no news.
    if (strategies.length === 0) return operator === id || operator === '-' ? [] : [[id, operator, '-', '0', '1', '0']];
    return strategies.map((x) => {
      const row = [x, Table.amount(shares?.[x]), Table.wad(factors?.[x], '1'), Table.amount(withdrawable?.[x])];
      return [id, operator, ...row];
    });
  });
}

const POD_COLUMNS: readonly Table.Column[] = [
  text('staker'),
  { head: 'beacon factor' },
  { head: 'validators' },
  number('in the pod (gwei)'),
  number('balance (wei)'),
  number('last checkpoint'),
  number('open since'),
  number('proofs left'),
  number('pod (gwei)'),
  number('deltas (gwei)'),
  number('before (gwei)'),
];

function pods(state: Fields): Rows {
  return Table.entries(state['stakers']).flatMap(([id, staker]) => {
    const { pod } = Table.fields(staker);
    if (pod === undefined) return [];
    const own = Table.fields(pod);
    const checkpoint = Table.fields(own['checkpoint']);
    return [
      [
        id,
        Table.wad(own['beaconChainSlashingFactor'], '1'),
        Table.plain(own['activeValidatorCount']),
        Table.amount(own['restakedExecutionLayerGwei']),
        Table.amount(own['balanceWei']),
        Table.plain(own['lastCheckpointTimestamp']),
        Table.plain(own['currentCheckpointTimestamp']),
        Table.plain(checkpoint['proofsRemaining']),
        ...['podBalanceGwei', 'balanceDeltasGwei', 'prevBeaconBalanceGwei'].map((name) => Table.amount(checkpoint[name])),
      ],
    ];
  });
}

const OPERATOR_COLUMNS: readonly Table.Column[] = [
  text('operator'),
  { head: 'allocation delay' },
  { ...text('strategy'), silent: '-' },
  number('shares'),
  { head: 'max magnitude', silent: '1' },
  number('encumbered'),
  { head: 'allocatable', silent: '1' },
  number('slashable in queue'),
];

function operators(state: Fields): Rows {
  return Table.entries(state['operators']).flatMap(([id, operator]) => {
    const own = Table.fields(operator);
    const { isSet, delay } = Table.fields(own['allocationDelay']);
    const of = (name: string): Fields => Table.fields(own[name]);
    const by = ['shares', 'maxMagnitude', 'encumberedMagnitude', 'allocatableMagnitude', 'slashableSharesInQueue'].map(of);
    const strategies = [...new Set(by.flatMap((one) => Object.keys(one)))].sort(beaconLast);
    const [shares, max, encumbered, allocatable, queued] = by;
    return (strategies.length === 0 ? ['-'] : strategies).map((x) => [
      id,
      isSet === true ? Table.plain(delay) : 'not set',
      x,
      Table.amount(shares?.[x]),
      Table.wad(max?.[x], '1'),
      Table.wad(encumbered?.[x], '0'),
      Table.wad(allocatable?.[x], '1'),
      Table.amount(queued?.[x]),
    ]);
  });
}

function beaconLast(a: string, b: string): number {
  return Number(a === BEACON) - Number(b === BEACON);
}

const ALLOCATION_COLUMNS: readonly Table.Column[] = [
  text('operator'),
  text('set'),
  text('registered'),
  text('slashable'),
  { ...text('strategy'), silent: '-' },
  number('magnitude'),
  number('pending'),
  number('from block'),
  number('allocated stake'),
  { head: 'slashable stake', silent: '' },
  { head: 'after the deallocation delay', silent: '' },
];

function allocations(state: Fields): Rows {
  return Table.entries(state['operators']).flatMap(([id, operator]) => {
    const own = Table.fields(operator);
    const registered = Table.list(own['registeredSets']);
    const slashable = Table.fields(own['slashable']);
    const sets = [...new Set([...Table.list(own['allocatedSets']).map(String), ...Object.keys(slashable)])];
    return sets.flatMap((key) => {
      const found = Table.entries(Table.fields(own['allocations'])[key]);
      const start = [id, key, Table.yesNo(registered.includes(key)), Table.yesNo(slashable[key])];
      if (found.length === 0) return [[...start, '-', '0', '0', '0', '0', '', '']];
      return found.map(([x, allocation]) => [...start, x, ...magnitudes(Table.fields(allocation)), ...stakes(own, key, x)]);
    });
  });
}

function magnitudes({ currentMagnitude, pendingDiff, effectBlock }: Fields): readonly string[] {
  return [Table.wad(currentMagnitude, '0'), Table.wad(pendingDiff, '0'), Table.plain(effectBlock)];
}

/** The least that can be slashed stands there only where it is not simply the allocated stake. */
function stakes(operator: Fields, key: string, x: string): readonly string[] {
  const of = (name: string): string => Table.amount(Table.fields(Table.fields(operator[name])[key])[x]);
  const [allocated, now, later] = [of('allocatedStake'), of('minSlashableStake'), of('minSlashableStakeAfterDeallocationDelay')];
  return [allocated, now === allocated ? '' : now, later === now ? '' : later];
}

function operatorSets(state: Fields): Rows {
  return Table.entries(state['operatorSets']).map(([key, set]) => {
    const { members, strategies, slashCount } = Table.fields(set);
    return [key, Table.names(members), Table.names(strategies), Table.plain(slashCount)];
  });
}

function slashed(state: Fields): Rows {
  const waiting = Table.entries(state['operatorSets']).flatMap(([key, set]) => {
    const { burnOrRedistributable, slashResolutionBlock } = Table.fields(set);
    const blocks = Table.fields(slashResolutionBlock);
    return Table.entries(burnOrRedistributable).flatMap(([slash, shares]) =>
      Table.entries(shares).map(([x, value]) => [key, slash, x, Table.amount(value), Table.plain(blocks[slash])]),
    );
  });
  const native = state['burnableETHShares'];
  return native === undefined || native === '0' ? waiting : [...waiting, ['all', '-', BEACON, Table.amount(native), '0']];
}

const WITHDRAWAL_COLUMNS: readonly Table.Column[] = [
  text('id'),
  text('staker'),
  text('operator'),
  { head: 'queued at block' },
  text('strategy'),
  { head: 'scaled shares' },
  { head: 'shares now' },
];

function withdrawals(state: Fields): Rows {
  return Table.entries(state['withdrawals']).flatMap(([id, withdrawal]) => {
    const { staker, delegatedTo, startBlock, strategies, scaledShares, sharesNow } = Table.fields(withdrawal);
    const operator = typeof delegatedTo === 'string' ? delegatedTo : '-';
    return Table.list(strategies).map((x, i) => {
      const [scaled, now] = [Table.list(scaledShares)[i], Table.list(sharesNow)[i]];
      return [id, String(staker), operator, Table.plain(startBlock), String(x), Table.amount(scaled), Table.amount(now)];
    });
  });
}

function paid(state: Fields): Rows {
  const rows = (to: string, tokens: Table.Json | undefined): Rows =>
    Table.entries(tokens).map(([x, value]) => [to, x, Table.amount(value)]);
  return [
    ...Table.entries(state['stakers']).flatMap(([id, staker]) => rows(id, Table.fields(staker)['tokens'])),
    ...rows('(burned)', state['burnAddress']),
    ...Table.entries(state['recipients']).flatMap(([id, tokens]) => rows(id, tokens)),
  ];
}

function rewards(state: Fields): readonly (readonly string[])[] {
  const { splits, balances, nonces, cumulativeClaimed, roots, ...others } = state;
  const claimed = Table.fields(cumulativeClaimed);
  const holders = Table.entries(balances).flatMap(([holder, tokens]) =>
    Table.entries(tokens).map(([token, value]) => [holder, token, Table.amount(value)]),
  );
  const earned = Table.entries(claimed).flatMap(([earner, tokens]) =>
    Table.entries(tokens).map(([token, value]) => [earner, token, Table.amount(value)]),
  );
  return [
    roots === undefined || roots === '0' ? [] : [`reward roots: ${Table.plain(roots)}`],
    Table.section('reward splits', [text('of'), { head: 'of 10000' }], plainRows(splits)),
    Table.section('reward submissions', [text('avs'), { head: 'so far' }], plainRows(nonces)),
    Table.section('reward tokens', [text('holder'), text('token'), { head: 'amount' }], holders),
    Table.section('rewards claimed', [text('earner'), text('token'), { head: 'amount' }], earned),
    Table.rest(others, []),
  ];
}

function plainRows(values: Table.Json | undefined): Rows {
  return Table.entries(values).map(([key, value]) => [key, Table.plain(value)]);
}
