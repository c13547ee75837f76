import { defineConfig, type ViteUserConfig } from 'vitest/config';

// Two projects: what runs anywhere, and what needs a Bitcoin node (it says so in one line and skips where there is none).
const config: ViteUserConfig = defineConfig({
  test: {
    globals: false,
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'library', include: ['test/**/*.test.ts'], exclude: ['test/node/**'] } },
      { extends: true, test: { name: 'node', include: ['test/node/**/*.test.ts'] } },
    ],
  },
});

export default config;
