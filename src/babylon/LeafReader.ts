// From the script of a leaf back to what it says, without knowing the contract: path, keys, quorums, timelock. Nothing else is accepted
// than what the builders of babylon btcstaking/scripts_utils.go write, so that every script has one reading and every reading one script.
import * as Blocks from '../base/Blocks.ts';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import { OP, pushNumber } from '../bitcoin/Script.ts';
import * as TapTree from '../bitcoin/TapTree.ts';
import * as Ecc from '../crypto/Ecc.ts';
import type { XOnlyPublicKey } from '../crypto/PublicKey.ts';
import * as Witness from './Witness.ts';

export type Reason =
  | Check.Reason
  | TapTree.Reason
  | { readonly code: 'leaf-reader.truncated'; readonly at: number }
  | { readonly code: 'leaf-reader.unexpected'; readonly at: number; readonly expected: string; readonly got: string }
  | { readonly code: 'leaf-reader.bad-key'; readonly at: number; readonly key: string }
  | { readonly code: 'leaf-reader.key-order'; readonly at: number; readonly key: string }
  | { readonly code: 'leaf-reader.duplicate-key'; readonly key: string }
  | { readonly code: 'leaf-reader.too-many-keys'; readonly at: number; readonly max: number }
  | { readonly code: 'leaf-reader.bad-quorum'; readonly at: number; readonly quorum: number; readonly keys: number }
  | { readonly code: 'leaf-reader.bad-timelock'; readonly at: number; readonly blocks: number }
  | { readonly code: 'leaf-reader.key-path' }
  | { readonly code: 'leaf-reader.bad-control-block'; readonly bytes: number }
  | { readonly code: 'leaf-reader.other-leaf-version'; readonly leafVersion: number }
  | { readonly code: 'leaf-reader.other-internal-key'; readonly got: string }
  | { readonly code: 'leaf-reader.wrong-depth'; readonly path: Witness.Path; readonly depth: number }
  | { readonly code: 'leaf-reader.other-output'; readonly expected: string; readonly got: string }
  | { readonly code: 'leaf-reader.wrong-slots'; readonly expected: number; readonly got: number };

/** So many of these keys sign; ascending, as in the script. */
export type Group = { readonly keys: readonly XOnlyPublicKey[]; readonly quorum: number };

/** What a leaf says. */
export type Leaf =
  | { readonly path: 'timelock'; readonly stakers: Group; readonly timelockBlocks: Blocks.TimelockBlocks }
  | { readonly path: 'unbonding'; readonly stakers: Group; readonly covenant: Group }
  | { readonly path: 'slashing'; readonly stakers: Group; readonly finalityProviders: Group; readonly covenant: Group };

/** The output that a leaf belongs to. */
export type Source = 'staking' | 'unbonding' | 'slashing-change';

/** Largest group of keys that the Go script builder writes. */
const MAX_GROUP = 294;

/**
 * What a leaf script says.
 *
 * @throws leaf-reader.truncated, leaf-reader.unexpected - an opcode or push that does not belong there, or not in its shortest form
 * @throws leaf-reader.bad-key - not on the curve, or the NUMS key; leaf-reader.key-order, leaf-reader.duplicate-key
 * @throws leaf-reader.bad-quorum, leaf-reader.bad-timelock, leaf-reader.too-many-keys
 * @source babylon btcstaking/scripts_utils.go, btcstaking/types.go newBabylonScriptPaths
 */
export function parse(script: Uint8Array, ecc: Ecc.Ecc = Ecc.auto()): Leaf {
  const reader = new Reader(Check.bytes(script, 'script'), ecc);
  const stakers = reader.group();
  if (stakers.ending !== 'verify') return reader.unexpected('a staker block that ends CHECKSIGVERIFY or NUMEQUALVERIFY');
  if (!reader.atKey()) {
    const timelockBlocks = reader.timelock();
    reader.end();
    return { path: 'timelock', stakers: groupOf(stakers), timelockBlocks };
  }
  const second = reader.group();
  if (second.ending === 'leave') {
    reader.end();
    return { path: 'unbonding', stakers: groupOf(stakers), covenant: groupOf(second) };
  }
  // One provider is enough, however many there are: another quorum is another protocol.
  if (second.quorum !== 1) badQuorum(second.at, second.quorum, second.keys.length, 'one finality provider signs');
  const covenant = reader.group();
  if (covenant.ending !== 'leave') return reader.unexpected('a covenant block that ends CHECKSIG or NUMEQUAL');
  reader.end();
  return { path: 'slashing', stakers: groupOf(stakers), finalityProviders: groupOf(second), covenant: groupOf(covenant) };
}

