// The log of a covenant member: one set of signatures for a stake, on the disk before they leave, and no log that was cut or changed.
import fsDefault, * as fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as CovenantReview from '../../src/babylon/CovenantReview.ts';
import * as CovenantSigner from '../../src/babylon/CovenantSigner.ts';
import { CovenantLog, read } from '../../src/node/CovenantLog.ts';
import { stake } from '../babylon/chain/world.ts';
import { altered, covenantMember, member, policy, restOf } from '../babylon/covenant/requests.ts';
import { codeOf, failure, hex, type KeyPair } from '../support/stakes.ts';

const stakes = [500_000n, 500_001n, 500_002n].map((valueSats) => stake({ valueSats }));
const prepareOf = (json: unknown, pair: KeyPair = member): CovenantSigner.Prepared =>
  CovenantSigner.prepare({ subject: CovenantReview.fromRest(json), policy, covenantPk: pair.publicKey });
const [one, two, three] = stakes.map((delegation) => prepareOf(restOf(delegation))) as [
  CovenantSigner.Prepared,
  CovenantSigner.Prepared,
  CovenantSigner.Prepared,
];
/** The same stake, another slashing: one satoshi more for the fee. */
const other = prepareOf(
  restOf(stakes[0] as (typeof stakes)[number], {
    slashing: altered((stakes[0] as (typeof stakes)[number]).stakingSlashing.transaction, ({ outs: [, change] }) => {
      if (change !== undefined) change.value -= 1n;
    }),
  }),
);

const signer =
  (prepared: CovenantSigner.Prepared, pair: KeyPair = member) =>
  () =>
    CovenantSigner.sign({ prepared, secretKey: pair.secretKey });
const never = (): never => {
  throw new Error('signed');
};

let folder: string;
let path: string;
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'satlock-covenant-'));
  path = join(folder, 'member.log');
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

function within<T>(act: (log: CovenantLog) => T): T {
  const log = CovenantLog.open({ path, now: () => 1_700_000_000_000 });
  try {
    return act(log);
  } finally {
    log.close();
  }
}
const signAll = (...all: readonly CovenantSigner.Prepared[]): void =>
  within((log) => {
    for (const prepared of all) log.signOnce(prepared, signer(prepared));
  });
const openFails = () => failure(() => CovenantLog.open({ path })).reason as { readonly code: string; readonly line?: number };

describe('a request', () => {
  it('is signed once: the line stands on the disk when the signatures leave', () => {
    within((log) => {
      const { kind, signatures, entry } = log.signOnce(one, () => {
        expect(fs.readFileSync(path).length).toBe(0);
        return signer(one)();
      });
      expect(kind).toBe('signed');
      const [line] = read(path);
      expect(line).toEqual(entry);
      expect(line).toMatchObject({
        sequence: 0,
        time: '2023-11-14T22:13:20.000Z',
        outpoint: `${one.outpoint.txid}:0`,
        request: hex(one.digest),
        paramsVersion: 1,
      });
      expect(line?.signed.map(({ what, sighash }) => [what, sighash])).toEqual([
        ['stakingSlashing', hex(one.spends.stakingSlashing.sighash())],
        ['unbonding', hex(one.spends.unbonding.sighash())],
        ['unbondingSlashing', hex(one.spends.unbondingSlashing.sighash())],
      ]);
      expect(line?.signatures.unbonding).toBe(hex(signatures.unbonding));
      expect(fs.statSync(path).mode & 0o777).toBe(0o600);
    });
  });

  it('asked again gets the same bytes, also from a log that was opened anew', () => {
    const first = within((log) => log.signOnce(one, signer(one)));
    const again = within((log) => log.signOnce(prepareOf(restOf(stakes[0] as (typeof stakes)[number])), never));
    expect(again).toEqual({ ...first, kind: 'stored' });
    expect(read(path)).toHaveLength(1);
  });

  it('for a stake that was signed otherwise is refused, with the line of then and what differs', () => {
    signAll(two, one);
    within((log) => {
      const { reason } = failure(() => log.signOnce(other, never));
      expect(reason).toEqual({
        code: 'covenant-log.conflict',
        outpoint: `${one.outpoint.txid}:0`,
        line: 2,
        time: '2023-11-14T22:13:20.000Z',
        differs: ['stakingSlashing'],
      });
      // The log goes on.
      expect(log.signOnce(three, signer(three)).entry.sequence).toBe(2);
    });
  });

  it('of another member for the same stake is another matter', () => {
    const pair = covenantMember(0);
    const theirs = prepareOf(restOf(stakes[0] as (typeof stakes)[number]), pair);
    signAll(one);
    expect(within((log) => log.signOnce(theirs, signer(theirs, pair))).kind).toBe('signed');
  });

  it('with signatures that are none leaves no line', () => {
    within((log) => {
      expect(codeOf(() => log.signOnce(one, () => ({ ...signer(one)(), unbonding: new Uint8Array(64) })))).toBe(
        'covenant-signer.self-check-failed',
      );
      expect(log.entries()).toEqual([]);
      expect(log.signOnce(one, signer(one)).kind).toBe('signed');
    });
  });

  it('is answered by no log that was closed, and by none for what was not prepared', () => {
    const log = CovenantLog.open({ path });
    expect(codeOf(() => log.signOnce({ ...one }, never))).toBe('covenant-signer.not-prepared');
    log.close();
    log.close();
    expect(codeOf(() => log.signOnce(one, never))).toBe('covenant-log.closed');
  });
});

