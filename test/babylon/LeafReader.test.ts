// From scripts back to keys, quorums and times: one reading for each script, and nothing but what the builders write.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as LeafReader from '../../src/babylon/LeafReader.ts';
import * as Bytes from '../../src/base/Bytes.ts';
import { isSatlockError } from '../../src/base/Errors.ts';
import { pushData, pushNumber } from '../../src/bitcoin/Script.ts';
import * as Tapscript from '../../src/bitcoin/Tapscript.ts';
import * as TapTree from '../../src/bitcoin/TapTree.ts';
import { Dice, joined } from '../support/blocks.ts';
import { ANNEX, randomLife, signed } from '../support/lives.ts';
import { bytes, castOf, codeOf, contractOf, filled, hex, keysOf, pks, SEED, stakeOf, untyped } from '../support/stakes.ts';

const [a, b, c, d] = [...pks(keysOf('leaf', 4))].sort(Bytes.compare) as readonly Uint8Array[] as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const key = (k: Uint8Array): Uint8Array => pushData(k);
const [CHECKSIG, CHECKSIGVERIFY, ADD, NUMEQUAL, NUMEQUALVERIFY, CSV] = ['ac', 'ad', 'ba', '9c', '9d', 'b2'].map(bytes) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const single = joined(key(a), CHECKSIGVERIFY);
const TWO_OF = (quorum: Uint8Array, end: Uint8Array): Uint8Array => joined(key(b), CHECKSIG, key(c), ADD, quorum, end);

