// The covenant member's guide: its sessions run on a delegation by the rules, its other commands have the options that it gives them, and its
// table of answers has every code of the log and the server.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import * as Params from '../../src/babylon/Params.ts';
import { toJson } from '../../src/cli/io.ts';
import type * as CovenantLog from '../../src/node/CovenantLog.ts';
import { V0, V1 } from '../babylon/chain/world.ts';
import { member, rest } from '../babylon/covenant/requests.ts';
import { hex } from '../support/stakes.ts';
import { read } from './fences.ts';
import { runSessions, unknownOptionsOf } from './sessions.ts';

const GUIDE = 'docs/covenant.md';
const folder = mkdtempSync(join(tmpdir(), 'satlock-covenant-guide-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe(GUIDE, () => {
  it('has sessions that run in their order', () => {
    writeFileSync(join(folder, 'delegation.json'), JSON.stringify({ btc_delegation: rest }));
    writeFileSync(join(folder, 'params.json'), toJson([V0, V1].map(Params.toJson)));
    writeFileSync(join(folder, 'member.key'), hex(member.secretKey), { mode: 0o600 });
    const output = runSessions(GUIDE, folder);
    expect(output).toContain('every check passed');
    expect(output).toContain('signed: ');
    expect(output).toContain('1 lines, every one in its place');
  }, 120_000);

  it('names commands and options that exist', () => {
    expect(unknownOptionsOf(GUIDE)).toEqual({ commands: 1, unknown: [] });
  }, 120_000);

  it('explains every refusal of the log', () => {
    type Code = Extract<CovenantLog.Reason['code'], `covenant-log.${string}`>;
    const codes: Record<Code, true> = {
      'covenant-log.bad-head': true,
      'covenant-log.closed': true,
      'covenant-log.conflict': true,
      'covenant-log.corrupt': true,
      'covenant-log.locked': true,
      'covenant-log.loose-permissions': true,
      'covenant-log.not-durable': true,
      'covenant-log.other-writer': true,
      'covenant-log.truncated': true,
    };
    expect(Object.keys(codes).filter((code) => !read(GUIDE).includes(`\`${code}\``))).toEqual([]);
  });
});
