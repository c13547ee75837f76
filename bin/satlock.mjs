#!/usr/bin/env node
// The installed package runs dist/; a checkout runs its TypeScript source, so that nothing has to be built by hand.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const source = new URL('../src/cli/main.ts', import.meta.url);
if (existsSync(fileURLToPath(source))) {
  let tsx;
  try {
    tsx = await import('tsx/esm/api');
  } catch {
    process.stderr.write('satlock: this is a source checkout without its dependencies; run `npm ci` in it first\n');
    process.exit(3);
  }
  // The tsconfig of the folder that somebody happens to stand in is not ours.
  tsx.register({ tsconfig: false });
  const { run } = await import(source.href);
  await run();
} else {
  const { run } = await import(new URL('../dist/cli/main.js', import.meta.url).href);
  await run();
}
