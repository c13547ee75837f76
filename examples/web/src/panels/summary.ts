// The stake at a glance, and the ways out of it as a picture.
import type { Delegation, StakingContract } from '../../../../src/index.ts';
import { Address, Hex, Rate } from '../../../../src/index.ts';
import { svg } from '../dom.ts';
import { blocks, btc, sat, shortHex } from '../format.ts';
import type { View } from '../model.ts';
import { box, copyable, facts, frame, line, section } from '../parts.ts';

export function summaryPanel({ delegation, network, params, signed }: View): HTMLElement {
  const { contract, stakingValueSats, rules } = delegation;
  const { terms } = contract;
  const address = Address.encode(contract.staking.scriptPubKey, network.bitcoinNetwork);
  return section(
    'summary',
    `${btc(stakingValueSats)} staked for ${blocks(terms.stakingTimeBlocks)}`,
    signed === undefined
      ? 'Public keys only: signatures are drawn as the slots that they will fill.'
      : 'With throw-away keys: every signature below was made and verified in this page.',
    frame('The ways out of the stake', lifeOf(delegation)),
    facts([
      ['Stake to', copyable(address, 'staking address')],
      ['Network', `${network.name}, parameters ${params === undefined ? 'of no known version' : `version ${params.version}`}`],
      ['Staker', copyable(terms.stakerPks.map(Hex.encode).join(' '), 'staker key')],
      ['Finality provider', copyable(terms.finalityProviderPks.map(Hex.encode).join(' '), 'finality provider key')],
      [
        'Covenant',
        `${terms.covenantQuorum} of ${terms.covenantPks.length}: ${terms.covenantPks.map((key) => shortHex(key, 3)).join(', ')}`,
      ],
      ['If slashed', `${Rate.format(rules.slashingRate)} of the stake, and ${sat(delegation.slashingFeeSats)} of fee`],
    ]),
  );
}

function lifeOf(delegation: Delegation.Delegation): SVGElement {
  const { contract, stakingValueSats, unbondingOutput, stakingSlashing } = delegation;
  const { terms }: StakingContract.StakingContract = contract;
  const [slashed] = stakingSlashing.transaction.outs;
  return svg(
    'svg',
    { viewBox: '0 0 700 252', width: 700, height: 252, role: 'img', 'aria-label': 'Stake, unbonding, slashing and withdrawal' },
    line('M150 126H190'),
    line('M330 126C360 126 350 34 380 34H560'),
    line('M330 126H380'),
    line('M330 126C360 126 350 218 380 218'),
    line('M520 126C545 126 535 34 560 34'),
    line('M450 152V193'),
    line('M520 218H560'),
    svg('text', { x: 386, y: 26, class: 'note' }, `timelock ${terms.stakingTimeBlocks} blocks`),
    svg('text', { x: 458, y: 178, class: 'note' }, 'slashing'),
    box(10, 101, 140, 'other', ['coins', 'of the wallet']),
    box(190, 101, 140, 'stake', ['stake', sat(stakingValueSats)]),
    box(380, 101, 140, 'covenant', ['unbonding', sat(unbondingOutput.valueSats)]),
    box(560, 9, 130, 'staker', ['staker', 'free again']),
    box(380, 193, 140, 'provider', ['slashed', sat(slashed?.value ?? 0n)]),
    box(560, 193, 130, 'staker', ['staker, the rest', `after ${terms.unbondingTimeBlocks} blocks`]),
  );
}
