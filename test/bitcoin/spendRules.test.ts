// The rules of the spend check one by one, where recorded spends do not reach: foreign leaves, opcodes, DER, scriptSig, block limits.
import { describe, expect, it } from 'vitest';
import * as SpendCheck from '../../src/bitcoin/SpendCheck.ts';
import * as TapTree from '../../src/bitcoin/TapTree.ts';
import { copy, type Draft, hex, signer, toHex } from '../support/spends/draft.ts';
import { base, changed, input, judge, options, world } from '../support/spends/offline.ts';
import { BESIDE, coinOf, keyHashInput, uncompressed, wpkhScript, wpkhSigner } from '../support/spends/outputs.ts';

/** A spend of a single leaf with these items. */
function leafSpend(script: string, items: readonly string[]): SpendCheck.SpendOptions {
  const output = TapTree.build({ script: hex(script) });
  const [leaf] = output.leaves as [TapTree.SpendableLeaf];
  const draft = copy(base('unbonding').draft);
  Object.assign(input(draft), {
    coin: { ...input(draft).coin, scriptPubKey: output.scriptPubKey },
    items: items.map((raw) => ({ raw: hex(raw) })),
    tail: [leaf.script, leaf.controlBlock],
  });
  return options(draft);
}

describe('a leaf that is not ours', () => {
  it.each([
    ['DROP', '5175', 0x75],
    ['IF', '51635168', 0x63],
    ['CHECKMULTISIG', '515151ae', 0xae],
    ['CODESEPARATOR', 'ab51', 0xab],
    ['RETURN', '6a', 0x6a],
    ['an invalid opcode', '51ff', 0xff],
  ])('is refused at %s', (_, script, opcode) => {
    expect(() => SpendCheck.verifySpend(leafSpend(script, []))).toThrowError(
      expect.objectContaining({
        message: expect.stringContaining('not a Babylon leaf'),
        reason: expect.objectContaining({ code: 'spend.unknown-opcode', inputIndex: 0, opcode }),
      }),
    );
  });

  it('is judged when it fails before the unknown opcode', () => {
    expect(SpendCheck.verifySpend(leafSpend('ac75', []))).toMatchObject({
      consensusValid: false,
      scriptError: 'Operation not valid with the current stack size',
    });
  });
});

describe('a scriptSig beside the witness', () => {
  // Recorded from a node: the opcode after so many pushes of 1, and what it runs into.
  const REQUIRE: readonly (readonly [items: number, opcodes: string])[] = [
    [0, '4f 51 52 60 61 74 ab b0 b3 b4 b5 b6 b7 b8 b9'],
    [1, '69 6b 73 75 76 82 8b 8c 8f 90 91 92 a6 a7 a8 a9 aa'],
    [2, '6d 6e 77 78 7c 7d 87 88 93 94 9a 9b 9c 9d 9e 9f a0 a1 a2 a3 a4'],
    [3, '6f 7b a5'],
    [4, '70 72'],
    [6, '71'],
  ];
  const ALWAYS: readonly (readonly [rule: SpendCheck.Rule, opcodes: string])[] = [
    ['BAD_OPCODE', '50 62 65 66 89 8a ba bb c0 fd fe ff'],
    ['DISABLED_OPCODE', '7e 7f 80 81 83 84 85 86 8d 8e 95 96 97 98 99'],
    ['UNBALANCED_CONDITIONAL', '63 64 67 68'],
    ['OP_RETURN', '6a'],
    ['INVALID_ALTSTACK_OPERATION', '6c'],
  ];
  const ruleOf = (items: number, opcode: string): SpendCheck.Rule | undefined =>
    judge(changed('unbonding', (one) => void Object.assign(input(one), { scriptSig: hex('51'.repeat(items) + opcode) }))).failure?.rule;

  it.each(REQUIRE)('of an operation on %i items', (needed, opcodes) => {
    for (const opcode of opcodes.split(' ')) {
      if (needed > 0) expect([opcode, ruleOf(needed - 1, opcode)]).toEqual([opcode, 'INVALID_STACK_OPERATION']);
      expect([opcode, ruleOf(needed, opcode)]).toEqual([opcode, 'WITNESS_MALLEATED']);
    }
  });

  it.each(ALWAYS)('that ends with %s', (rule, opcodes) => {
    for (const opcode of opcodes.split(' ')) for (const items of [0, 3]) expect([opcode, ruleOf(items, opcode)]).toEqual([opcode, rule]);
  });

  it('of exactly 10,000 bytes is not too big, of 1001 items too many', () => {
    expect(ruleOf(0, '61'.repeat(201))).toBe('WITNESS_MALLEATED');
    expect(ruleOf(0, '61'.repeat(202))).toBe('OP_COUNT');
    expect(ruleOf(0, `4d0802${'00'.repeat(520)}`.repeat(19) + '51'.repeat(10_000 - 19 * 523))).toBe('WITNESS_MALLEATED');
    expect(ruleOf(0, `4d0802${'00'.repeat(520)}`.repeat(19) + '51'.repeat(10_001 - 19 * 523))).toBe('SCRIPT_SIZE');
    expect(ruleOf(998, '')).toBe('WITNESS_MALLEATED');
    expect(ruleOf(999, '')).toBe('STACK_SIZE');
  });
});

