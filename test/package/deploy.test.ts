// What operators copy: the unit starts a command that exists, and dashboard and alerts ask for metrics that the daemon has.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { makeMetrics } from '../../src/node/daemon/metrics.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(ROOT, 'deploy', file), 'utf8');

const registry = new Registry();
makeMetrics(registry);
const known = (await registry.getMetricsAsJSON()).flatMap(({ name, type }) =>
  String(type) === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
);
const metricsOf = (text: string): string[] => [...new Set(text.match(/\b(?:satlock|eots)_[a-z0-9_]+/g) ?? [])];

describe('the dashboard', () => {
  const dashboard = JSON.parse(read('grafana-satlock-signer.json')) as {
    readonly panels: readonly { readonly id: number; readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
  };

  it('asks for metrics that the daemon has, and leaves none of the important ones out', () => {
    const asked = metricsOf(dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join('\n'));
    expect(asked.filter((name) => !known.includes(name))).toEqual([]);
    expect(asked).toEqual(
      expect.arrayContaining(['satlock_signer_halted', 'satlock_signer_fenced_slots', 'eots_fp_total_eots_sign_counter']),
    );
  });

  it('has panels with ids of their own', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });
});

describe('the alerts', () => {
  const rules = read('prometheus-rules.yml');
  const names = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name as string);

  it('ask for metrics that the daemon has', () => {
    const asked = metricsOf(rules.replaceAll(/^.*- (name|alert):.*$/gm, ''));
    expect(asked.length).toBeGreaterThan(8);
    expect(asked.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('are each explained in the guide', () => {
    const guide = readFileSync(join(ROOT, 'docs/finality-provider.md'), 'utf8');
    expect(names.length).toBeGreaterThan(8);
    expect(names.filter((name) => !guide.includes(name))).toEqual([]);
  });
});

describe('the systemd unit', () => {
  const unit = read('satlock-signer.service');

  it('starts a command whose options exist', () => {
    const command = /^ExecStart=(.*)$/m.exec(unit)?.[1] ?? '';
    expect(command).toContain('satlock signer serve');
    const help = execFileSync(process.execPath, [join(ROOT, 'bin/satlock.mjs'), 'signer', 'serve', '--help'], { encoding: 'utf8' });
    const options = command.match(/ --[a-z-]+/g)?.map((option) => option.trim()) ?? [];
    expect(options.length).toBeGreaterThan(4);
    expect(options.filter((option) => !help.includes(`${option} `))).toEqual([]);
  });

  it.skipIf(spawnSync('systemd-analyze', ['--version']).error !== undefined)('is what systemd takes', () => {
    const { stderr, status } = spawnSync('systemd-analyze', ['verify', join(ROOT, 'deploy/satlock-signer.service')], { encoding: 'utf8' });
    expect(stderr.split('\n').filter((line) => line.includes('satlock-signer'))).toEqual([]);
    expect(status).toBe(0);
  });

  it('gives no secret on the command line or in the environment', () => {
    expect(unit).not.toMatch(/^Environment/m);
    expect(unit).toMatch(/^LoadCredential=passphrase:/m);
  });
});
