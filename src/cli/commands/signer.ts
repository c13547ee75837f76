// satlock signer: a finality provider's signer that never signs twice. In place of eotsd, on the same wire.
import { Command } from 'commander';
import { backupCommand } from './signer/backup.ts';
import { historyCommand } from './signer/history.ts';
import { initCommand } from './signer/init.ts';
import { keysCommand } from './signer/keys.ts';
import { serveCommand } from './signer/serve.ts';
import { statusCommand } from './signer/status.ts';
import { watermarkCommand } from './signer/watermark.ts';

const EXAMPLE = `
Example, a new provider:
  satlock signer init --home ~/.satlock
  satlock signer keys add --home ~/.satlock --name fp
  satlock signer serve --home ~/.satlock --listen 127.0.0.1:12582

From eotsd: stop it first, then keys import-hex or import-mnemonic, then history import, then serve.`;

export function signerCommand(): Command {
  const command = new Command('signer').description("a finality provider's signer that never signs twice; fpd uses it in place of eotsd");
  for (const part of [initCommand, keysCommand, serveCommand, historyCommand, watermarkCommand, backupCommand, statusCommand]) {
    command.addCommand(part());
  }
  command.addHelpText('after', EXAMPLE);
  return command;
}
