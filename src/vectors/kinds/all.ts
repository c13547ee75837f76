// The kinds by name.
import type { Definition } from '../definition.ts';
import type { Kind } from '../model.ts';
import { adaptorSignature } from './adaptorSignature.ts';
import { babylonMessage } from './babylonMessage.ts';
import { babylonPop } from './babylonPop.ts';
import { bitcoinSpend } from './bitcoinSpend.ts';
import { eotsExtract, eotsSign, eotsVerify } from './eots.ts';
import { eotsCommitment, eotsRandomness } from './eotsRandomness.ts';
import { stakingScripts } from './stakingScripts.ts';
import { stakingTransactions } from './stakingTransactions.ts';

export const DEFINITIONS: Readonly<Record<Kind, Definition>> = {
  'staking.scripts': stakingScripts,
  'staking.transactions': stakingTransactions,
  'bitcoin.spend': bitcoinSpend,
  'eots.sign': eotsSign,
  'eots.verify': eotsVerify,
  'eots.extract': eotsExtract,
  'eots.randomness': eotsRandomness,
  'eots.commitment': eotsCommitment,
  'adaptor.signature': adaptorSignature,
  'babylon.pop': babylonPop,
  'babylon.message': babylonMessage,
};