/** The groups of a leaf in script order: the staker first, then the providers, then the covenant. */
function groups(leaf: Leaf): readonly (Group & { readonly role: Witness.Role })[] {
  const staker = { role: 'staker', ...leaf.stakers } as const;
  if (leaf.path === 'timelock') return [staker];
  const covenant = { role: 'covenant', ...leaf.covenant } as const;
  return leaf.path === 'unbonding' ? [staker, covenant] : [staker, { role: 'finalityProvider', ...leaf.finalityProviders }, covenant];
}

type Read = Group & { readonly ending: 'leave' | 'verify'; readonly at: number };

function groupOf({ keys, quorum }: Read): Group {
  return { keys, quorum };
}

function badQuorum(at: number, quorum: number, keys: number, rule: string): never {
  return fail<Reason>({ code: 'leaf-reader.bad-quorum', at, quorum, keys }, `script byte ${at}: ${quorum} of ${keys} keys: ${rule}`);
}

class Reader {
  readonly #script: Uint8Array;
  readonly #ecc: Ecc.Ecc;
  readonly #seen = new Set<string>();
  #at = 0;

  constructor(script: Uint8Array, ecc: Ecc.Ecc) {
    this.#script = script;
    this.#ecc = ecc;
  }

  unexpected(expected: string, at: number = this.#at): never {
    const opcode = this.#script[at];
    const got = opcode === undefined ? 'the end' : opcode.toString(16).padStart(2, '0');
    return fail<Reason>({ code: 'leaf-reader.unexpected', at, expected, got }, `script byte ${at}: expected ${expected}, got ${got}`);
  }

  atKey(): boolean {
    return this.#script[this.#at] === 32;
  }