describe('the room of a block', () => {
  const withOutput = (script: string, beside = 0): SpendCheck.Verdict =>
    judge(
      changed('unbonding', (one) => {
        one.outputs.push({ script: hex(script), value: 1000n });
        if (beside > 0) one.inputs.push(keyHashInput(coinOf(world, BESIDE.wpkh)));
      }),
    );

  it('holds 80,000 units of signature operations', () => {
    expect(withOutput('ac'.repeat(20_000))).toMatchObject({ consensusValid: true, rejectReason: 'scriptpubkey' });
    expect(withOutput('ad'.repeat(20_001))).toMatchObject({ consensusValid: false, failure: { rule: 'bad-blk-sigops' } });
    expect(withOutput('ae'.repeat(1000))).toMatchObject({ consensusValid: true });
    expect(withOutput('af'.repeat(1001))).toMatchObject({ consensusValid: false, failure: { rule: 'bad-blk-sigops' } });
  });

  it('counts a P2WPKH input as one, data as none, and ends at a truncated push', () => {
    expect(withOutput('ac'.repeat(20_000), 1)).toMatchObject({ consensusValid: false, failure: { rule: 'bad-blk-sigops' } });
    expect(withOutput('ac'.repeat(19_999), 1)).toMatchObject({ consensusValid: true });
    expect(withOutput(`4e409c0000${'ac'.repeat(40_000)}`)).toMatchObject({ consensusValid: true });
    expect(withOutput(`4dffff${'ac'.repeat(40_000)}`)).toMatchObject({ consensusValid: true });
  });

  it('is four million units of weight for header, coinbase and transaction', () => {
    expect(withOutput('51'.repeat(999_000))).toMatchObject({ consensusValid: true, rejectReason: 'tx-size' });
    expect(withOutput('51'.repeat(999_820))).toMatchObject({ consensusValid: false, failure: { rule: 'bad-blk-weight' } });
    expect(withOutput('51'.repeat(1_000_000))).toMatchObject({ consensusValid: false, rejectReason: 'bad-txns-oversize' });
  });
});

