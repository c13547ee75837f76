// The three outputs of a contract: address, descriptor, the tree of their leaves as a picture, and each leaf as script.
import { Address, Descriptor, type Ecc, Hex, Script, type StakingContract, type TapTree } from '../../../../src/index.ts';
import { el, svg } from '../dom.ts';
import { blocks } from '../format.ts';
import type { View } from '../model.ts';
import { box, copyable, drawing, facts, fold, frame, hexLine, line, section } from '../parts.ts';

type Leaf = {
  readonly name: string;
  readonly who: string;
  readonly when: string;
  readonly kind: string;
  readonly leaf: TapTree.SpendableLeaf;
};
type Terms = StakingContract.Terms;

export function outputsPanel({ delegation, network }: View, ecc: Ecc): HTMLElement {
  const { contract } = delegation;
  const { terms } = contract;
  const card = (name: string, scriptPubKey: Uint8Array, descriptor: string, leaves: readonly Leaf[]): HTMLElement =>
    el(
      'article',
      { class: 'card' },
      el('h3', {}, name),
      frame(wideTree(leaves), tallTree(leaves)),
      facts([
        ['Address', copyable(Address.encode(scriptPubKey, network.bitcoinNetwork), `address of the ${name}`)],
        ['Output script', copyable(Hex.encode(scriptPubKey), `script of the ${name}`)],
      ]),
      ...leaves.map((leaf) => leafOf(leaf, terms)),
      fold('Descriptor', copyable(descriptor, `descriptor of the ${name}`)),
    );
  const timelock = leafNamed('timelock', 'staker', `after ${blocks(terms.stakingTimeBlocks)}`, 'staker', contract.staking.paths.timelock);
  const later = (leaf: TapTree.SpendableLeaf): Leaf =>
    leafNamed('timelock', 'staker', `after ${blocks(terms.unbondingTimeBlocks)}`, 'staker', leaf);
  const committee = `${terms.covenantQuorum} of ${terms.covenantPks.length}`;
  const unbonding = leafNamed('unbonding', `staker + ${committee}`, 'at any time', 'covenant', contract.staking.paths.unbonding);
  const slashing = (leaf: TapTree.SpendableLeaf): Leaf =>
    leafNamed('slashing', `staker + provider + ${committee}`, 'after a double vote', 'provider', leaf);
  const slash = slashing(contract.staking.paths.slashing);
  const unbonded = [later(contract.unbonding.paths.timelock), slashing(contract.unbonding.paths.slashing)] as const;
  const rest = later(contract.slashingChange.paths.timelock);
  return section(
    'outputs',
    'Outputs and scripts',
    'Three taproot outputs under the key that nobody has (NUMS): there is no way out but through a leaf.',
    card('Staking output', contract.staking.scriptPubKey, Descriptor.staking(terms, ecc), [timelock, unbonding, slash]),
    card('Unbonding output', contract.unbonding.scriptPubKey, Descriptor.unbonding(terms, ecc), unbonded),
    card('Slashing change', contract.slashingChange.scriptPubKey, Descriptor.slashingChange(terms, ecc), [rest]),
  );
}

const leafNamed = (name: string, who: string, when: string, kind: string, leaf: TapTree.SpendableLeaf): Leaf => ({
  name,
  who,
  when,
  kind,
  leaf,
});

function leafOf({ name, who, when, kind, leaf }: Leaf, terms: Terms): HTMLElement {
  const title = el('span', { class: `leaf-title ${kind}` }, el('b', {}, name), ` ${who}, ${when}`);
  return fold(
    title,
    asmOf(leaf.script, terms),
    facts([
      ['Script', hexLine(Hex.encode(leaf.script), `${name} script`)],
      ['Leaf hash', hexLine(Hex.encode(leaf.leafHash), `${name} leaf hash`)],
      ['Control block', hexLine(Hex.encode(leaf.controlBlock), `${name} control block`)],
    ]),
  );
}

/** The script a line for each instruction, keys named by their role. */
function asmOf(script: Uint8Array, terms: Terms): HTMLElement {
  const roles = new Map<string, readonly [string, string]>([
    ...terms.stakerPks.map((key) => [Hex.encode(key), ['staker', 'staker']] as const),
    ...terms.finalityProviderPks.map((key) => [Hex.encode(key), ['provider', 'finality provider']] as const),
    ...terms.covenantPks.map((key) => [Hex.encode(key), ['covenant', 'covenant']] as const),
  ]);
  const rows = Script.toAsm(script)
    .split(' ')
    .map((word) => {
      const [kind, name] = roles.get(word) ?? [];
      return el(
        'li',
        kind === undefined ? {} : { class: kind },
        el('code', {}, word),
        name === undefined ? undefined : el('span', { class: 'tag' }, name),
      );
    });
  return el('ol', { class: 'asm' }, ...rows);
}

const NAMES = [
  '',
  'A single timelock leaf',
  'A timelock and a slashing leaf',
  'A branch of timelock and unbonding beside the slashing leaf',
] as const;

const lines = ({ name, who, when }: Leaf): readonly string[] => [name, who, when.replace(/ \(.*/, '')];
const leafBox = (x: number, y: number, leaf: Leaf, width = 186): SVGElement => box(x, y, width, leaf.kind, lines(leaf));
const root = (x: number): SVGElement => box(x, 6, 160, 'stake', ['output key', 'NUMS + tree']);
const branch = (x: number, y: number): SVGElement => svg('circle', { cx: x, cy: y, r: 5, class: 'branch' });

/** Leaves side by side under the output key. */
function wideTree(leaves: readonly Leaf[]): SVGElement {
  const [first, second, third] = leaves;
  const label = NAMES[leaves.length as 1 | 2 | 3];
  if (first === undefined) throw new Error('a tree has a leaf');
  if (second === undefined) return drawing(600, 160, label, line('M300 56V86'), root(220), leafBox(207, 86, first));
  if (third === undefined)
    return drawing(
      600,
      190,
      label,
      line('M300 56V74'),
      line('M300 74C300 96 197 90 197 112'),
      line('M300 74C300 96 403 90 403 112'),
      branch(300, 74),
      root(220),
      leafBox(104, 112, first),
      leafBox(310, 112, second),
    );
  return drawing(
    600,
    236,
    label,
    line('M300 56V78'),
    line('M300 78C300 96 203 90 203 112'),
    line('M300 78C300 100 503 90 503 158'),
    line('M203 112C203 134 97 130 97 158'),
    line('M203 112C203 134 300 130 300 158'),
    branch(300, 78),
    branch(203, 112),
    root(220),
    leafBox(4, 158, first),
    leafBox(207, 158, second),
    leafBox(410, 158, third),
  );
}

/** Leaves below each other, for a phone. */
function tallTree(leaves: readonly Leaf[]): SVGElement {
  const last = 33 + 78 * leaves.length;
  const joints =
    leaves.length === 3
      ? [line('M14 150H38'), line('M38 111V189'), line('M38 111H62'), line('M38 189H62'), branch(14, 150), branch(38, 150)]
      : leaves.length === 2
        ? [line('M14 111H62'), branch(14, 111)]
        : [];
  return drawing(
    270,
    last + 39,
    NAMES[leaves.length as 1 | 2 | 3],
    line(`M62 31H14V${last}H62`),
    ...joints,
    root(62),
    ...leaves.map((leaf, i) => leafBox(62, 78 * (i + 1), leaf, 204)),
  );
}
