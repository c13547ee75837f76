// satlock plan: a planned stake from a JSON file: what may go wrong, and what is signed.
import { Command } from 'commander';
import * as Delegation from '../../babylon/Delegation.ts';
import * as SigningPlan from '../../babylon/SigningPlan.ts';
import * as StakePolicy from '../../babylon/StakePolicy.ts';
import { isSatlockError } from '../../base/Errors.ts';
import { EXIT } from '../exit.ts';
import { print, printable, readJson } from '../io.ts';
import * as parse from '../parse.ts';
import { planFromJson } from '../planFile.ts';

const HELP = `
The file is an object; only the first seven fields are needed. What is left out is reported as not checked.
  network              bbn-1, bbn-test-6 or bbn-test-5
  registration         pre-staking, post-staking or migration
  stakerPk             x-only, 64 hex digits
  finalityProviderPk   x-only, 64 hex digits
  stakingTimeBlocks    number
  stakingTransaction   hex, signed or not
  tipHeight            of Babylon's Bitcoin light client
  paramsVersion        default: the version in force at the tip, or at inclusion.height
  step, status, hasInclusionProof, isAllowListed, slashingFeeSats, feeRateSatsPerVbyte, addresses
  chain                { babylonHeight, date, latestParamsVersion }
  inclusion            { height, index }
  provider             { publicKey, isRegistered, isSlashed, isJailed, isDeleted, isActive, commission, maxCommission, maxCommissionChange }
  wallet               { addresses, scripts, stakerPks }
  intent               { valueSats, days, blocks }
  coins                [{ txid, vout, valueSats, scriptPubKey, redeemScript, witnessScript, confirmations, isCoinbase, isSpent, hasInscription, hasRunes, hasRareSats }]
  knownDelegations     [{ stakerPk, stakingTxid, stakingOutputIndex }]
  pop                  { type, context, bitcoinAddress, isValid }
  limits               see docs/stake-policy.md
Amounts are decimal text or whole numbers, keys and scripts hex.

Exit code 1: errors, or warnings that are not acknowledged.

Example:
  satlock plan stake.json
  satlock plan stake.json --acknowledge coin.unconfirmed --json`;

type Options = { readonly acknowledge?: readonly string[]; readonly json?: boolean };

export function planCommand(): Command {
  return new Command('plan')
    .description('what may go wrong with a planned stake, and what is signed')
    .argument('<file>', 'plan as JSON')
    .option('--acknowledge <code>', 'accept a warning: its code, or code@fingerprint; repeatable', parse.collect)
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(show);
}

function show(file: string, options: Options): void {
  const { plan, bitcoinNetwork } = planFromJson(readJson(file));
  const report = StakePolicy.review(plan);
  const refusal = refusalOf(report, options.acknowledge ?? []);
  // An error may be that there is no such delegation: the report has said so.
  const signing = report.findings.some(({ severity }) => severity === 'error') ? undefined : signingOf(plan, bitcoinNetwork);
  print(options, { ok: refusal === undefined, refusal, report, signingPlan: signing }, () =>
    [
      StakePolicy.toText(shown(report)),
      ...(signing === undefined ? [] : ['What is signed', SigningPlan.toText(signing)]),
      refusal === undefined ? 'ok: nothing stands against signing' : `refused: ${refusal.codes.join(', ')}`,
    ].join('\n\n'),
  );
  if (refusal !== undefined) process.exitCode = EXIT.FINDING;
}

/** Reasons repeat texts of the file: one line each, so that none of them can pass for a verdict of ours. */
function shown({ findings, ...rest }: StakePolicy.Report): StakePolicy.Report {
  return { ...rest, findings: findings.map((one) => ({ ...one, reason: printable(one.reason), remedy: printable(one.remedy) })) };
}

type Refusal = { readonly code: string; readonly codes: readonly string[] };

/** Why the plan must not be signed. Mistakes in the acknowledgements themselves are thrown. */
function refusalOf(report: StakePolicy.Report, acknowledged: readonly string[]): Refusal | undefined {
  try {
    StakePolicy.requireAcknowledged(report, acknowledged);
    return undefined;
  } catch (error) {
    if (!isSatlockError(error)) throw error;
    const { code, codes } = error.reason as StakePolicy.Reason & { readonly codes?: readonly string[] };
    if (code !== 'stake-policy.errors' && code !== 'stake-policy.unacknowledged') throw error;
    return { code, codes: codes ?? [] };
  }
}

function signingOf(plan: StakePolicy.StakePlan, network: SigningPlan.Setting['network']): SigningPlan.SigningPlan {
  const { contract, params, stakingTransaction, coins, inclusion } = plan;
  const delegation = Delegation.from({
    contract,
    rules: params,
    stakingTransaction,
    ...(plan.slashingFeeSats === undefined ? {} : { slashingFeeSats: plan.slashingFeeSats }),
  });
  const values = coins === undefined || inclusion !== undefined ? undefined : valuesOf(delegation, coins);
  return SigningPlan.forDelegation({
    delegation,
    network,
    ...(values === undefined ? {} : { coinValuesSats: values }),
    ...(inclusion === undefined ? {} : { inclusionHeight: inclusion.height }),
  });
}

/** Values in the order of the inputs; the report has no error, so that each coin is there. */
function valuesOf({ stakingTransaction }: Delegation.Delegation, coins: readonly StakePolicy.PlanCoin[]): readonly bigint[] {
  const values = new Map(coins.map(({ outpoint, valueSats }) => [`${outpoint.txid.toLowerCase()}:${outpoint.vout}`, valueSats]));
  return stakingTransaction.ins.map(({ hash, index }) => values.get(`${Buffer.from(hash).reverse().toString('hex')}:${index}`) ?? 0n);
}