describe('every opcode alone in a leaf', () => {
  // BIP342: 80, 98, 126-129, 131-134, 137-138, 141-142, 149-153, 187-254
  const ranges = [[80], [98], [126, 129], [131, 134], [137, 138], [141, 142], [149, 153], [187, 254]] as const;
  const successes = new Set(ranges.flatMap(([from, to = from]) => Array.from({ length: to - from + 1 }, (_, i) => from + i)));
  const KNOWN: Readonly<Record<number, SpendCheck.Rule | 'valid'>> = {
    [0x00]: 'EVAL_FALSE',
    [0x4f]: 'valid',
    ...Object.fromEntries(Array.from({ length: 16 }, (_, i) => [0x51 + i, 'valid'])),
    ...Object.fromEntries(Array.from({ length: 0x4e }, (_, i) => [i + 1, 'BAD_OPCODE'])),
    ...Object.fromEntries([0x9c, 0x9d, 0xac, 0xad, 0xb2, 0xba].map((opcode) => [opcode, 'INVALID_STACK_OPERATION'])),
  };

  it('succeeds, runs or is refused', () => {
    expect(successes.size).toBe(87);
    for (let opcode = 0; opcode < 256; opcode++) {
      let got: string;
      try {
        const { failure, policyFailure } = SpendCheck.verifySpend(leafSpend(opcode.toString(16).padStart(2, '0'), []));
        got = failure?.rule ?? policyFailure?.rule ?? 'valid';
      } catch (error) {
        got = String((error as { code?: unknown }).code);
      }
      const expected = successes.has(opcode) ? 'DISCOURAGE_OP_SUCCESS' : (KNOWN[opcode] ?? 'spend.unknown-opcode');
      expect([opcode, got]).toEqual([opcode, expected]);
    }
  });
});

