// satlock covenant: a covenant member's own look at a delegation, its signatures, and the log of them.
import { Command } from 'commander';
import * as CovenantRemote from '../../babylon/CovenantRemote.ts';
import type * as CovenantReview from '../../babylon/CovenantReview.ts';
import * as CovenantSigner from '../../babylon/CovenantSigner.ts';
import * as Message from '../../babylon/Message.ts';
import { hasCode } from '../../base/Errors.ts';
import * as Hex from '../../base/Hex.ts';
import type * as SecretKey from '../../crypto/SecretKey.ts';
import { EXIT } from '../exit.ts';
import { note, onFile, print, toJson } from '../io.ts';
import * as parse from '../parse.ts';
import { type KeyOptions, keyOptions, withKey } from './covenant/key.ts';
import { type PolicyOptions, policyOptions, type Request, readRequest, shown } from './covenant/request.ts';
import { serveCommand } from './covenant/serve.ts';

const FORMS = `
FILE is one of
  - a node's answer to /babylon/btcstaking/v1/btc_delegation/{txid}
  - the staker's MsgCreateBTCDelegation or MsgBtcStakeExpand as JSON, which has the proof of possession
  - { "schema": "satlock-covenant-request/1", "delegation": either of them, "previous": for an expansion the node's answer on the
    delegation before, "pop": { "btc_sig_type", "btc_sig" } }
  - a request of the reference's remote signer (POST /v1/sign-transactions)
Nothing in it is believed: scripts and transactions are rebuilt from the parameters of --network or --params and compared.

Exit code 1: refused.
`;

export function covenantCommand(): Command {
  const command = new Command('covenant').description('a covenant member that rebuilds what it signs: check, sign, serve, log');
  for (const part of [checkCommand, signCommand, logCommand, serveCommand]) command.addCommand(part());
  command.addHelpText('after', '\nExample:\n  satlock covenant check delegation.json --network bbn-1 --tip-height 905700');
  return command;
}

function checkCommand(): Command {
  return policyOptions(new Command('check'))
    .description('every check on a delegation, in a fixed order, with what was expected and what is there')
    .argument('<file>', 'request as JSON')
    .option('--covenant-pk <hex>', 'the member who would sign, x-only: asks also what concerns it', parse.hex('--covenant-pk', 32))
    .addHelpText('after', `${FORMS}\nExample:\n  satlock covenant check delegation.json --network bbn-1 --tip-height 905700 --json`)
    .action((file: string, options: PolicyOptions & { readonly covenantPk?: Uint8Array }) => {
      refuseUnless(readRequest(file, options).review(options.covenantPk), options);
    });
}

/** Prints the report; a refusal is an exit code. */
function refuseUnless(report: CovenantReview.Report, options: PolicyOptions): void {
  print(options, report, () => shown(report));
  if (!report.ok) process.exitCode = EXIT.FINDING;
}

type SignOptions = PolicyOptions & KeyOptions & { readonly log: string; readonly signer?: string };

function signCommand(): Command {
  return keyOptions(policyOptions(new Command('sign')))
    .description('sign a delegation after every check has passed; what is signed is written to the log first')
    .argument('<file>', 'request as JSON')
    .requiredOption('--log <file>', 'append-only log; a new file is made, a changed one is refused')
    .option('--signer <bbn1…>', 'account that sends the message; with it the message is printed as JSON and protobuf')
    .addHelpText(
      'after',
      `${FORMS}The same request again gives the same signatures; another one for the same stake is refused.\n\nExample:\n  satlock covenant sign delegation.json --secret-file member.key --log member.log --tip-height 905700 --signer bbn1…`,
    )
    .action((file: string, options: SignOptions) => sign(file, options));
}

