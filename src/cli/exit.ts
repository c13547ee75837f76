// Exit codes of every command, and which error means which.
import { CommanderError } from 'commander';
import { isSatlockError } from '../base/Errors.ts';

/** ok · a finding, a refusal or a failed check · bad input or usage · the environment · a bug of ours. An interrupt keeps its default action, status 130. */
export const EXIT = { OK: 0, FINDING: 1, USAGE: 2, ENVIRONMENT: 3, BUG: 4 } as const;

/** Problems of the machine, not of the input. */
const ENVIRONMENT =
  /^((bitcoind|regtest-chain|ecc|store|provider-watch|signer-service|signer-client)[.-]|daemon\.(cannot-listen|bad-tls|bad-backup-folder|halted)$|witness\.(corrupt|unwritable)$|owner-files\.loose-permissions$|covenant-log\.(locked|not-durable|other-writer|closed|loose-permissions)$|keystore\.(kdf-failed|busy)$|eotsd\.in-use$|cli\.file-failed$)/;
/** Of those, the ones that a better argument mends. */
const USAGE = /^(store|provider-watch)\.bad-url$/;
const FINDING =
  /^(story|witness|eots\.key-mismatch|eots\.same|keystore\.(altered|key-mismatch|wrong-passphrase)$|signer\.|covenant-(log|signer)\.)/;

export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.OK : EXIT.USAGE;
  if (isSatlockError(error) && USAGE.test(error.code)) return EXIT.USAGE;
  if (isSatlockError(error)) return ENVIRONMENT.test(error.code) ? EXIT.ENVIRONMENT : FINDING.test(error.code) ? EXIT.FINDING : EXIT.USAGE;
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code))
    return ['ENOENT', 'EISDIR', 'ENOTDIR', 'EEXIST'].includes(code) ? EXIT.USAGE : EXIT.ENVIRONMENT;
  return EXIT.BUG;
}
