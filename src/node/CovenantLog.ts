// What a covenant member has signed: an append-only file of JSON lines, each with the hash of the line before. A line is on the disk before its
// signatures leave. The reference keeps no record (covenant-emulator covenant-signer/signerapp/signer.go).
//
// How it fails safe. A lock file keeps other writers out; should two write all the same (a lock that was deleted, two machines on one disk), each
// looks after its append whether its line stands where it must: only one finds it there, the other releases nothing and the log is refused from
// then on. A file beside the log, LOG.head, names its last line: a log that was cut off is found out by it. It is written before signatures
// leave, so that what stands half-written behind it was never released and is dropped. Who can write both files can still rewrite history;
// copy the head elsewhere to notice that too.
import * as fs from 'node:fs';
import { dirname } from 'node:path';
import * as CovenantSigner from '../babylon/CovenantSigner.ts';
import * as Bytes from '../base/Bytes.ts';
import { fail, isSatlockError } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Line from './covenantLog/line.ts';
import * as OwnerFiles from './ownerFiles.ts';
import * as ProcessLock from './processLock.ts';

export type { Entry } from './covenantLog/line.ts';

export type Reason =
  | CovenantSigner.Reason
  | OwnerFiles.Reason
  | ({ readonly code: 'covenant-log.locked'; readonly lock: string } & ProcessLock.Holder)
  | { readonly code: 'covenant-log.corrupt'; readonly file: string; readonly line: number; readonly problem: string }
  | { readonly code: 'covenant-log.truncated'; readonly file: string; readonly line: number; readonly expectedLines: number }
  | { readonly code: 'covenant-log.bad-head'; readonly file: string; readonly problem: string }
  | { readonly code: 'covenant-log.loose-permissions'; readonly file: string; readonly mode: string }
  | {
      readonly code: 'covenant-log.conflict';
      readonly outpoint: string;
      readonly line: number;
      readonly time: string;
      readonly differs: readonly string[];
    }
  | { readonly code: 'covenant-log.other-writer'; readonly file: string }
  | { readonly code: 'covenant-log.not-durable'; readonly file: string }
  | { readonly code: 'covenant-log.closed'; readonly file: string };

export type Options = {
  readonly path: string;
  /** Unix milliseconds. */
  readonly now?: () => number;
};

/** Signatures with their line. `stored`: the same was asked for before, and these are the bytes of then. */
export type Logged = {
  readonly kind: 'signed' | 'stored';
  readonly signatures: CovenantSigner.Signatures;
  readonly entry: Line.Entry;
};

type Head = { readonly sequence: number; readonly hash: string };
const EMPTY: Head = { sequence: -1, hash: Line.ZERO };
const LF = 10;

/** An open log. All of it is synchronous: nothing of ours comes between a look and a write. */
export class CovenantLog {
  readonly path: string;
  /** Bytes of an unfinished line that were dropped at opening: the process ended while it wrote. */
  readonly droppedBytes: number;
  readonly #now: () => number;
  readonly #lock: ProcessLock.Lock;
  readonly #handle: number;
  readonly #entries: Line.Entry[] = [];
  readonly #byStake = new Map<string, Line.Entry>();
  #size: number;
  #open = true;

  /** Use {@link open}. */
  private constructor(options: Options, lock: ProcessLock.Lock, handle: number) {
    this.path = options.path;
    this.#now = options.now ?? Date.now;
    this.#lock = lock;
    this.#handle = handle;
    const head = readHead(this.path);
    const { entries, size, rest } = readLines(this.path, fs.readFileSync(handle), head);
    for (const entry of entries) this.#remember(entry);
    this.#size = size;
    this.droppedBytes = rest;
    if (rest > 0) fs.ftruncateSync(handle, size);
    const last = headOf(entries);
    if (head === undefined || head.sequence !== last.sequence) {
      // The process ended between a line and its head: only what is flushed is named.
      fs.fsyncSync(handle);
      writeHead(this.path, last);
    }
  }

  /**
   * Opens a log, and makes it when there is none. Every line is verified.
   *
   * @throws covenant-log.locked - another process writes it
   * @throws covenant-log.corrupt, covenant-log.truncated, covenant-log.bad-head - with the line
   * @throws covenant-log.loose-permissions, owner-files.*, and the file system's own errors
   */
  static open(options: Options): CovenantLog {
    const { path } = options;
    const file = `${path}.lock`;
    const lock = ProcessLock.take(file, { refuse: (holder) => locked(file, holder) });
    let handle: number | undefined;
    try {
      handle = openFile(path);
      return new CovenantLog(options, lock, handle);
    } catch (error) {
      if (handle !== undefined) fs.closeSync(handle);
      lock.release();
      throw error;
    }
  }

