// All rules, in the order of reports.
import { amountRules, slashingRules, timeRules } from './amountRules.ts';
import { coinRules, keyRules } from './coinRules.ts';
import { feeRules, outputRules } from './feeRules.ts';
import { extensionRules, unbondingRules, withdrawalRules } from './laterRules.ts';
import { providerRules } from './providerRules.ts';
import { popRules, profileRules, registrationRules } from './registrationRules.ts';
import type { Rule } from './rule.ts';
import { networkRules, versionRules } from './versionRules.ts';

export const TABLE: readonly Rule[] = Object.freeze([
  ...registrationRules,
  ...networkRules,
  ...versionRules,
  ...profileRules,
  ...amountRules,
  ...timeRules,
  ...keyRules,
  ...providerRules,
  ...extensionRules,
  ...unbondingRules,
  ...withdrawalRules,
  ...coinRules,
  ...outputRules,
  ...feeRules,
  ...slashingRules,
  ...popRules,
]);
