// The witness of every path: signatures verified, slots in the one order that the script consumes, empty slots kept (BIP342 CHECKSIGADD).
// The script has its keys ascending and takes items from the top, so inside a group the slots stand descending.
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import { check as checkSpend, type LeafSpend, type Reason as SpendReason } from '../bitcoin/LeafSpend.ts';
import * as Tapscript from '../bitcoin/Tapscript.ts';
import * as Ecc from '../crypto/Ecc.ts';
import type { XOnlyPublicKey } from '../crypto/PublicKey.ts';
import { type Reason as ContractReason, check as checkContract, type StakingContract } from './StakingContract.ts';

export type Role = 'staker' | 'finalityProvider' | 'covenant';
/** Which leaf of an output is taken. */
export type Path = 'timelock' | 'unbonding' | 'slashing';

export type Reason =
  | Check.Reason
  | SpendReason
  | ContractReason
  | {
      readonly code: 'witness.quorum-not-reached';
      readonly role: Role;
      readonly needed: number;
      readonly valid: number;
      readonly ignored: readonly Ignored[];
    }
  | { readonly code: 'witness.wrong-count'; readonly expected: number; readonly got: number }
  | { readonly code: 'witness.wrong-leaf' };

/** A signature and the x-only key that made it. */
export type KeySignature = { readonly publicKey: Uint8Array; readonly signature: Uint8Array };
/** The signatures at hand; more than the quorum, in any order, is fine. */
export type Signatures = {
  readonly staker: readonly KeySignature[];
  readonly finalityProvider?: readonly KeySignature[];
  readonly covenant?: readonly KeySignature[];
};
/** A signature that was left out, and why. */
export type Ignored = {
  readonly role: Role;
  readonly publicKey: string;
  readonly why: 'unknown-signer' | 'invalid-signature' | 'not-needed' | 'repeated';
};
/** A complete witness stack, bottom first, with the script and control block; `ignored` lists what was not used. */
export type Assembled = { readonly stack: readonly Uint8Array[]; readonly ignored: readonly Ignored[] };

type Group = { readonly role: Role; readonly keys: readonly XOnlyPublicKey[]; readonly quorum: number };

/** The groups of a path in script order: the staker first, then the providers, then the covenant. */
function groupsOf(contract: StakingContract, path: Path): readonly Group[] {
  const { stakerPks, stakerQuorum, finalityProviderPks, covenantPks, covenantQuorum } = contract.terms;
  const staker: Group = { role: 'staker', keys: stakerPks, quorum: stakerQuorum };
  if (path === 'timelock') return [staker];
  const covenant: Group = { role: 'covenant', keys: covenantPks, quorum: covenantQuorum };
  if (path === 'unbonding') return [staker, covenant];
  return [staker, { role: 'finalityProvider', keys: finalityProviderPks, quorum: 1 }, covenant];
}

/**
 * The witness of `spend` through `path`. Every signature is verified before it takes a slot, since one wrong signature fails the whole spend
 * even beside enough right ones; of more than the quorum, the first valid ones of the list are taken, since one too many fails it as well.
 *
 * @throws witness.quorum-not-reached - with the number of valid signatures and what is wrong with the others
 * @throws witness.wrong-leaf - when `spend` is not of this contract and path: the slots would not fit its script
 * @source babylon btcstaking/witness_utils.go
 */
export function assemble(
  options: { readonly contract: StakingContract; readonly path: Path; readonly spend: LeafSpend; readonly signatures: Signatures },
  ecc: Ecc.Ecc = Ecc.auto(),
): Assembled {
  const { contract, path, spend, signatures } = Check.object(options, 'options');
  checkContract(contract);
  checkPath(path);
  checkSpend(spend);
  Check.object(signatures, 'signatures');
  checkLeaf(contract, path, spend.leaf);
  const ignored: Ignored[] = [];
  const slots = groupsOf(contract, path)
    .map((group) => fillGroup(group, signatures[group.role] ?? [], spend, ignored, ecc))
    // The stack is consumed from its top: the last group of the script lies at the bottom.
    .reverse()
    .flat();
  return { stack: [...slots, spend.leaf.script, spend.leaf.controlBlock], ignored };
}

/** The outputs are asked in the order of their life: the rarer trees are not even built for the usual spends. */
function checkLeaf(contract: StakingContract, path: Path, { script, controlBlock }: LeafSpend['leaf']): void {
  for (const output of ['staking', 'unbonding', 'slashingChange'] as const) {
    const paths: Readonly<Partial<Record<Path, LeafSpend['leaf']>>> = contract[output].paths;
    const leaf = paths[path];
    if (leaf !== undefined && Bytes.equal(leaf.script, script) && Bytes.equal(leaf.controlBlock, controlBlock)) return;
  }
  fail<Reason>({ code: 'witness.wrong-leaf' }, `the spend is not one through the ${path} leaf of this contract`);
}