  /** All lines, first to last. */
  entries(): readonly Line.Entry[] {
    return [...this.#entries];
  }

  /**
   * The signatures of a request. The first time they are made, written down and flushed to the disk; the same request later gets the same bytes;
   * another request for a stake that was signed before is refused.
   *
   * @throws covenant-log.conflict - with the line of the first request
   * @throws covenant-log.other-writer, covenant-log.not-durable, covenant-log.closed - nothing is released, and the log must be opened anew
   * @throws covenant-signer.* - stored signatures that are none
   */
  signOnce(prepared: CovenantSigner.Prepared, make: () => CovenantSigner.Signatures): Logged {
    CovenantSigner.check(prepared);
    if (!this.#open) fail<Reason>({ code: 'covenant-log.closed', file: this.path }, `${this.path}: this log is closed`);
    const before = this.#byStake.get(stakeOf(prepared));
    if (before !== undefined) return this.#again(prepared, before);
    const signatures = make();
    CovenantSigner.verify(prepared, signatures);
    const { sequence, hash: previous } = headOf(this.#entries);
    const place = { sequence: sequence + 1, previous };
    const text = Line.encode(prepared, signatures, { ...place, time: new Date(this.#now()).toISOString() });
    const entry = Line.decode(text, place);
    if (typeof entry === 'string')
      return this.#stop({ code: 'covenant-log.not-durable', file: this.path }, `a line that is none: ${entry}`);
    this.#append(new TextEncoder().encode(`${text}\n`), entry);
    // What leaves is what stands in the log.
    return { kind: 'signed', signatures: Line.signaturesIn(entry), entry };
  }

  /** Lets others write. What was asked and not answered may be asked again. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    fs.closeSync(this.#handle);
    this.#lock.release();
  }

  #again(prepared: CovenantSigner.Prepared, entry: Line.Entry): Logged {
    if (entry.request !== Hex.encode(prepared.digest)) {
      const { outpoint, time } = entry;
      const line = entry.sequence + 1;
      const differs = differences(prepared, entry);
      return fail<Reason>(
        { code: 'covenant-log.conflict', outpoint, line, time, differs },
        `${outpoint}: this member signed something else for this stake (line ${line} of ${this.path}, ${time}); different: ${differs.join(', ')}`,
      );
    }
    const signatures = Line.signaturesIn(entry);
    CovenantSigner.verify(prepared, signatures);
    return { kind: 'stored', signatures, entry };
  }

  /** Returns only when the line, and the head that names it, are on the disk. */
  #append(line: Uint8Array, entry: Line.Entry): void {
    if (!this.#isAlone())
      this.#stop({ code: 'covenant-log.other-writer', file: this.path }, 'another process writes it; nothing was signed');
    try {
      let written = 0;
      while (written < line.length) written += fs.writeSync(this.#handle, line, written);
      fs.fsyncSync(this.#handle);
      const there = new Uint8Array(line.length);
      const read = fs.readSync(this.#handle, there, 0, line.length, this.#size);
      if (read !== line.length || !Bytes.equal(there, line) || fs.fstatSync(this.#handle).size !== this.#size + line.length)
        this.#stop(
          { code: 'covenant-log.other-writer', file: this.path },
          'another process wrote into it; the signatures are not released',
        );
      writeHead(this.path, entry);
    } catch (cause) {
      if (isSatlockError(cause)) throw cause;
      this.#stop(
        { code: 'covenant-log.not-durable', file: this.path },
        'the line could not be written; the signatures are not released',
        cause,
      );
    }
    this.#size += line.length;
    this.#remember(entry);
  }

  /** The file under the name is the one that is open, as long as it was, and the lock is ours. */
  #isAlone(): boolean {
    const open = fs.fstatSync(this.#handle);
    try {
      const named = fs.statSync(this.path);
      return named.ino === open.ino && named.dev === open.dev && open.size === this.#size && this.#lock.isOurs();
    } catch {
      return false;
    }
  }

  #stop(reason: Reason, message: string, cause?: unknown): never {
    this.close();
    return fail<Reason>(reason, `${this.path}: ${message}`, cause === undefined ? {} : { cause });
  }

  #remember(entry: Line.Entry): void {
    this.#entries.push(entry);
    this.#byStake.set(`${entry.covenantPk} ${entry.outpoint}`, entry);
  }
}

/**
 * The lines of a log that somebody else may be writing, every one verified. An unfinished last line is passed over.
 *
 * @throws covenant-log.corrupt, covenant-log.truncated, covenant-log.bad-head, and the file system's own errors
 */
export function read(path: string): readonly Line.Entry[] {
  // The head first: what is appended meanwhile only makes the log longer.
  const head = readHead(path);
  return readLines(path, fs.readFileSync(path), head, true).entries;
}

function locked(lock: string, holder: ProcessLock.Holder): never {
  return fail<Reason>(
    { code: 'covenant-log.locked', lock, ...holder },
    `${lock}: ${ProcessLock.nameOf(holder)} writes this log; if it is gone for certain, delete the lock file`,
  );
}

function stakeOf({ covenantPk, outpoint }: CovenantSigner.Prepared): string {
  return `${Hex.encode(covenantPk)} ${outpoint.txid}:${outpoint.vout}`;
}

function differences({ spends, finalityProviderPks }: CovenantSigner.Prepared, entry: Line.Entry): readonly string[] {
  const before = new Map(entry.signed.map(({ what, sighash }) => [what, sighash]));
  const roles = ['stakingSlashing', 'unbonding', 'unbondingSlashing', 'expansion'] as const;
  const found: string[] = roles.filter((role) => {
    const spend = spends[role];
    return before.get(role) !== (spend === undefined ? undefined : Hex.encode(spend.sighash()));
  });
  return finalityProviderPks.map(Hex.encode).join() === entry.finalityProviderPks.join() ? found : [...found, 'finalityProviderPks'];
}

function headOf(entries: readonly Line.Entry[]): Head {
  return entries[entries.length - 1] ?? EMPTY;
}

/** For appending and reading; a new one is made for its owner only. A link is not followed. */
function openFile(path: string): number {
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants;
  const isNew = !fs.existsSync(path);
  // The head stands first: a log without one was cut off, or is not of this program.
  if (isNew && readHead(path) === undefined) writeHead(path, EMPTY);
  const handle = fs.openSync(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    const stat = fs.fstatSync(handle);
    if (!stat.isFile()) fail<Reason>({ code: 'owner-files.wrong-kind', path, expected: 'file' }, `${path}: not a file`);
    if (process.platform !== 'win32' && (stat.mode & 0o022) !== 0) {
      const mode = (stat.mode & 0o777).toString(8);
      fail<Reason>(
        { code: 'covenant-log.loose-permissions', file: path, mode },
        `${path}: others may write it (mode ${mode}); chmod 600 it`,
      );
    }
    if (isNew) OwnerFiles.flushFolder(dirname(path));
  } catch (error) {
    fs.closeSync(handle);
    throw error;
  }
  return handle;
}

type Lines = { readonly entries: readonly Line.Entry[]; readonly size: number; readonly rest: number };

/** Whole lines and what follows the last of them. With `others` somebody may be appending: more lines than the head names are no fault. */
function readLines(file: string, bytes: Uint8Array, head: Head | undefined, others = false): Lines {
  const size = bytes.lastIndexOf(LF) + 1;
  const texts = size === 0 ? [] : textOf(file, bytes.subarray(0, size - 1)).split('\n');
  const entries: Line.Entry[] = [];
  const stakes = new Set<string>();
  for (const [i, text] of texts.entries()) {
    const { sequence, hash } = headOf(entries);
    const entry = Line.decode(text, { sequence: sequence + 1, previous: hash });
    if (typeof entry === 'string') return corrupt(file, i + 1, entry);
    const stake = `${entry.covenantPk} ${entry.outpoint}`;
    if (stakes.has(stake)) return corrupt(file, i + 1, `the stake ${entry.outpoint} was signed in a line before`);
    stakes.add(stake);
    entries.push(entry);
  }
  checkHead(file, head, entries, bytes.length, others);
  return { entries, size, rest: bytes.length - size };
}

function textOf(file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const line = bytes.findIndex((byte) => byte > 0x7e);
    return corrupt(file, 1 + bytes.subarray(0, Math.max(0, line)).filter((byte) => byte === LF).length, 'bytes that are no text');
  }
}

function corrupt(file: string, line: number, problem: string): never {
  return fail<Reason>({ code: 'covenant-log.corrupt', file, line, problem }, `${file}, line ${line}: ${problem}`);
}

/** The head is written after its line and before the next: it names the last line, or the one before. */
function checkHead(file: string, head: Head | undefined, entries: readonly Line.Entry[], size: number, others: boolean): void {
  if (head === undefined) {
    if (size === 0) return;
    badHead(file, 'it is missing, while the log has content; whether lines are missing too cannot be told');
  }
  const lines = entries.length;
  if (head.sequence >= lines) {
    const expectedLines = head.sequence + 1;
    fail<Reason>(
      { code: 'covenant-log.truncated', file, line: lines + 1, expectedLines },
      `${file}, line ${lines + 1}: the log had ${expectedLines} lines, it was cut off after line ${lines}`,
    );
  }
  const named = head.sequence < 0 ? Line.ZERO : entries[head.sequence]?.hash;
  if (named !== head.hash) corrupt(file, head.sequence + 1, 'it is not the line that the head names: the log was exchanged');
  if (!others && head.sequence < lines - 2) badHead(file, `it names line ${head.sequence + 1} of ${lines}: it is an old copy`);
}

const headFile = (path: string): string => `${path}.head`;

function readHead(path: string): Head | undefined {
  let text: string;
  try {
    text = OwnerFiles.read(headFile(path), 4_096);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const match = /^(-1|0|[1-9][0-9]{0,14}) ([0-9a-f]{64})\n$/.exec(text);
  const [, sequence, hash] = match ?? [];
  if (sequence === undefined || hash === undefined) return badHead(path, 'it cannot be read');
  return { sequence: Number(sequence), hash };
}

function badHead(path: string, problem: string): never {
  const file = headFile(path);
  return fail<Reason>({ code: 'covenant-log.bad-head', file, problem }, `${file}: ${problem}`);
}

function writeHead(path: string, { sequence, hash }: Head): void {
  OwnerFiles.replace(headFile(path), `${sequence} ${hash}\n`);
}
