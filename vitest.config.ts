import { defineConfig, type ViteUserConfig } from 'vitest/config';

// Three projects: what runs anywhere, what needs a Bitcoin node, and what needs Chromium (they say so in one line and skip where there is none).
const config: ViteUserConfig = defineConfig({
  test: {
    globals: false,
    pool: 'forks',
    globalSetup: ['test/support/builtCli.ts'],
    // All cores: by default one is left free, which on two of them doubles the time.
    maxWorkers: '100%',
    testTimeout: 180_000,
    hookTimeout: 180_000,
    projects: [
      { extends: true, test: { name: 'library', include: ['test/**/*.test.ts'], exclude: ['test/node/**', 'test/browser/**'] } },
      { extends: true, test: { name: 'node', include: ['test/node/**/*.test.ts'] } },
      { extends: true, test: { name: 'browser', include: ['test/browser/**/*.test.ts'] } },
    ],
  },
});

export default config;