function fillGroup(group: Group, given: readonly KeySignature[], spend: LeafSpend, ignored: Ignored[], ecc: Ecc.Ecc): Uint8Array[] {
  const { role, keys, quorum } = group;
  const slots = new Map<string, Uint8Array | undefined>();
  for (const key of [...Tapscript.sortKeys(keys)].reverse()) slots.set(Hex.encode(key), undefined);
  const before = ignored.length;
  let valid = 0;
  for (const [i, one] of Check.list(given, `signatures.${role}`).entries()) {
    const { publicKey, signature } = Check.object(one, `signatures.${role}[${i}]`);
    Check.bytes(publicKey, `signatures.${role}[${i}].publicKey`, 32);
    Check.bytes(signature, `signatures.${role}[${i}].signature`);
    const key = Hex.encode(publicKey);
    const why = !slots.has(key)
      ? 'unknown-signer'
      : slots.get(key) !== undefined
        ? 'repeated'
        : valid === quorum
          ? 'not-needed'
          : spend.verify(publicKey, signature, ecc)
            ? undefined
            : 'invalid-signature';
    if (why !== undefined) {
      ignored.push({ role, publicKey: key, why });
      continue;
    }
    slots.set(key, Bytes.copy(signature));
    valid++;
  }
  if (valid < quorum) {
    const faults = ignored.slice(before);
    fail<Reason>(
      { code: 'witness.quorum-not-reached', role, needed: quorum, valid, ignored: faults },
      `${role}: ${quorum} valid signatures are needed, ${valid} of the ${given.length} given are${reasonsOf(faults)}`,
    );
  }
  return [...slots.values()].map((signature) => signature ?? new Uint8Array(0));
}

/** ": 2 invalid-signature, 1 unknown-signer", or nothing. */
function reasonsOf(faults: readonly Ignored[]): string {
  const counts = new Map<string, number>();
  for (const { why } of faults) counts.set(why, (counts.get(why) ?? 0) + 1);
  const texts = [...counts].map(([why, count]) => `${count} ${why}`);
  return texts.length === 0 ? '' : `: ${texts.join(', ')}`;
}

/** A path that does not exist would read as slashing. */
function checkPath(path: Path): void {
  if (path !== 'timelock' && path !== 'unbonding' && path !== 'slashing')
    fail<Reason>({ code: 'witness.wrong-leaf' }, 'path: expected timelock, unbonding or slashing');
}

/** The non-empty slots of a published witness, by role and key. */
export type Parsed = Readonly<Record<Role, readonly KeySignature[]>>;

/**
 * Reads a published witness back into signatures by key. A leading annex is dropped; the leaf must be that of `path`.
 * Signatures are not verified: the chain that holds the spend has done so.
 *
 * @throws witness.wrong-leaf - another script or control block
 * @throws witness.wrong-count - not one slot for each key
 */
export function parse(options: {
  readonly contract: StakingContract;
  readonly path: Path;
  readonly leaf: LeafSpend['leaf'];
  readonly witness: readonly Uint8Array[];
}): Parsed {
  const { contract, path, leaf, witness } = Check.object(options, 'options');
  checkContract(contract);
  checkPath(path);
  const wanted = Check.object(leaf, 'leaf');
  const items = withoutAnnex(witness);
  const script = items[items.length - 2];
  const controlBlock = items[items.length - 1];
  if (
    script === undefined ||
    controlBlock === undefined ||
    !Bytes.equal(script, wanted.script) ||
    !Bytes.equal(controlBlock, wanted.controlBlock)
  ) {
    fail<Reason>({ code: 'witness.wrong-leaf' }, `the witness does not spend through the ${path} leaf`);
  }
  const groups = [...groupsOf(contract, path)].reverse();
  const expected = groups.reduce((sum, { keys }) => sum + keys.length, 2);
  if (items.length !== expected)
    fail<Reason>(
      { code: 'witness.wrong-count', expected, got: items.length },
      `the witness has ${items.length} items, the ${path} path needs ${expected}`,
    );
  const parsed: Record<Role, KeySignature[]> = { staker: [], finalityProvider: [], covenant: [] };
  let at = 0;
  for (const { role, keys } of groups) {
    for (const publicKey of [...Tapscript.sortKeys(keys)].reverse()) {
      const signature = items[at++] as Uint8Array;
      if (signature.length > 0) parsed[role].push({ publicKey, signature });
    }
  }
  return parsed;
}

/** The witness without its annex (BIP341: the last of two or more items, starting with 50). */
export function withoutAnnex(witness: readonly Uint8Array[]): readonly Uint8Array[] {
  for (const [i, item] of Check.list(witness, 'witness').entries()) Check.bytes(item, `witness[${i}]`);
  const last = witness[witness.length - 1];
  return witness.length >= 2 && last !== undefined && last[0] === 0x50 ? witness.slice(0, -1) : witness;
}