describe('a log that was touched is refused at its line', () => {
  let bytes: Uint8Array;
  /** Where each line ends. */
  let ends: readonly number[];
  beforeEach(() => {
    signAll(one, two, three);
    bytes = fs.readFileSync(path);
    ends = [...bytes].flatMap((byte, i) => (byte === 10 ? [i + 1] : []));
  });
  const lineAt = (at: number): number => 1 + ends.filter((end) => end <= at).length;

  it('cut off anywhere, also between two lines', () => {
    const cuts = [
      0,
      1,
      ...ends.slice(0, -1),
      ...ends.map((end) => end - 1),
      ...Array.from({ length: 60 }, (_, i) => (i * 7919) % bytes.length),
    ];
    for (const cut of cuts) {
      fs.writeFileSync(path, bytes.subarray(0, cut));
      expect(openFails()).toMatchObject({ code: 'covenant-log.truncated', line: lineAt(cut), expectedLines: 3 });
    }
    fs.rmSync(path);
    expect(openFails()).toMatchObject({ code: 'covenant-log.truncated', line: 1 });
  });

  it('one bit changed anywhere', () => {
    for (let i = 0; i < 150; i++) {
      const at = (i * 104_729) % bytes.length;
      const copy = Uint8Array.from(bytes);
      copy[at] = (copy[at] as number) ^ (1 << (i % 8));
      fs.writeFileSync(path, copy);
      const { code, line } = openFails();
      // A line end that is lost or made moves the lines behind it.
      if (copy[at] === 10 || bytes[at] === 10) expect(['covenant-log.corrupt', 'covenant-log.truncated']).toContain(code);
      else expect([code, line, at]).toEqual(['covenant-log.corrupt', lineAt(at), at]);
    }
  });

  it('lines removed, exchanged, repeated, added', () => {
    const lines = fs.readFileSync(path, 'utf8').split('\n').slice(0, -1);
    const written = (...order: readonly (number | string)[]): { readonly code: string; readonly line?: number } => {
      fs.writeFileSync(path, order.map((i) => `${typeof i === 'number' ? lines[i] : i}\n`).join(''));
      return openFails();
    };
    expect(written(0, 2)).toMatchObject({ code: 'covenant-log.corrupt', line: 2 });
    expect(written(1, 2)).toMatchObject({ code: 'covenant-log.corrupt', line: 1 });
    expect(written(0, 2, 1)).toMatchObject({ code: 'covenant-log.corrupt', line: 2 });
    expect(written(0, 1, 1, 2)).toMatchObject({ code: 'covenant-log.corrupt', line: 3 });
    expect(written(0, 1, 2, 2)).toMatchObject({ code: 'covenant-log.corrupt', line: 4 });
    expect(written(0, 1, 2, '{}')).toMatchObject({ code: 'covenant-log.corrupt', line: 4 });
    expect(written('', 0, 1, 2)).toMatchObject({ code: 'covenant-log.corrupt', line: 1 });
    expect(failure(() => read(path)).code).toBe('covenant-log.corrupt');
  });

  it('a line of another log with the same number', () => {
    const lines = fs.readFileSync(path, 'utf8').split('\n');
    const head = fs.readFileSync(`${path}.head`);
    for (const name of [path, `${path}.head`]) fs.rmSync(name);
    signAll(one, two, three);
    const others = fs.readFileSync(path, 'utf8').split('\n');
    fs.writeFileSync(path, [lines[0], others[1], lines[2], ''].join('\n'));
    fs.writeFileSync(`${path}.head`, head);
    expect(openFails()).toMatchObject({ code: 'covenant-log.corrupt', line: 2 });
  });

  it('another log in its place, and a head that is missing, older or broken', () => {
    const head = fs.readFileSync(`${path}.head`, 'utf8');
    fs.rmSync(`${path}.head`);
    expect(openFails().code).toBe('covenant-log.bad-head');
    fs.writeFileSync(`${path}.head`, 'nothing', { mode: 0o600 });
    expect(openFails().code).toBe('covenant-log.bad-head');
    const heads = read2();
    fs.writeFileSync(`${path}.head`, heads[0] as string);
    expect(openFails().code).toBe('covenant-log.bad-head');
    // The process ended after the line and before the head.
    fs.writeFileSync(`${path}.head`, heads[1] as string);
    CovenantLog.open({ path }).close();
    expect(fs.readFileSync(`${path}.head`, 'utf8')).toBe(head);
    // The same stakes, signed anew.
    const kept = fs.readFileSync(`${path}.head`);
    fs.rmSync(path);
    fs.rmSync(`${path}.head`);
    signAll(one, two, three);
    fs.writeFileSync(`${path}.head`, kept);
    expect(openFails()).toMatchObject({ code: 'covenant-log.corrupt', line: 3 });
  });

  function read2(): readonly string[] {
    return (fs.readFileSync(path, 'utf8').match(/"sequence":\d+|"hash":"[0-9a-f]{64}"/g) ?? [])
      .join('')
      .split('"sequence":')
      .slice(1)
      .map((text) => `${text.split('"')[0]} ${text.match(/[0-9a-f]{64}/)?.[0]}\n`);
  }

  it('a line that was never finished is dropped: nothing of it was released', () => {
    fs.appendFileSync(path, '{"schema":"satlock-cov');
    expect(read(path)).toHaveLength(3);
    const log = CovenantLog.open({ path });
    expect(log.droppedBytes).toBe(22);
    expect(fs.readFileSync(path)).toEqual(bytes);
    log.close();
  });
});

