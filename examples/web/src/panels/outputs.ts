// The three outputs of a contract: address, descriptor, the tree of their leaves as a picture, and each leaf as script.
import { Address, Descriptor, type Ecc, Hex, Script, type StakingContract, type TapTree } from '../../../../src/index.ts';
import { el, svg } from '../dom.ts';
import { blocks } from '../format.ts';
import type { View } from '../model.ts';
import { box, copyable, facts, fold, frame, hexLine, line, section } from '../parts.ts';

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
  const card = (name: string, scriptPubKey: Uint8Array, descriptor: string, tree: SVGElement, leaves: readonly Leaf[]): HTMLElement =>
    el(
      'article',
      { class: 'card' },
      el('h3', {}, name),
      frame(`Tree of the ${name.toLowerCase()}`, tree),
      facts([
        ['Address', copyable(Address.encode(scriptPubKey, network.bitcoinNetwork), `address of the ${name}`)],
        ['Output script', copyable(Hex.encode(scriptPubKey), `script of the ${name}`)],
        ['Descriptor', copyable(descriptor, `descriptor of the ${name}`)],
      ]),
      ...leaves.map((leaf) => leafOf(leaf, terms)),
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
    card('Staking output', contract.staking.scriptPubKey, Descriptor.staking(terms, ecc), threeLeaves(timelock, unbonding, slash), [
      timelock,
      unbonding,
      slash,
    ]),
    card('Unbonding output', contract.unbonding.scriptPubKey, Descriptor.unbonding(terms, ecc), twoLeaves(...unbonded), unbonded),
    card('Slashing change', contract.slashingChange.scriptPubKey, Descriptor.slashingChange(terms, ecc), oneLeaf(rest), [rest]),
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

const picture = (height: number, label: string, ...children: readonly SVGElement[]): SVGElement =>
  svg('svg', { viewBox: `0 0 600 ${height}`, width: 600, height, role: 'img', 'aria-label': label }, ...children);

const leafBox = (x: number, y: number, { name, who, when, kind }: Leaf): SVGElement =>
  box(x, y, 186, kind, [name, who, when.replace(/ \(.*/, '')]);

const root = (): SVGElement => box(220, 6, 160, 'stake', ['output key', 'NUMS + tree']);
const branch = (x: number, y: number): SVGElement => svg('circle', { cx: x, cy: y, r: 5, class: 'branch' });

function threeLeaves(timelock: Leaf, unbonding: Leaf, slashing: Leaf): SVGElement {
  return picture(
    236,
    'A branch of timelock and unbonding beside the slashing leaf',
    line('M300 56V78'),
    line('M300 78C300 96 203 90 203 112'),
    line('M300 78C300 100 503 90 503 158'),
    line('M203 112C203 134 97 130 97 158'),
    line('M203 112C203 134 300 130 300 158'),
    branch(300, 78),
    branch(203, 112),
    root(),
    leafBox(4, 158, timelock),
    leafBox(207, 158, unbonding),
    leafBox(410, 158, slashing),
  );
}

function twoLeaves(timelock: Leaf, slashing: Leaf): SVGElement {
  return picture(
    190,
    'A timelock and a slashing leaf',
    line('M300 56V74'),
    line('M300 74C300 96 197 90 197 112'),
    line('M300 74C300 96 403 90 403 112'),
    branch(300, 74),
    root(),
    leafBox(104, 112, timelock),
    leafBox(310, 112, slashing),
  );
}

function oneLeaf(timelock: Leaf): SVGElement {
  return picture(160, 'A single timelock leaf', line('M300 56V86'), root(), leafBox(207, 86, timelock));
}
