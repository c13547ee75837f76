// satlock covenant serve: the remote signer of an unchanged covenant-emulator, which here refuses what it cannot rebuild.
import { Command } from 'commander';
import type * as CovenantServer from '../../../node/CovenantServer.ts';
import { note, onFile } from '../../io.ts';
import * as parse from '../../parse.ts';
import { HMAC_VARIABLE, hmacKeyText } from '../signer/passphrase.ts';
import { type KeyOptions, keyOptions, withKey } from './key.ts';
import { type PolicyOptions, policyOf, policyOptions } from './request.ts';

const HELP = `
Answers POST /v1/sign-transactions and GET /v1/public-key as the reference's covenant-signer does. The MAC key is the text of the emulator's
config (header X-Covenant-HMAC); it is read from --hmac-key-file or ${HMAC_VARIABLE}. Unlock and lock are not there: this process holds the key.
One line of JSON for each request goes to standard output. Give --params-version to sign under the version in force only.

Example:
  satlock covenant serve --listen 127.0.0.1:9791 --network bbn-1 --params-version 5 --secret-file member.key --log member.log`;

type ServeOptions = PolicyOptions &
  KeyOptions & {
    readonly log: string;
    readonly listen: string;
    readonly hmacKeyFile?: string;
    readonly requireStakerSignatures?: boolean;
    readonly maxTimesTried?: number;
  };

export function serveCommand(): Command {
  return keyOptions(policyOptions(new Command('serve')))
    .description('answer a covenant-emulator as its remote signer')
    .requiredOption('--log <file>', 'append-only log; a new file is made, a changed one is refused')
    .option('--listen <host:port>', 'or unix:/path; elsewhere than on this machine only with a MAC key', '127.0.0.1:9791')
    .option('--hmac-key-file <file>', `file with the MAC key, - for stdin; without it ${HMAC_VARIABLE} is read`)
    .option('--require-staker-signatures', 'sign only requests with the staker’s two signatures, which the reference does not send')
    .option(
      '--max-times-tried <count>',
      'so many staking times are tried at most, since requests do not name theirs',
      parse.integer('--max-times-tried', 0, 0xffff_ffff),
    )
    .addHelpText('after', HELP)
    .action(serve);
}

async function serve(options: ServeOptions): Promise<void> {
  const policy = { ...policyOf(options), ...(options.requireStakerSignatures === true ? { requireStakerSignatures: true } : {}) };
  const hmacKey = hmacKeyText(options.hmacKeyFile);
  const { CovenantLog } = await import('../../../node/CovenantLog.ts');
  const Server = await import('../../../node/CovenantServer.ts');
  await withKey(options, async (secretKey) => {
    const log = onFile('--log', options.log, () => CovenantLog.open({ path: options.log }));
    try {
      const hints = options.maxTimesTried === undefined ? {} : { hints: { maxTimesTried: options.maxTimesTried } };
      const mac = hmacKey === undefined ? {} : { hmacKey };
      const running = await Server.serve({ listen: options.listen, secretKey, policy, log, onEvent: shown, ...hints, ...mac });
      if (hmacKey === undefined) note('satlock: without a MAC key every process on this machine may ask for signatures');
      process.stdout.write(`${JSON.stringify({ listening: running.address, log: options.log })}\n`);
      await stopped();
      await running.close();
    } finally {
      log.close();
    }
  });
}

function shown(event: CovenantServer.Event): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`);
}

/** Resolves when the process is asked to stop. */
function stopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
}
