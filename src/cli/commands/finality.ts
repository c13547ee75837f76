// satlock finality: a provider's messages to the chain. Nothing is sent: what is printed goes to a Cosmos signer.
import { Command } from 'commander';
import { commitCommand } from './finality/commit.ts';
import { evidenceCommand } from './finality/evidence.ts';
import { voteCommand } from './finality/vote.ts';

export function finalityCommand(): Command {
  const command = new Command('finality').description("a finality provider's messages: commit randomness, vote, evidence of equivocation");
  for (const part of [commitCommand, voteCommand, evidenceCommand]) command.addCommand(part());
  command.addHelpText('after', '\nExample:\n  satlock finality commit --plan-only --public-key 5003… --babylon-api http://127.0.0.1:1317');
  return command;
}