describe('parse', () => {
  it.each([
    [[1], [1]],
    [[1], [3]],
    [[3], [1]],
    [[2], [4]],
  ])('reads back what the builders write for %j stakers and %j others', ([stakers = 1], [others = 1]) => {
    const all = keysOf('written', stakers + 2 * others);
    const [s, f, v] = [all.slice(0, stakers), all.slice(stakers, stakers + others), all.slice(stakers + others)].map(pks) as [
      never[],
      never[],
      never[],
    ];
    for (let quorum = 1; quorum <= stakers; quorum++) {
      const group = { keys: Tapscript.sortKeys(s), quorum };
      for (const time of [1, 16, 17, 127, 128, 255, 256, 32_767, 32_768, 65_535])
        expect(LeafReader.parse(Tapscript.timelock(s, quorum, untyped(time)))).toEqual({
          path: 'timelock',
          stakers: group,
          timelockBlocks: time,
        });
      const head = Tapscript.multiKey(s, quorum, 'verify');
      const covenant = { keys: Tapscript.sortKeys(v), quorum: others };
      const tail = Tapscript.multiKey(v, others, 'leave');
      expect(LeafReader.parse(joined(head, tail))).toEqual({ path: 'unbonding', stakers: group, covenant });
      const finalityProviders = { keys: Tapscript.sortKeys(f), quorum: 1 };
      expect(LeafReader.parse(joined(head, Tapscript.multiKey(f, 1, 'verify'), tail))).toEqual({
        path: 'slashing',
        stakers: group,
        finalityProviders,
        covenant,
      });
    }
  });

  it('tells a provider group from a staker group by its place', () => {
    const oneOfTwo = TWO_OF(bytes('51'), NUMEQUALVERIFY);
    expect(LeafReader.parse(joined(oneOfTwo, key(a), CHECKSIG))).toMatchObject({ path: 'unbonding', stakers: { quorum: 1, keys: [b, c] } });
    expect(LeafReader.parse(joined(single, oneOfTwo, key(d), CHECKSIG))).toMatchObject({
      path: 'slashing',
      finalityProviders: { keys: [b, c] },
    });
  });

  it.each<readonly [string, string, Uint8Array]>([
    ['nothing', 'leaf-reader.unexpected', bytes('')],
    ['a push that runs over the end', 'leaf-reader.truncated', key(a).subarray(0, 20)],
    ['a key alone', 'leaf-reader.unexpected', key(a)],
    ['a key and CHECKSIG: anybody’s single leaf', 'leaf-reader.unexpected', joined(key(a), CHECKSIG)],
    ['a staker and nothing behind', 'leaf-reader.unexpected', single],
    ['time 0', 'leaf-reader.bad-timelock', joined(single, bytes('00'), CSV)],
    ['time 65536', 'leaf-reader.bad-timelock', joined(single, pushNumber(65_536), CSV)],
    ['time 16 as a push', 'leaf-reader.unexpected', joined(single, bytes('0110'), CSV)],
    ['time 144 without its sign byte', 'leaf-reader.unexpected', joined(single, bytes('0190'), CSV)],
    ['time 1008 with a byte too many', 'leaf-reader.unexpected', joined(single, bytes('03f00300'), CSV)],
    ['a time by PUSHDATA1', 'leaf-reader.unexpected', joined(single, bytes('4c02f003'), CSV)],
    ['time -1', 'leaf-reader.unexpected', joined(single, bytes('4f'), CSV)],
    ['OP_DROP behind the timelock', 'leaf-reader.unexpected', joined(single, bytes('02f003'), CSV, bytes('75'))],
    ['CHECKLOCKTIMEVERIFY', 'leaf-reader.unexpected', joined(single, bytes('02f003b1'))],
    ['a timelock cut before its opcode', 'leaf-reader.unexpected', joined(single, bytes('02f003'))],
    ['a time cut short', 'leaf-reader.truncated', joined(single, bytes('02f0'))],
    ['a 33-byte key', 'leaf-reader.unexpected', joined(bytes('21'), bytes('02'), a, CHECKSIGVERIFY, bytes('51b2'))],
    ['a key off the curve', 'leaf-reader.bad-key', joined(key(filled(32, 0xff)), CHECKSIGVERIFY, bytes('51b2'))],
    ['the NUMS key', 'leaf-reader.bad-key', joined(key(TapTree.nums()), CHECKSIGVERIFY, bytes('51b2'))],
    ['quorum 0', 'leaf-reader.bad-quorum', joined(single, TWO_OF(bytes('00'), NUMEQUAL))],
    ['quorum 3 of 2', 'leaf-reader.bad-quorum', joined(single, TWO_OF(bytes('53'), NUMEQUAL))],
    ['quorum 2 as a push', 'leaf-reader.unexpected', joined(single, TWO_OF(bytes('0102'), NUMEQUAL))],
    ['two providers who must both sign', 'leaf-reader.bad-quorum', joined(single, TWO_OF(bytes('52'), NUMEQUALVERIFY), key(d), CHECKSIG)],
    ['descending keys', 'leaf-reader.key-order', joined(single, key(c), CHECKSIG, key(b), ADD, bytes('51'), NUMEQUAL)],
    ['a key twice in a group', 'leaf-reader.duplicate-key', joined(single, key(b), CHECKSIG, key(b), ADD, bytes('51'), NUMEQUAL)],
    ['a key in two groups', 'leaf-reader.duplicate-key', joined(single, key(a), CHECKSIG)],
    ['one key in the long form', 'leaf-reader.unexpected', joined(single, key(b), CHECKSIG, bytes('51'), NUMEQUAL)],
    ['CHECKSIG where ADD must be', 'leaf-reader.unexpected', joined(single, key(b), CHECKSIG, key(c), CHECKSIG, bytes('51'), NUMEQUAL)],
    ['a covenant that ends in VERIFY', 'leaf-reader.unexpected', joined(single, TWO_OF(bytes('51'), NUMEQUALVERIFY))],
    ['something behind the covenant', 'leaf-reader.unexpected', joined(single, TWO_OF(bytes('51'), NUMEQUAL), bytes('51'))],
    ['OP_SUCCESS in front', 'leaf-reader.unexpected', joined(bytes('50'), single, bytes('51b2'))],
    ['OP_SUCCESS behind', 'leaf-reader.unexpected', joined(single, bytes('51b2fe'))],
    ['four groups', 'leaf-reader.unexpected', joined(single, key(b), CHECKSIGVERIFY, key(c), CHECKSIGVERIFY, key(d), CHECKSIG)],
  ])('refuses %s: %s', (_, code, script) => {
    expect(codeOf(() => LeafReader.parse(script))).toBe(code);
  });

  it('refuses a group of 295 keys', () => {
    const many = [...pks(keysOf('many', 296))].sort(Bytes.compare);
    const group = (count: number): Uint8Array =>
      joined(...many.slice(0, count).map((one, i) => joined(key(one), i === 0 ? CHECKSIG : ADD)), pushNumber(100), NUMEQUAL);
    const staker = joined(key(many[295] as Uint8Array), CHECKSIGVERIFY);
    expect(LeafReader.parse(joined(staker, group(294)))).toMatchObject({ covenant: { quorum: 100 } });
    expect(codeOf(() => LeafReader.parse(joined(staker, group(295))))).toBe('leaf-reader.too-many-keys');
  });

  it('reads a script only if it is what its reading is written as; everything else is an error of ours', () => {
    const written = (leaf: LeafReader.Leaf): Uint8Array => {
      const { stakers } = leaf;
      if (leaf.path === 'timelock') return Tapscript.timelock(stakers.keys, stakers.quorum, leaf.timelockBlocks);
      const middle = leaf.path === 'slashing' ? Tapscript.multiKey(leaf.finalityProviders.keys, 1, 'verify') : new Uint8Array();
      const { keys, quorum } = leaf.covenant;
      return joined(Tapscript.multiKey(stakers.keys, stakers.quorum, 'verify'), middle, Tapscript.multiKey(keys, quorum, 'leave'));
    };
    const parts = [
      key(a),
      key(b),
      key(c),
      key(d),
      CHECKSIG,
      CHECKSIGVERIFY,
      ADD,
      NUMEQUAL,
      NUMEQUALVERIFY,
      CSV,
      pushNumber(1),
      pushNumber(2),
      pushNumber(300),
    ];
    const script = fc.oneof(
      fc.uint8Array({ maxLength: 90 }),
      fc.array(fc.constantFrom(...parts), { maxLength: 12 }).map((some) => joined(...some)),
      fc.tuple(fc.nat(7), fc.nat(), fc.nat(255)).map(([which, place, byte]) => {
        const contract = contractOf(castOf());
        const leaves = [
          contract.staking.paths.timelock,
          contract.staking.paths.unbonding,
          contract.staking.paths.slashing,
          contract.unbonding.paths.timelock,
        ];
        const changed = Uint8Array.from((leaves[which % 4] as TapTree.SpendableLeaf).script);
        changed[place % changed.length] = byte;
        return changed;
      }),
    );
    let readable = 0;
    fc.assert(
      fc.property(script, (bytesOf) => {
        try {
          const leaf = LeafReader.parse(bytesOf);
          readable++;
          return hex(written(leaf)) === hex(bytesOf);
        } catch (error) {
          return isSatlockError(error);
        }
      }),
      { seed: SEED, numRuns: 5_000 },
    );
    expect(readable).toBeGreaterThan(20);
  });
});

