// satlock inspect and satlock scan: what they print, what they answer, and what they refuse.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import * as Delegation from '../../src/babylon/Delegation.ts';
import * as Networks from '../../src/babylon/Networks.ts';
import * as ParamsSet from '../../src/babylon/ParamsSet.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as Psbt from '../../src/bitcoin/Psbt.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import { blockOf, hashOf } from '../support/blocks.ts';
import { dataOf } from '../vectors/support.ts';
import { satlock } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'satlock-inspect-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

type Record = {
  readonly btc_delegation: {
    readonly btc_pk: string;
    readonly fp_btc_pk_list: readonly string[];
    readonly staking_time: number;
    readonly staking_tx_hex: string;
    readonly slashing_tx_hex: string;
    readonly undelegation_response: { readonly unbonding_tx_hex: string };
  };
};
const { btc_delegation: record } = dataOf<Record>('babylon/upstream/testnet-delegation.json');
const unbondingHex = record.undelegation_response.unbonding_tx_hex;
const params = ParamsSet.byVersion(Networks.from('bbn-test-5').paramsSet, 6);
const delegation = Delegation.from({
  contract: StakingContract.fromParams(params, {
    stakerPk: PublicKey.fromHex(record.btc_pk),
    finalityProviderPks: record.fp_btc_pk_list.map((key) => PublicKey.fromHex(key)),
    stakingTimeBlocks: record.staking_time,
  }),
  rules: params,
  stakingTransaction: Tx.fromHex(record.staking_tx_hex),
});
const stored = file('stake.json', JSON.stringify(Delegation.toJson(delegation)));
const keys = [
  '--staker',
  record.btc_pk,
  '--finality-provider',
  record.fp_btc_pk_list.join(','),
  '--staking-time',
  `${record.staking_time}`,
];
const network = ['--network', 'bbn-test-5', '--height', '240000'];

describe('satlock inspect', () => {
  it('tells a stake by the keys of staker and provider', () => {
    const { code, out } = satlock(['inspect', record.staking_tx_hex, ...network, ...keys]);
    expect(code).toBe(0);
    expect(out).toContain(`transaction   ${delegation.stakingTxid}`);
    expect(out).toContain('parameter version 6');
    expect(out).toContain(record.btc_pk);
    expect(out).toMatch(/^ {2}valid$/m);
  });

  it('gives JSON with amounts as text', () => {
    const { code, out } = satlock(['inspect', file('staking.hex', `${record.staking_tx_hex}\n`), ...network, ...keys, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      txid: delegation.stakingTxid,
      isValid: true,
      stakings: [
        {
          kind: 'staking',
          how: 'candidate',
          valueSats: `${delegation.stakingValueSats}`,
          stakers: { pks: [record.btc_pk], quorum: 1 },
          problems: [],
        },
      ],
      spends: [],
    });
  });

  it.each<readonly [string, (value: string) => readonly [string, string?]]>([
    ['hex in the argument', (hex) => [hex]],
    ['hex from stdin', (hex) => ['-', hex]],
    ['a file of hex', (hex) => [file('tx.hex', `${hex}\n`)]],
    ['a file of bytes', (hex) => [file('tx.bin', Buffer.from(hex, 'hex'))]],
  ])('reads a transaction from %s', (_, give) => {
    const [argument, input = ''] = give(unbondingHex);
    const { code, out } = satlock(['inspect', argument, ...network, '--delegation', stored, '--json'], { input });
    expect(code).toBe(0);
    expect(JSON.parse(out).spends).toMatchObject([{ kind: 'unbonding', isRegistered: true, signed: 'none', paramsVersion: 6 }]);
  });

  it.each<readonly [string, (psbt: Psbt.Psbt) => string]>([
    ['base64 in the argument', (psbt) => psbt.toBase64()],
    ['hex in the argument', (psbt) => psbt.toHex()],
    ['a file of base64', (psbt) => file('a.psbt', psbt.toBase64())],
    ['a file of bytes', (psbt) => file('b.psbt', psbt.toBuffer())],
  ])('reads a PSBT from %s', (_, give) => {
    const { code, out } = satlock(['inspect', give(Psbt.fromLeafSpend(delegation.stakingSlashing)), ...network, '--delegation', stored]);
    expect(code).toBe(0);
    expect(out).toContain('slashing of the staking output');
    expect(out).toContain('path          slashing');
    expect(out).toContain('slashed');
  });

  it('answers 1 and the reason for a transaction that breaks a rule, or only looks like one of ours', () => {
    const broken = Tx.fromHex(unbondingHex);
    broken.locktime = 5;
    const first = satlock(['inspect', Tx.toHex(broken), ...network, '--delegation', stored]);
    expect(first.code).toBe(1);
    expect(first.out).toContain('PROBLEM recognise.lock-time');
    expect(first.out).toContain('pre-signed tx must not have locktime');
    expect(first.out).not.toMatch(/^ {2}valid$/m);
  });

  it('says that a payment is nothing, with code 0', () => {
    const { code, out } = satlock(['inspect', record.staking_tx_hex, '--network', 'bbn-1']);
    expect(code).toBe(0);
    expect(out).toContain('no output locks a stake');
  });

  it.each<readonly [readonly string[], string]>([
    [['inspect', '00'.repeat(60)], 'cli.not-a-transaction'],
    [['inspect', '70736274ff00112233445566'], 'cli.not-a-transaction'],
    [['inspect', record.staking_tx_hex, '--network', 'bbn-9'], 'networks.unknown'],
    [['inspect', record.staking_tx_hex, '--staker', record.btc_pk], 'cli.usage'],
    [['inspect', record.staking_tx_hex, '--staking-time', '5'], 'cli.usage'],
    [['inspect', record.staking_tx_hex, '--height', '-5'], 'cli.usage'],
    [['inspect', record.staking_tx_hex, '--staker', 'ab', '--finality-provider', record.btc_pk], 'input.wrong-length'],
    [['scan', join(folder, 'stake.json'), '--height', '5'], 'block-reader'],
    [['scan', join(folder, 'stake.json')], 'cli.usage'],
  ])('refuses %j with code 2: %s', (args, code) => {
    const { code: exit, out, err } = satlock([...args, '--json']);
    expect([exit, err]).toEqual([2, '']);
    expect(JSON.parse(out).error.code).toContain(code);
  });

  it('answers 2 for a file that is not there', () => {
    expect(satlock(['inspect', 'no-such-file']).code).toBe(2);
  });

  it.each(['inspect', 'scan'])('%s --help shows an example', (command) => {
    const { code, out } = satlock([command, '--help']);
    expect(code).toBe(0);
    expect(out).toMatch(/Examples:\n.*satlock/s);
  });
});

