// What a row found, and how it is printed. A row never fails the run: it says what it misses.
import type { Comparison, Spread, Timing } from './measure.ts';

/** A row: one comparison, one curve, or one time. */
export type Finding = {
  readonly row: number;
  readonly name: string;
  /** What was compared before the clock ran, and what of it differs. */
  readonly checked: string;
  readonly target?: { readonly text: string; readonly met: boolean };
  /** What the numbers do not say by themselves. */
  readonly note?: string;
  readonly latencies?: readonly Latency[];
} & (
  | { readonly kind: 'ratio'; readonly comparison: Comparison }
  | { readonly kind: 'curve'; readonly curves: readonly Curve[] }
  | { readonly kind: 'time'; readonly unit: string; readonly times: readonly { readonly name: string; readonly spread: Spread }[] }
);

/** How long single requests took. @unit microseconds */
export type Latency = {
  readonly name: string;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly perSecond: number;
};

export type Curve = {
  readonly name: string;
  readonly points: readonly { readonly size: number; readonly microseconds: Spread }[];
  readonly exponent: number;
};

export type Machine = {
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly loadAverage: readonly number[];
  readonly commit: string;
};

export type Report = {
  readonly machine: Machine;
  readonly quick: boolean;
  readonly seconds: number;
  readonly peers: Readonly<Record<string, string>>;
  readonly findings: readonly Finding[];
};

/** Three significant digits. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '?';
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3);
}

function duration(microseconds: number): string {
  if (microseconds >= 1e6) return `${short(microseconds / 1e6)} s`;
  return microseconds >= 1000 ? `${short(microseconds / 1000)} ms` : `${short(microseconds)} us`;
}

const spreadText = ({ min, median, max }: Spread, text: (value: number) => string): string =>
  `${text(median)}  (${text(min)} … ${text(max)})`;

function timingLine({ name, microseconds }: Timing): string {
  const perSecond = short(1e6 / microseconds.median);
  return `      ${name.padEnd(62)} ${spreadText(microseconds, duration)}, ${perSecond}/s`;
}

function latencyLine({ name, p50, p99, max, perSecond }: Latency): string {
  return `      ${name.padEnd(62)} p50 ${duration(p50)}, p99 ${duration(p99)}, max ${duration(max)}, ${short(perSecond)}/s`;
}

/** The lines of a finding. */
export function lines(finding: Finding): readonly string[] {
  const verdict = finding.target === undefined ? '' : `   [${finding.target.met ? 'met' : 'MISSED'}: ${finding.target.text}]`;
  const head = `${String(finding.row).padStart(2)}  ${finding.name}`;
  const tail = [
    ...(finding.latencies ?? []).map(latencyLine),
    `      same: ${finding.checked}`,
    ...(finding.note === undefined ? [] : [`      note: ${finding.note}`]),
    '',
  ];
  switch (finding.kind) {
    case 'ratio': {
      const { ours, other, ratio, rounds } = finding.comparison;
      const times = spreadText(ratio, (value) => `${short(value)}x`);
      return [head, `      ${times} as fast, ${rounds} pairs${verdict}`, timingLine(ours), timingLine(other), ...tail];
    }
    case 'curve':
      return [
        `${head}${verdict}`,
        ...finding.curves.flatMap(({ name, points, exponent }) => [
          `      ${name}: time ~ n^${exponent.toFixed(2)}`,
          ...points.map(({ size, microseconds }) => `        n = ${String(size).padStart(5)}   ${spreadText(microseconds, duration)}`),
        ]),
        ...tail,
      ];
    case 'time':
      return [
        `${head}${verdict}`,
        ...finding.times.map(
          ({ name, spread }) => `      ${name.padEnd(62)} ${spreadText(spread, (value) => `${short(value)} ${finding.unit}`)}`,
        ),
        ...tail,
      ];
  }
}

/** The closing lines: what was asked for and what came out. */
export function summary(findings: readonly Finding[]): readonly string[] {
  const withTarget = findings.flatMap(({ row, name, target }) => (target === undefined ? [] : [{ row, name, target }]));
  const missed = withTarget.filter(({ target }) => !target.met);
  return [
    `${withTarget.length - missed.length} of ${withTarget.length} targets met.`,
    ...missed.map(({ row, name, target }) => `MISSED  ${String(row).padStart(2)}  ${name}: ${target.text}`),
  ];
}
