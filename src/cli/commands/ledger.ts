// satlock ledger: histories of Ethereum restaking, run on the ledgers of this library.
import { Command, Option } from 'commander';
import { PROFILES } from '../../restaking/eigenlayer/Config.ts';
import { LEDGERS } from '../../restaking/Traces.ts';
import { print } from '../io.ts';
import * as parse from '../parse.ts';
import { diffTraces } from './ledger/diff.ts';
import { explainTraces } from './ledger/explain.ts';
import { runTraces, STATES } from './ledger/run.ts';
import { type Operation, operationsOf } from './ledger/vocabulary.ts';

const RUN_EXAMPLES = `
Exit codes: 0 ok, 1 the file expects something else, 2 the file is not as it should be (the error names trace, step and field).

Examples:
  satlock ledger run vectors/eigenlayer/traces.json.gz --trace T02
  satlock ledger run vectors/eigenlayer/traces.json.gz --trace T02 --states changes     what each step changed
  satlock ledger run vectors/eigenlayer/traces.json.gz --trace T22 --against v1.13.1    where two versions part
  satlock ledger run first.json --save ledger.json
  satlock ledger run then.json --from ledger.json --json`;

const EXPLAIN_EXAMPLES = `
Examples:
  satlock ledger explain vectors/eigenlayer/traces.json.gz --trace T02 --step 7
  satlock ledger explain vectors/symbiotic/traces.json.gz --trace S1`;

const OPERATIONS_EXAMPLES = `
A trace: { "id": "mine", "config": { "strategies": ["S1"] }, "steps": [{ "op": { "op": "deposit", "staker": "alice", "strategy": "S1",
"amount": "1000" } }] }; a file is one of them, or { "traces": [ … ] }. Integers are decimal text, or numbers below 2^53.

Examples:
  satlock ledger operations
  satlock ledger operations --ledger symbiotic --json`;

const EXAMPLES = `
Examples:
  satlock ledger run vectors/eigenlayer/traces.json.gz --trace T02
  satlock ledger explain vectors/eigenlayer/traces.json.gz --trace T02 --step 7
  satlock ledger operations`;

export function ledgerCommand(): Command {
  const command = new Command('ledger').description('EigenLayer and Symbiotic accounting: run a history, see each rounded integer');
  for (const part of [runCommand, explainCommand, operationsCommand]) command.addCommand(part());
  return command.addHelpText('after', EXAMPLES);
}

function runCommand(): Command {
  return withSelection(new Command('run'))
    .description('run the steps of a trace file and print what each came to, and the state; compare with what the file says, if it does')
    .addOption(
      new Option('--states <which>', 'the states to print: after each step, what changed, the last, none').choices(STATES).default('last'),
    )
    .addOption(new Option('--against <profile>', 'run under this profile as well, and print where the two differ').choices(PROFILES))
    .option('--save <file>', 'write the ledger as a snapshot after the last step, to a new file (one trace only)')
    .option('--json', 'print JSON')
    .addHelpText('after', RUN_EXAMPLES)
    .action((file: string, options) => (options.against === undefined ? runTraces(file, options) : diffTraces(file, options)));
}

function explainCommand(): Command {
  return withSelection(new Command('explain'))
    .description('print every rounded integer of a step: what it is, the formula with its operands, the value')
    .option('--step <number>', 'only this step, counted from 0', parse.integer('--step', 0, 10_000_000))
    .option('--json', 'print JSON')
    .addHelpText('after', EXPLAIN_EXAMPLES)
    .action(explainTraces);
}

function operationsCommand(): Command {
  return new Command('operations')
    .description('list the operations that a trace can have, with their fields')
    .addOption(new Option('--ledger <ledger>', 'only of this kind of ledger').choices(LEDGERS))
    .option('--json', 'print JSON')
    .addHelpText('after', OPERATIONS_EXAMPLES)
    .action(operations);
}

function operations(options: { readonly ledger?: (typeof LEDGERS)[number]; readonly json?: boolean }): void {
  const ledgers = LEDGERS.filter((one) => options.ledger === undefined || options.ledger === one);
  print(options, Object.fromEntries(ledgers.map((one) => [one, operationsOf(one)])), () =>
    ['Fields with ? may be left out.', ...ledgers.map((one) => [`${one}:`, ...operationsOf(one).flatMap(entry)].join('\n'))].join('\n\n'),
  );
}

function entry({ op, fields, purpose }: Operation): readonly string[] {
  return [`  ${[op, ...fields.map(({ name, isOptional }) => `${name}${isOptional ? '?' : ''}`)].join(' ')}`, `      ${purpose}`];
}

function withSelection(command: Command): Command {
  return command
    .argument('<file>', 'traces as JSON (restaking-trace/1), gzip-compressed or not')
    .option('--trace <id>', 'only this trace (may be repeated)', parse.collect)
    .addOption(new Option('--profile <profile>', "version of EigenLayer's contracts, over what the file says").choices(PROFILES))
    .addOption(new Option('--ledger <ledger>', 'the kind of ledger, over what the file looks like').choices(LEDGERS))
    .option('--from <file>', 'go on from this snapshot instead of an empty ledger (one trace only)');
}
