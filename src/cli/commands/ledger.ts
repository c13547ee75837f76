// satlock ledger: histories of Ethereum restaking, run on the ledgers of this library.
import { Command, Option } from 'commander';
import { PROFILES } from '../../restaking/eigenlayer/Config.ts';
import * as Operations from '../../restaking/eigenlayer/Operations.ts';
import * as SymbioticOperations from '../../restaking/symbiotic/Operations.ts';
import { LEDGERS } from '../../restaking/Traces.ts';
import { print } from '../io.ts';
import * as parse from '../parse.ts';
import { diffTraces } from './ledger/diff.ts';
import { explainTraces } from './ledger/explain.ts';
import { runTraces, STATES } from './ledger/run.ts';

const RUN_EXAMPLE = `
Example:
  satlock ledger run vectors/eigenlayer/traces.json.gz --trace T02
  satlock ledger run vectors/eigenlayer/traces.json.gz --trace T22 --against v1.13.1`;

const EXPLAIN_EXAMPLE = `
Example:
  satlock ledger explain vectors/eigenlayer/traces.json.gz --trace T02 --step 6`;

export function ledgerCommand(): Command {
  const command = new Command('ledger').description('EigenLayer and Symbiotic accounting: run a history, see each rounded integer');
  command.addCommand(
    withSelection(new Command('run'))
      .description('run the steps of a trace file and print what each came to, and the state; compare with what the file says, if it does')
      .addOption(new Option('--states <which>', 'the states to print').choices(STATES).default('last'))
      .addOption(new Option('--against <profile>', 'run under this profile as well, and print where the two differ').choices(PROFILES))
      .option('--from <file>', 'go on from this snapshot instead of an empty ledger (one trace only)')
      .option('--save <file>', 'write the ledger as a snapshot after the last step, to a new file (one trace only)')
      .addHelpText('after', RUN_EXAMPLE)
      .action((file: string, options) => (options.against === undefined ? runTraces(file, options) : diffTraces(file, options))),
  );
  command.addCommand(
    withSelection(new Command('explain'))
      .description('print every rounded integer of a step: what it is, the formula with its operands, the value')
      .option('--step <number>', 'only this step, counted from 0', parse.integer('--step', 0, 10_000_000))
      .addHelpText('after', EXPLAIN_EXAMPLE)
      .action(explainTraces),
  );
  command.addCommand(
    new Command('operations')
      .description('list the operations that a trace can have')
      .option('--json', 'print JSON')
      .addHelpText('after', '\nExample:\n  satlock ledger operations')
      .action((options: { readonly json?: boolean }) => {
        const names = { eigenlayer: Operations.NAMES, symbiotic: SymbioticOperations.NAMES };
        print(options, names, () => LEDGERS.map((ledger) => `${ledger}: ${names[ledger].join(', ')}`).join('\n'));
      }),
  );
  command.addHelpText('after', EXPLAIN_EXAMPLE);
  return command;
}

function withSelection(command: Command): Command {
  return command
    .argument('<file>', 'traces as JSON (restaking-trace/1), gzip-compressed or not')
    .option('--trace <id>', 'only this trace (may be repeated)', parse.collect)
    .addOption(new Option('--profile <profile>', "version of EigenLayer's contracts, over what the file says").choices(PROFILES))
    .addOption(new Option('--ledger <ledger>', 'the kind of ledger, over what the file looks like').choices(LEDGERS))
    .option('--json', 'print JSON');
}
