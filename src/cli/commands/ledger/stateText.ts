// The state of a ledger for people; everything of it is there, with its exact value, unless it is the default.
import type { LedgerName } from '../../../restaking/Traces.ts';
import { eigenLayerState } from './eigenLayerState.ts';
import { symbioticState } from './symbioticState.ts';
import type { Fields } from './table.ts';

const TABLES: { readonly [K in LedgerName]: (state: Fields) => readonly (readonly string[])[] } = {
  eigenlayer: eigenLayerState,
  symbiotic: symbioticState,
};

export function stateText(ledger: LedgerName, state: Fields): string {
  return TABLES[ledger](state)
    .filter((section) => section.length > 0)
    .map((section) => section.join('\n'))
    .join('\n\n');
}
