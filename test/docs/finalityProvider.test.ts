// The provider's guide: its sessions run as they stand, and the commands that would not end have the options that the guide gives them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type * as Signer from '../../src/signer/Decision.ts';
import { read } from './fences.ts';
import { runSessions, unknownOptionsOf } from './sessions.ts';

const GUIDE = 'docs/finality-provider.md';
const folder = mkdtempSync(join(tmpdir(), 'satlock-guide-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe(GUIDE, () => {
  it('has sessions that run in their order', () => {
    expect(runSessions(GUIDE, folder, { SATLOCK_PASSPHRASE: 'correct horse battery staple' })).toContain('fp');
  }, 120_000);

  it('names commands and options that exist', () => {
    const { commands, unknown } = unknownOptionsOf(GUIDE);
    expect(commands).toBeGreaterThan(6);
    expect(unknown).toEqual([]);
  }, 120_000);

  it('explains every refusal', () => {
    const codes: Record<Signer.Refusal['code'], true> = {
      'signer.not-a-vote': true,
      'signer.height-mismatch': true,
      'signer.double-sign': true,
      'signer.key-condemned': true,
      'signer.not-enrolled': true,
      'signer.below-watermark': true,
      'signer.fenced': true,
    };
    expect(Object.keys(codes).filter((code) => !read(GUIDE).includes(`| \`${code}\` |`))).toEqual([]);
  });
});
