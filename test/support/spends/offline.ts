// Spends on a chain of coins that nobody mined, for tests without a node.
import * as SpendCheck from '../../../src/bitcoin/SpendCheck.ts';
import { type Coin, copy, type Draft, finish, isSignature, signer } from './draft.ts';
import { type Base, baseOf, committees, fundings, type Path, type World } from './outputs.ts';

export const TIP = 1000;
export const MEDIAN_TIME = 1_700_000_000;

/** A chain of coins that nobody mined: confirmed 200 blocks ago. */
export const world: World = {
  tipHeight: TIP,
  medianTime: MEDIAN_TIME,
  coins: new Map(
    fundings(committees().slice(0, 6)).map(({ name, scriptPubKey, valueSats }, i): [string, Coin] => [
      name,
      {
        txid: new Uint8Array(32).fill(i + 1),
        vout: i,
        scriptPubKey,
        valueSats,
        confirmedHeight: TIP - 200,
        medianTimeBefore: MEDIAN_TIME - 120_000,
      },
    ]),
  ),
};

export function base(path: Path, name = '2of3'): Base {
  const committee = committees().find((one) => one.name === name);
  if (committee === undefined) throw new Error(`no committee ${name}`);
  return baseOf(committee, path, world);
}

export function options(draft: Draft): SpendCheck.SpendOptions {
  const prevouts = draft.inputs.map(({ coin: { scriptPubKey, valueSats, confirmedHeight, medianTimeBefore } }) => ({
    scriptPubKey,
    valueSats,
    confirmedHeight,
    medianTimeBefore,
  }));
  return { transaction: finish(draft), prevouts, tipHeight: TIP, medianTime: MEDIAN_TIME };
}

export const judge = (draft: Draft): SpendCheck.Verdict => SpendCheck.verifySpend(options(draft));
export const input = (draft: Draft, index = 0): Draft['inputs'][number] => draft.inputs[index] as Draft['inputs'][number];

export function changed(path: Path, change: (draft: Draft) => void): Draft {
  const draft = copy(base(path).draft);
  change(draft);
  return draft;
}

export function setSequence(draft: Draft, sequence: number): void {
  input(draft).sequence = sequence;
}

/** Replaces the signatures of an input by ones of a foreign key. */
export function spoil(draft: Draft, index: number): void {
  for (const item of input(draft, index).items) if (isSignature(item)) item.signer = signer('foreign');
}

/** What an honest spend gets. */
export const VALID: SpendCheck.Verdict = { consensusValid: true, standard: true };
