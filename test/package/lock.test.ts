// The lock file must install everywhere: every optional dependency (the binaries of other platforms) has its entry, and no host is named.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';

type Package = { readonly optionalDependencies?: Readonly<Record<string, string>> };

const text = readFileSync(resolve(import.meta.dirname, '../../package-lock.json'), 'utf8');
const { packages } = JSON.parse(text) as { readonly packages: Readonly<Record<string, Package>> };

it('has an entry for every optional dependency, or `npm ci` refuses it', () => {
  const paths = Object.keys(packages);
  const missing = Object.entries(packages).flatMap(([owner, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !paths.some((path) => path.endsWith(`node_modules/${name}`)))
      .map((name) => `${owner}: ${name}`),
  );
  expect(missing).toEqual([]);
});

it('names no host to download from', () => {
  expect(text).not.toContain('"resolved"');
});