describe('other writers', () => {
  it('are kept out while the log is open', () => {
    const log = CovenantLog.open({ path });
    const { reason } = failure(() => CovenantLog.open({ path }));
    expect(reason).toEqual({ code: 'covenant-log.locked', lock: `${path}.lock`, pid: process.pid, host: hostname() });
    // Reading is no writing.
    expect(read(path)).toEqual([]);
    log.close();
    expect(fs.existsSync(`${path}.lock`)).toBe(false);
    CovenantLog.open({ path }).close();
  });

  const lockOf = (changes: object): void => {
    const text = fs.readFileSync(`${path}.lock`, 'utf8');
    fs.writeFileSync(`${path}.lock`, `${JSON.stringify({ ...JSON.parse(text), nonce: '0'.repeat(32), ...changes })}\n`);
  };

  it('a lock of a process that is gone is taken over; one of another machine, or one that says nothing, never', () => {
    const gone = 2 ** 22 + 12_345;
    for (const [changes, free] of [
      [{ pid: gone }, true],
      [{ pid: gone, host: 'elsewhere' }, false],
      [{ pid: 0 }, false],
      [{ pid: process.ppid, started: '' }, false],
      [{ nonce: '../x', pid: gone }, false],
      [{ pid: undefined }, false],
    ] as const) {
      const log = CovenantLog.open({ path });
      lockOf(changes);
      log.close();
      if (free) CovenantLog.open({ path }).close();
      else expect(openFails().code).toBe('covenant-log.locked');
      fs.rmSync(`${path}.lock`, { force: true });
    }
  });

  it('that come in all the same release nothing: the second to write finds the log changed', () => {
    const log = CovenantLog.open({ path });
    fs.rmSync(`${path}.lock`);
    const intruder = CovenantLog.open({ path });
    // The lock is not ours any more.
    expect(codeOf(() => log.signOnce(one, signer(one)))).toBe('covenant-log.other-writer');
    expect(intruder.signOnce(other, signer(other)).kind).toBe('signed');
    fs.appendFileSync(path, '\n');
    const before = fs.readFileSync(path);
    expect(codeOf(() => intruder.signOnce(two, signer(two)))).toBe('covenant-log.other-writer');
    expect(fs.readFileSync(path)).toEqual(before);
    expect(codeOf(() => intruder.signOnce(two, signer(two)))).toBe('covenant-log.closed');
  });

  it('that write between our look and our write are found after it', () => {
    const log = CovenantLog.open({ path });
    const { fsyncSync } = fsDefault;
    fsDefault.fsyncSync = (handle) => {
      fs.appendFileSync(path, 'x\n');
      fsyncSync(handle);
    };
    syncBuiltinESMExports();
    try {
      expect(codeOf(() => log.signOnce(one, signer(one)))).toBe('covenant-log.other-writer');
    } finally {
      fsDefault.fsyncSync = fsyncSync;
      syncBuiltinESMExports();
    }
    expect(openFails().code).toBe('covenant-log.corrupt');
  });

  it('a log that was moved away is not written, nor one with another in its place', () => {
    for (const another of [false, true]) {
      const log = CovenantLog.open({ path });
      fs.renameSync(path, `${path}.1`);
      if (another) fs.writeFileSync(path, '', { mode: 0o600 });
      expect(codeOf(() => log.signOnce(one, signer(one)))).toBe('covenant-log.other-writer');
      expect(fs.statSync(`${path}.1`).size).toBe(0);
    }
  });
});