  end(): void {
    if (this.#at !== this.#script.length) this.unexpected('the end of the script');
  }

  /** `<k> CHECKSIG[VERIFY]`, or `<k1> CHECKSIG <k2> CHECKSIGADD … <n> NUMEQUAL[VERIFY]`. */
  group(): Read {
    const at = this.#at;
    const keys = [this.#key(undefined)];
    const opcode = this.#script[this.#at++];
    if (opcode === OP.CHECKSIGVERIFY) return { keys, quorum: 1, ending: 'verify', at };
    if (opcode !== OP.CHECKSIG) this.unexpected('CHECKSIG or CHECKSIGVERIFY', this.#at - 1);
    if (this.#at === this.#script.length) return { keys, quorum: 1, ending: 'leave', at };
    while (this.atKey()) {
      if (keys.length === MAX_GROUP)
        fail<Reason>(
          { code: 'leaf-reader.too-many-keys', at: this.#at, max: MAX_GROUP },
          `script byte ${this.#at}: more than ${MAX_GROUP} keys in a group`,
        );
      keys.push(this.#key(keys[keys.length - 1]));
      if (this.#script[this.#at++] !== OP.CHECKSIGADD) this.unexpected('CHECKSIGADD', this.#at - 1);
    }
    // A single key has no quorum: CHECKSIG must be the end of the script then.
    if (keys.length === 1) this.unexpected('a second key or the end of the script');
    const quorumAt = this.#at;
    const quorum = this.#number();
    if (quorum < 1 || quorum > keys.length) badQuorum(quorumAt, quorum, keys.length, 'nobody or anybody could sign');
    const ending = this.#script[this.#at++];
    if (ending === OP.NUMEQUALVERIFY) return { keys, quorum, ending: 'verify', at };
    return ending === OP.NUMEQUAL ? { keys, quorum, ending: 'leave', at } : this.unexpected('NUMEQUAL or NUMEQUALVERIFY', this.#at - 1);
  }

  timelock(): Blocks.TimelockBlocks {
    const at = this.#at;
    const blocks = this.#number();
    if (blocks < 1 || blocks > Blocks.MAX_TIMELOCK)
      fail<Reason>({ code: 'leaf-reader.bad-timelock', at, blocks }, `script byte ${at}: a timelock is 1..65535 blocks, got ${blocks}`);
    if (this.#script[this.#at++] !== OP.CHECKSEQUENCEVERIFY) this.unexpected('CHECKSEQUENCEVERIFY', this.#at - 1);
    return Blocks.timelock(blocks);
  }

  #key(before: XOnlyPublicKey | undefined): XOnlyPublicKey {
    const at = this.#at;
    if (!this.atKey()) this.unexpected('the push of a 32-byte key');
    const key = Bytes.copy(this.#script.subarray(at + 1, at + 33));
    if (key.length < 32) this.#truncated(at);
    this.#at += 33;
    const text = Hex.encode(key);
    if (before !== undefined && Bytes.compare(before, key) > 0)
      fail<Reason>({ code: 'leaf-reader.key-order', at, key: text }, `script byte ${at}: the keys of a group do not ascend`);
    if (this.#seen.has(text)) fail<Reason>({ code: 'leaf-reader.duplicate-key', key: text }, `the key ${text} is there twice`);
    this.#seen.add(text);
    if (TapTree.isNums(key) || !this.#ecc.isXOnly(key))
      fail<Reason>({ code: 'leaf-reader.bad-key', at, key: text }, `script byte ${at}: nobody can sign for the key ${text}`);
    return key as XOnlyPublicKey;
  }

  /** A number in the one form that the builders write. */
  #number(): number {
    const at = this.#at;
    const opcode = this.#script[at];
    if (opcode === undefined) this.unexpected('a number');
    this.#at++;
    if (opcode === OP.PUSH_0) return 0;
    if (opcode >= OP.NUMBER_1 && opcode <= OP.NUMBER_16) return opcode - OP.NUMBER_1 + 1;
    if (opcode > 4) this.unexpected('a number', at);
    this.#at += opcode;
    if (this.#at > this.#script.length) this.#truncated(at);
    let value = 0;
    for (let i = this.#at - 1; i > at; i--) value = value * 256 + (this.#script[i] as number);
    // A negative number has the top bit set, which none of 0..2^31-1 has in its shortest form.
    if (value > 0x7fff_ffff || !Bytes.equal(pushNumber(value), this.#script.subarray(at, this.#at)))
      this.unexpected('a number in its shortest form, 0 or above', at);
    return value;
  }

  #truncated(at: number): never {
    fail<Reason>({ code: 'leaf-reader.truncated', at }, `the push at script byte ${at} runs over the end`);
  }
}

/** A leaf with its place in an output: what a spend or a PSBT reveals. */
export type Place = {
  readonly leaf: Leaf;
  readonly spendable: TapTree.SpendableLeaf;
  /** The output that it opens, by its control block. */
  readonly scriptPubKey: Uint8Array;
  /** Which outputs have this path at this depth; two only for slashing. */
  readonly sources: readonly Source[];
  /** Hashes beside the leaf, upwards. */
  readonly siblings: readonly Uint8Array[];
};

/** Where each path lies, by the length of the control block's path. */
const SOURCES: Readonly<Record<Witness.Path, readonly (readonly Source[])[]>> = {
  timelock: [['slashing-change'], ['unbonding'], ['staking']],
  unbonding: [[], [], ['staking']],
  slashing: [[], ['staking', 'unbonding'], []],
};

/**
 * Reads a leaf script and its control block, and computes the output that they open.
 *
 * @throws as {@link parse}
 * @throws leaf-reader.bad-control-block, leaf-reader.other-leaf-version, leaf-reader.other-internal-key - not the NUMS key, or its parity is wrong
 * @throws leaf-reader.wrong-depth - no output of a stake has this path there
 * @throws leaf-reader.other-output - when `scriptPubKey` is given and another one is opened
 * @source BIP341 "Script validation rules"
 */
export function place(
  options: { readonly script: Uint8Array; readonly controlBlock: Uint8Array; readonly scriptPubKey?: Uint8Array },
  ecc: Ecc.Ecc = Ecc.auto(),
): Place {
  const { script, controlBlock, scriptPubKey } = Check.object(options, 'options');
  Check.bytes(script, 'script');
  const depth = (Check.bytes(controlBlock, 'controlBlock').length - 33) / 32;
  if (!Number.isInteger(depth) || depth < 0 || depth > 128)
    fail<Reason>(
      { code: 'leaf-reader.bad-control-block', bytes: controlBlock.length },
      `a control block has 33 bytes and 32 for each level, got ${controlBlock.length}`,
    );
  const first = controlBlock[0] as number;
  const leafVersion = first & 0xfe;
  if (leafVersion !== TapTree.TAPSCRIPT)
    fail<Reason>({ code: 'leaf-reader.other-leaf-version', leafVersion }, `leaf version ${leafVersion.toString(16)} is no tapscript`);
  const internalKey = controlBlock.subarray(1, 33);
  if (!TapTree.isNums(internalKey)) {
    const got = Hex.encode(internalKey);
    fail<Reason>({ code: 'leaf-reader.other-internal-key', got }, `the internal key of a stake is the NUMS key, got ${got}`);
  }
  const leaf = parse(script, ecc);
  const sources = SOURCES[leaf.path][depth] ?? [];
  if (sources.length === 0)
    fail<Reason>(
      { code: 'leaf-reader.wrong-depth', path: leaf.path, depth },
      `no output of a stake has its ${leaf.path} leaf at depth ${depth}`,
    );
  const siblings = Array.from({ length: depth }, (_, i) => Bytes.copy(controlBlock.subarray(33 + 32 * i, 65 + 32 * i)));
  const leafHash = TapTree.leafHash(script);
  const root = siblings.reduce((node, sibling) => TapTree.branchHash(node, sibling), leafHash);
  const { outputKey, parity } = TapTree.tweak(internalKey, root, ecc);
  const opened = TapTree.scriptPubKeyOf(outputKey);
  const expected = scriptPubKey === undefined ? opened : Check.bytes(scriptPubKey, 'scriptPubKey');
  if (!Bytes.equal(expected, opened) || parity !== (first & 1))
    fail<Reason>(
      { code: 'leaf-reader.other-output', expected: Hex.encode(expected), got: Hex.encode(opened) },
      `the control block does not open the output ${Hex.encode(expected)}`,
    );
  const spendable = { script: Bytes.copy(script), controlBlock: Bytes.copy(controlBlock), leafVersion, leafHash };
  return { leaf, spendable, scriptPubKey: opened, sources, siblings };
}

/** A spend through a leaf: where it lies, and who has filled which slot. Signatures are not verified here. */
export type Spend = Place & { readonly signatures: Witness.Parsed; readonly annex?: Uint8Array };

/**
 * Reads a witness stack alone: the contract need not be known, and an annex is no obstacle.
 *
 * @throws as {@link place}
 * @throws leaf-reader.key-path - one item: there is no leaf
 * @throws leaf-reader.wrong-slots - not one item for each key
 */
export function spend(witness: readonly Uint8Array[], scriptPubKey?: Uint8Array, ecc: Ecc.Ecc = Ecc.auto()): Spend {
  const items = Witness.withoutAnnex(witness);
  const script = items[items.length - 2];
  const controlBlock = items[items.length - 1];
  if (script === undefined || controlBlock === undefined)
    return fail<Reason>({ code: 'leaf-reader.key-path' }, 'the witness takes the key path, or none: it reveals no leaf');
  const at = place({ script, controlBlock, ...(scriptPubKey === undefined ? {} : { scriptPubKey }) }, ecc);
  const signatures = slots(at.leaf, items.slice(0, -2));
  const annex = items.length < witness.length ? witness[witness.length - 1] : undefined;
  return { ...at, signatures, ...(annex === undefined ? {} : { annex: Bytes.copy(annex) }) };
}

/** Slots by key: groups from the last to the first, and inside a group descending (babylon btcstaking/witness_utils.go). */
function slots(leaf: Leaf, items: readonly Uint8Array[]): Witness.Parsed {
  const all = groups(leaf);
  const expected = all.reduce((sum, { keys }) => sum + keys.length, 0);
  if (items.length !== expected)
    fail<Reason>(
      { code: 'leaf-reader.wrong-slots', expected, got: items.length },
      `the ${leaf.path} leaf takes ${expected} signatures or empty slots, got ${items.length}`,
    );
  const parsed: Record<Witness.Role, Witness.KeySignature[]> = { staker: [], finalityProvider: [], covenant: [] };
  let at = 0;
  for (const { role, keys } of [...all].reverse()) {
    for (const publicKey of [...keys].reverse()) {
      const signature = items[at++] as Uint8Array;
      if (signature.length > 0) parsed[role].push({ publicKey, signature: Bytes.copy(signature) });
    }
  }
  return parsed;
}
