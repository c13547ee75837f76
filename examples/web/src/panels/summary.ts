// The stake at a glance, and the ways out of it as a picture.
import type { Delegation, StakingContract } from '../../../../src/index.ts';
import { Address, Hex, Rate } from '../../../../src/index.ts';
import { el, svg } from '../dom.ts';
import { blocks, btcShort, sat, shortHex } from '../format.ts';
import type { View } from '../model.ts';
import { arrow, box, copyable, drawing, facts, frame, section } from '../parts.ts';

export function summaryPanel({ delegation, network, params, signed }: View): HTMLElement {
  const { contract, stakingValueSats, rules } = delegation;
  const { terms } = contract;
  const address = Address.encode(contract.staking.scriptPubKey, network.bitcoinNetwork);
  return section(
    'summary',
    `${btcShort(stakingValueSats)} staked for ${blocks(terms.stakingTimeBlocks)}`,
    signed === undefined
      ? 'Public keys only: signatures are drawn as the slots that they will fill.'
      : 'With throw-away keys: every signature below was made and verified in this page.',
    signed === undefined
      ? undefined
      : el(
          'div',
          { class: 'finding warning' },
          el(
            'p',
            {},
            el('b', { class: 'severity' }, 'demo'),
            'Never send coins to the addresses below: their keys are known to everybody.',
          ),
        ),
    frame(lifeOf(delegation), tallLifeOf(delegation)),
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

const LABEL = 'From the stake three ways lead on: the timelock, the unbonding and the slashing; each of them back to the staker.';

function lifeOf(delegation: Delegation.Delegation): SVGElement {
  const { contract, stakingValueSats, unbondingOutput, stakingSlashing } = delegation;
  const { terms }: StakingContract.StakingContract = contract;
  const [slashed] = stakingSlashing.transaction.outs;
  return drawing(
    700,
    252,
    LABEL,
    arrow('M150 126H184'),
    arrow('M330 126C360 126 350 34 380 34H554'),
    arrow('M330 126H374'),
    arrow('M330 126C360 126 350 218 374 218'),
    arrow('M520 126C548 126 530 44 554 44'),
    arrow('M450 152V187', 'down'),
    arrow('M520 218H554'),
    svg('text', { x: 548, y: 100, class: 'note' }, `timelock ${terms.unbondingTimeBlocks} blocks`),
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

/** The same for a phone. */
function tallLifeOf({ contract, stakingValueSats, unbondingOutput, stakingSlashing }: Delegation.Delegation): SVGElement {
  const { terms } = contract;
  const [slashed] = stakingSlashing.transaction.outs;
  return drawing(
    304,
    348,
    LABEL,
    arrow('M152 56V80', 'down'),
    arrow('M190 136V194', 'down'),
    arrow('M106 136V194', 'down'),
    arrow('M82 111H8V315H16'),
    arrow('M148 225H168'),
    arrow('M85 250V284', 'down'),
    arrow('M148 315H168'),
    box(82, 6, 140, 'other', ['coins', 'of the wallet']),
    box(82, 86, 140, 'stake', ['stake', sat(stakingValueSats)]),
    box(22, 200, 126, 'covenant', ['unbonding', sat(unbondingOutput.valueSats)]),
    box(174, 200, 126, 'staker', ['staker', `${terms.stakingTimeBlocks} or ${terms.unbondingTimeBlocks}`]),
    box(22, 290, 126, 'provider', ['slashed', sat(slashed?.value ?? 0n)]),
    box(174, 290, 126, 'staker', ['staker, the rest', `after ${terms.unbondingTimeBlocks}`]),
    svg('text', { x: 92, y: 272, class: 'note' }, 'slashing'),
    svg('text', { x: 198, y: 272, class: 'note' }, 'times in blocks'),
  );
}
