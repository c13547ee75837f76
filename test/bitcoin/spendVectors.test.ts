// The spend check against verdicts that a Bitcoin node has given: the published cases, and one of every mutation of our own.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import * as Hex from '../../src/base/Hex.ts';
import * as SpendCheck from '../../src/bitcoin/SpendCheck.ts';
import type { Case } from '../support/recordSpends.ts';

function read(path: string): readonly Case[] {
  const raw = gunzipSync(readFileSync(new URL(path, import.meta.url)));
  return (JSON.parse(raw.toString()) as { cases: readonly Case[] }).cases;
}

function judge({ input }: Case): SpendCheck.Verdict {
  return SpendCheck.verifySpend({
    transaction: Hex.decode(input.transaction),
    prevouts: input.prevouts.map((prevout) => ({
      ...prevout,
      scriptPubKey: Hex.decode(prevout.scriptPubKey),
      valueSats: BigInt(prevout.valueSats),
    })),
    tipHeight: input.tipHeight,
    medianTime: input.medianTime,
  });
}

/** The fields that a node gives; a field that it leaves out must be absent. */
function comparable({ consensusValid, standard, scriptError, rejectReason }: SpendCheck.Verdict): Case['expect'] {
  return {
    consensusValid,
    standard,
    ...(scriptError === undefined ? {} : { scriptError }),
    ...(rejectReason === undefined ? {} : { rejectReason }),
  };
}

describe.each([
  ['published', '../../vectors/bitcoin/spend.json.gz', 200],
  ['our own', './data/spends.json.gz', 1957],
])('%s cases', (_, path, count) => {
  const cases = read(path);

  it('are all there', () => {
    expect(cases).toHaveLength(count);
  });

  it('get the verdict of the node, word for word', () => {
    const wrong = cases.flatMap((one) => {
      const got = comparable(judge(one));
      return JSON.stringify(got) === JSON.stringify(comparable(one.expect)) ? [] : [{ id: one.id, got, expected: one.expect }];
    });
    expect(wrong).toEqual([]);
  });

  it('have a failure exactly where they are refused', () => {
    for (const one of cases) {
      const { consensusValid, standard, failure, policyFailure, scriptError, rejectReason } = judge(one);
      expect([one.id, failure === undefined, policyFailure === undefined]).toEqual([one.id, consensusValid, standard]);
      if (rejectReason !== undefined) expect(policyFailure?.rule).toBe(rejectReason);
      if (scriptError !== undefined) expect([failure?.text, policyFailure?.text]).toContain(scriptError);
    }
  });
});