describe('a disk that fails', () => {
  it.each(['writeSync', 'fsyncSync'] as const)('in %s: nothing is released, and what was asked may be asked again', (name) => {
    const log = CovenantLog.open({ path });
    const original = fsDefault[name];
    Object.assign(fsDefault, {
      [name]: () => {
        throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      },
    });
    syncBuiltinESMExports();
    try {
      expect(codeOf(() => log.signOnce(one, signer(one)))).toBe('covenant-log.not-durable');
    } finally {
      Object.assign(fsDefault, { [name]: original });
      syncBuiltinESMExports();
    }
    expect(codeOf(() => log.signOnce(one, never))).toBe('covenant-log.closed');
    // After an fsync that failed the line may stand or not; either way there is one set of signatures for the stake.
    const before = read(path)[0]?.signatures.unbonding;
    const { signatures } = within((anew) => anew.signOnce(one, signer(one)));
    if (before !== undefined) expect(hex(signatures.unbonding)).toBe(before);
    within((anew) => expect(hex(anew.signOnce(one, never).signatures.unbonding)).toBe(hex(signatures.unbonding)));
  });
});

describe('the file', () => {
  it.runIf(process.platform !== 'win32')('that others may write, a link and a folder are refused, and no lock is left', () => {
    signAll(one);
    fs.chmodSync(path, 0o620);
    expect(openFails().code).toBe('covenant-log.loose-permissions');
    fs.chmodSync(path, 0o600);
    fs.renameSync(path, `${path}.real`);
    fs.symlinkSync(`${path}.real`, path);
    expect(() => CovenantLog.open({ path })).toThrow('ELOOP');
    fs.rmSync(path);
    fs.mkdirSync(path);
    expect(() => CovenantLog.open({ path })).toThrow();
    expect(fs.existsSync(`${path}.lock`)).toBe(false);
  });
});