async function sign(file: string, options: SignOptions): Promise<void> {
  const request = readRequest(file, options);
  await withKey(options, async (secretKey, covenantPk) => {
    let prepared: CovenantSigner.Prepared;
    try {
      prepared = request.prepare(covenantPk);
    } catch (error) {
      if (!hasCode<CovenantSigner.Reason, 'covenant-signer.refused'>(error, 'covenant-signer.refused')) throw error;
      refuseUnless(error.reason.report, options);
      return;
    }
    await signAndPrint(request, prepared, secretKey, options);
  });
}

async function signAndPrint(
  request: Request,
  prepared: CovenantSigner.Prepared,
  secretKey: SecretKey.SecretKey,
  options: SignOptions,
): Promise<void> {
  const { CovenantLog } = await import('../../node/CovenantLog.ts');
  const log = onFile('--log', options.log, () => CovenantLog.open({ path: options.log }));
  try {
    if (log.droppedBytes > 0)
      note(`satlock: ${options.log}: ${log.droppedBytes} bytes of an unfinished line were dropped; nothing of it was released`);
    const { kind, signatures, entry } = log.signOnce(prepared, () => CovenantSigner.sign({ prepared, secretKey }));
    const { signer } = options;
    const message = signer === undefined ? undefined : CovenantSigner.toMessage({ prepared, signatures, signer });
    const { stakingSlashing, unbonding, unbondingSlashing, expansion } = signatures;
    const data = {
      ok: true,
      kind,
      stakingTxid: prepared.outpoint.txid,
      stakingOutputIndex: prepared.outpoint.vout,
      covenantPk: signatures.covenantPk,
      paramsVersion: prepared.report.paramsVersion,
      request: prepared.digest,
      log: { file: options.log, line: entry.sequence + 1, hash: entry.hash, time: entry.time },
      signatures: { stakingSlashing, unbonding, unbondingSlashing, ...(expansion === undefined ? {} : { expansion }) },
      ...(request.isRemote ? { response: CovenantRemote.toResponse(signatures) } : {}),
      ...(message === undefined ? {} : { message: Message.toJson(message), protobuf: Message.encode(message).value }),
    };
    print(options, data, () => text(data, message));
  } finally {
    log.close();
  }
}

type Data = {
  readonly kind: string;
  readonly stakingTxid: string;
  readonly log: { readonly file: string; readonly line: number };
  readonly signatures: {
    readonly stakingSlashing: readonly Uint8Array[];
    readonly unbonding: Uint8Array;
    readonly unbondingSlashing: readonly Uint8Array[];
    readonly expansion?: Uint8Array;
  };
};

function text({ kind, stakingTxid, log, signatures }: Data, message: Message.Message | undefined): string {
  const { stakingSlashing, unbonding, unbondingSlashing, expansion } = signatures;
  return [
    `${kind === 'stored' ? 'signed before, the same signatures again' : 'signed'}: ${stakingTxid} (line ${log.line} of ${log.file})`,
    ...stakingSlashing.map((one) => `slashing             ${Hex.encode(one)}`),
    `unbonding            ${Hex.encode(unbonding)}`,
    ...unbondingSlashing.map((one) => `unbonding slashing   ${Hex.encode(one)}`),
    ...(expansion === undefined ? [] : [`stake before         ${Hex.encode(expansion)}`]),
    ...(message === undefined ? [] : [toJson(Message.toJson(message))]),
  ].join('\n');
}

function logCommand(): Command {
  return new Command('log')
    .description('verify a log and list what was signed')
    .argument('<file>', 'log of satlock covenant sign')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  satlock covenant log member.log')
    .action(async (file: string, options: { readonly json?: boolean }) => {
      const { read } = await import('../../node/CovenantLog.ts');
      const entries = onFile('<file>', file, () => read(file));
      print(options, { lines: entries.length, entries }, () =>
        [
          ...entries.map(
            ({ sequence, time, outpoint, paramsVersion }) => `${sequence + 1}  ${time}  ${outpoint}  version ${paramsVersion}`,
          ),
          `${entries.length} lines, every one in its place`,
        ].join('\n'),
      );
    });
}