describe('a P2WPKH signature', () => {
  const withItems = (...items: readonly string[]): Draft =>
    changed('unbonding', (one) => {
      one.inputs.push(keyHashInput(coinOf(world, BESIDE.wpkh)));
      const beside = input(one, 1);
      beside.items = items.map((item) => ({ raw: hex(item) }));
    });
  const KEY = toHex(wpkhSigner.compressed);
  const N = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141';
  const HALF = '7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0';
  const derOf = (r: string, s: string): string => {
    const integer = (digits: string): string => `02${(digits.length / 2).toString(16).padStart(2, '0')}${digits}`;
    const body = integer(r) + integer(s);
    return `30${(body.length / 2).toString(16).padStart(2, '0')}${body}`;
  };

  // Recorded from a node: the block says the first, the mempool the second.
  it.each<[string, string, SpendCheck.Rule, SpendCheck.Rule?]>([
    ['nothing', '', 'EVAL_FALSE'],
    ['a hash type alone', '01', 'SIG_DER'],
    ['the smallest DER', `${derOf('01', '01')}01`, 'EVAL_FALSE', 'SIG_NULLFAIL'],
    ['zeros', `${derOf('00', '00')}01`, 'EVAL_FALSE', 'SIG_NULLFAIL'],
    ['hash type 0', `${derOf('01', '01')}00`, 'EVAL_FALSE', 'SIG_HASHTYPE'],
    ['hash type 4', `${derOf('01', '01')}04`, 'EVAL_FALSE', 'SIG_HASHTYPE'],
    ['no hash type', derOf('01', '01'), 'SIG_DER'],
    ['an empty r', `${derOf('', '0101')}01`, 'SIG_DER'],
    ['an empty s', `${derOf('0101', '')}01`, 'SIG_DER'],
    ['a negative r', `${derOf('80', '01')}01`, 'SIG_DER'],
    ['a negative s', `${derOf('01', '80')}01`, 'SIG_DER'],
    ['a padded r', `${derOf('0001', '01')}01`, 'SIG_DER'],
    ['a padded s', `${derOf('01', '0001')}01`, 'SIG_DER'],
    ['a needed zero', `${derOf('0080', '0080')}01`, 'EVAL_FALSE', 'SIG_NULLFAIL'],
    ['half the order', `${derOf('01', HALF)}01`, 'EVAL_FALSE', 'SIG_NULLFAIL'],
    ['more than half the order', `${derOf('01', `${HALF.slice(0, -1)}1`)}01`, 'EVAL_FALSE', 'SIG_HIGH_S'],
    ['s at the order', `${derOf('01', `00${N}`)}01`, 'EVAL_FALSE', 'SIG_NULLFAIL'],
    ['r at the order, s high', `${derOf(`00${N}`, `${HALF.slice(0, -1)}1`)}01`, 'EVAL_FALSE', 'SIG_NULLFAIL'],
    ['33 bytes of r', `${derOf('01'.repeat(33), '01')}01`, 'EVAL_FALSE', 'SIG_NULLFAIL'],
    ['72 bytes', `${derOf('01'.repeat(33), '01'.repeat(33))}01`, 'EVAL_FALSE', 'SIG_NULLFAIL'],
    ['73 bytes', `${derOf('01'.repeat(33), '01'.repeat(34))}01`, 'SIG_DER'],
    ['another tag', `${derOf('01', '01').replace(/^30/, '31')}01`, 'SIG_DER'],
    ['another integer tag', `${derOf('01', '01').replace('0201', '0301')}01`, 'SIG_DER'],
    ['a wrong length', `${derOf('01', '01').replace(/^3006/, '3007')}01`, 'SIG_DER'],
    ['r over the end', '300602070102010101', 'SIG_DER'],
    ['s over the end', '300602010102020101', 'SIG_DER'],
    ['a byte after s', '3007020101020101aa01', 'SIG_DER'],
    ['256 bytes', '30'.repeat(256), 'SIG_DER'],
    ['257 bytes', '30'.repeat(257), 'SIG_DER', 'PUSH_SIZE'],
    ['520 bytes', '30'.repeat(520), 'SIG_DER', 'PUSH_SIZE'],
    ['521 bytes', '30'.repeat(521), 'PUSH_SIZE'],
  ])('of %s', (_, signature, block, mempool = block) => {
    const { failure, policyFailure } = judge(withItems(signature, KEY));
    expect([failure?.rule, failure?.inputIndex]).toEqual([block, 1]);
    expect(policyFailure?.rule).toBe(mempool);
  });

  it.each([6, 7])('of a hybrid key with prefix %i is valid only for its own parity', (prefix) => {
    for (const name of ['one', 'two', 'three', 'four']) {
      const owner = signer(name);
      const key = uncompressed(owner, 4);
      key[0] = prefix;
      const draft = changed('unbonding', (one) => {
        const beside = keyHashInput({ ...coinOf(world, BESIDE.wpkh), scriptPubKey: wpkhScript(key) }, key);
        beside.items[0] = { signer: owner, role: 'key-hash', hashType: 1 };
        one.inputs.push(beside);
      });
      const isOwn = owner.compressed[0] === prefix - 4;
      expect(judge(draft)).toMatchObject({ consensusValid: isOwn, standard: false, policyFailure: { rule: 'PUBKEYTYPE' } });
    }
  });
});

describe('a long witness', () => {
  it('is read with lengths of five bytes', () => {
    const draft = changed('unbonding', (one) => void Object.assign(input(one), { annex: hex(`50${'ab'.repeat(70_000)}`) }));
    expect(judge(draft)).toMatchObject({ consensusValid: true, standard: false, rejectReason: 'bad-witness-taproot-annex' });
  });

  it('may have 1000 items and no more, counted while the script runs', () => {
    const items = (count: number): SpendCheck.Rule | undefined =>
      SpendCheck.verifySpend(
        leafSpend(
          '51',
          Array.from({ length: count }, () => ''),
        ),
      ).failure?.rule;
    expect(items(999)).toBe('CLEANSTACK');
    expect(items(1000)).toBe('STACK_SIZE');
    expect(items(1001)).toBe('STACK_SIZE');
    expect(
      SpendCheck.verifySpend(
        leafSpend(
          '9c',
          Array.from({ length: 1000 }, () => ''),
        ),
      ).failure?.rule,
    ).toBe('CLEANSTACK');
    expect(
      SpendCheck.verifySpend(
        leafSpend(
          '9c',
          Array.from({ length: 1001 }, () => ''),
        ),
      ).failure?.rule,
    ).toBe('STACK_SIZE');
  });
});