describe('satlock scan', () => {
  const ours = (tx: Tx.Transaction): { readonly raw: Uint8Array; readonly stripped: Uint8Array } => ({
    raw: Tx.encode(tx),
    stripped: Tx.encode(Tx.stripped(tx)),
  });
  const first = blockOf([ours(Tx.fromHex(record.staking_tx_hex))]);
  const second = blockOf([ours(Tx.fromHex(unbondingHex))], hashOf(first), 1);
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

  it('tells what happened in blocks given as lines of hex', () => {
    const input = `${hex(first)}\n${hex(second)}\n`;
    const { code, out } = satlock(['scan', '-', ...network, ...keys, '--delegation', stored, '--json'], { input });
    expect(code).toBe(0);
    const { events, blocks, tip } = JSON.parse(out);
    expect([blocks, tip.height]).toEqual([2, 240_001]);
    expect(events.map(({ kind, height, txid }: { kind: string; height: number; txid: string }) => [kind, height, txid])).toEqual([
      ['staked', 240_000, delegation.stakingTxid],
      ['unbonded', 240_001, delegation.unbonding.txid],
    ]);
  });

  it('reads one block from a binary file', () => {
    const { code, out } = satlock(['scan', file('block.bin', first), ...network, ...keys]);
    expect(code).toBe(0);
    expect(out).toContain('staked');
    expect(out).toContain('1 block(s), 1 event(s)');
  });

  it('answers 1 for a stake that the version of its height does not allow', () => {
    const changed = Tx.fromHex(record.staking_tx_hex);
    const output = changed.outs[delegation.stakingOutputIndex] as Tx.Transaction['outs'][number];
    output.value = 1_000n;
    const { code, out } = satlock(['scan', file('small.bin', blockOf([ours(changed)])), ...network, ...keys]);
    expect(code).toBe(1);
    expect(out).toContain('recognise.value-out-of-range');
  });

  it('refuses blocks that do not follow each other, and one whose content is not what its header says', () => {
    const twice = satlock(['scan', '-', ...network, '--json'], { input: `${hex(first)}\n${hex(first)}` });
    expect([twice.code, JSON.parse(twice.out).error.code]).toEqual([2, 'stake-index.not-next']);
    const other = Uint8Array.from(first);
    other[40] = 1;
    const wrong = satlock(['scan', '-', ...network, '--json'], { input: hex(other) });
    expect([wrong.code, JSON.parse(wrong.out).error.code]).toEqual([2, 'block-reader.wrong-merkle-root']);
  });
});