describe('a spend', () => {
  const life = randomLife(new Dice('leaf spend'));
  const { contract, delegation } = life;
  const good = signed(life, 'slashing', delegation.stakingSlashing).ins[0]?.witness ?? [];
  const [script, control] = good.slice(-2) as [Uint8Array, Uint8Array];
  const changed = (at: number, value: number): Uint8Array => {
    const copy = Uint8Array.from(control);
    copy[at] = value;
    return copy;
  };
  const stack = good.slice(0, -2);

  it('gives the output that its control block opens', () => {
    for (const output of [contract.staking, contract.unbonding, contract.slashingChange])
      for (const { script: one, controlBlock } of Object.values(output.paths)) {
        const place = LeafReader.place({ script: one, controlBlock, scriptPubKey: output.scriptPubKey });
        expect(place.scriptPubKey).toEqual(output.scriptPubKey);
        expect(place.spendable.leafHash).toEqual(Object.values(output.paths).find((leaf) => hex(leaf.script) === hex(one))?.leafHash);
      }
  });

  it('gives who has signed, by key, behind an annex too', () => {
    for (const witness of [good, [...good, ANNEX]]) {
      const { signatures, sources, annex } = LeafReader.spend(witness, contract.staking.scriptPubKey);
      expect(sources).toEqual(['staking', 'unbonding']);
      expect(annex).toEqual(witness === good ? undefined : ANNEX);
      expect(signatures.staker.map(({ publicKey }) => hex(publicKey)).sort()).toEqual(
        life.stakers
          .slice(0, contract.terms.stakerQuorum)
          .map(({ publicKey }) => hex(publicKey))
          .sort(),
      );
      expect(signatures.finalityProvider.map(({ publicKey }) => publicKey)).toEqual([life.providers[0]?.publicKey]);
      expect(signatures.covenant).toHaveLength(contract.terms.covenantQuorum);
    }
  });

  it.each<readonly [string, string, readonly Uint8Array[], Uint8Array?]>([
    ['of no items', 'leaf-reader.key-path', []],
    ['by key path', 'leaf-reader.key-path', [filled(64, 1)]],
    ['by key path with an annex', 'leaf-reader.key-path', [filled(64, 1), ANNEX]],
    ['with a control block of 32 bytes', 'leaf-reader.bad-control-block', [script, control.subarray(0, 32)]],
    ['with a control block of 34 bytes', 'leaf-reader.bad-control-block', [script, control.subarray(0, 34)]],
    [
      'with a control block of 129 hashes',
      'leaf-reader.bad-control-block',
      [script, joined(control.subarray(0, 33), new Uint8Array(129 * 32))],
    ],
    ['of another leaf version', 'leaf-reader.other-leaf-version', [...stack, script, changed(0, 0xc2)]],
    ['under another internal key', 'leaf-reader.other-internal-key', [...stack, script, changed(32, 0)]],
    ['of a script that is none of ours', 'leaf-reader.unexpected', [...stack, bytes('51'), control]],
    ['of an OP_SUCCESS leaf', 'leaf-reader.unexpected', [...stack, joined(bytes('50'), script), control]],
    ['at another depth', 'leaf-reader.wrong-depth', [...stack, script, joined(control, filled(32, 1))]],
    ['of another output', 'leaf-reader.other-output', good, contract.unbonding.scriptPubKey],
    ['with the wrong parity', 'leaf-reader.other-output', [...stack, script, changed(0, (control[0] as number) ^ 1)]],
    ['with a slot too few', 'leaf-reader.wrong-slots', good.slice(1)],
    ['with a slot too many', 'leaf-reader.wrong-slots', [new Uint8Array(), ...good]],
  ])('%s is refused: %s', (_, code, witness, scriptPubKey) => {
    expect(codeOf(() => LeafReader.spend(witness as readonly Uint8Array[], scriptPubKey as Uint8Array | undefined))).toBe(code);
  });

  it('hands out copies', () => {
    const witness = good.map((item) => Uint8Array.from(item));
    const before = hex(joined(...witness));
    const read = LeafReader.spend(witness);
    for (const part of [read.scriptPubKey, read.spendable.script, read.spendable.controlBlock, ...read.siblings, ...read.leaf.stakers.keys])
      part.fill(0);
    for (const { signature } of read.signatures.covenant) signature.fill(0);
    expect(hex(joined(...witness))).toBe(before);
  });

  it('is never anything but an error of ours, whatever the witness', () => {
    const stake = stakeOf(castOf());
    const leaf = stake.contract.staking.paths.timelock;
    const item = fc.oneof(fc.uint8Array({ maxLength: 100 }), fc.constantFrom(leaf.script, leaf.controlBlock, ANNEX, filled(64, 3)));
    fc.assert(
      fc.property(fc.array(item, { maxLength: 6 }), (witness) => {
        try {
          LeafReader.spend(witness);
          return true;
        } catch (error) {
          return isSatlockError(error);
        }
      }),
      { seed: SEED, numRuns: 3_000 },
    );
  });
});
