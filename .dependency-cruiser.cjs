// Each folder may import only itself and the folders listed. The table *is* the architecture.
const mayImport = {
  base: [],
  crypto: ['base'],
  bitcoin: ['base', 'crypto'],
  babylon: ['base', 'crypto', 'bitcoin'],
  wallet: ['base', 'crypto', 'bitcoin', 'babylon'],
  signer: ['base', 'crypto'],
  restaking: ['base'],
  market: ['base'],
  risk: ['base'],
  sim: ['base', 'crypto', 'bitcoin', 'babylon', 'signer', 'restaking', 'market', 'risk'],
  vectors: ['base', 'crypto', 'bitcoin', 'babylon', 'restaking', 'sim'],
  node: ['base', 'crypto', 'bitcoin', 'babylon', 'wallet', 'signer', 'sim'],
  cli: ['base', 'crypto', 'bitcoin', 'babylon', 'wallet', 'signer', 'restaking', 'market', 'risk', 'sim', 'vectors', 'node'],
};
const pure = Object.keys(mayImport)
  .filter((folder) => folder !== 'node' && folder !== 'cli')
  .join('|');

module.exports = {
  forbidden: [
    ...Object.entries(mayImport).map(([folder, allowed]) => ({
      name: `layer-${folder}`,
      severity: 'error',
      from: { path: `^src/${folder}/` },
      to: { path: '^src/', pathNot: `^src/(${[folder, ...allowed].join('|')})/` },
    })),
    {
      name: 'known-folder',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: `^src/(${Object.keys(mayImport).join('|')})/` },
      to: {},
    },
    { name: 'no-cycles', severity: 'error', from: { path: '^src' }, to: { circular: true } },
    { name: 'pure-stays-pure', severity: 'error', from: { path: `^src/(${pure})/` }, to: { dependencyTypes: ['core'] } },
    { name: 'no-barrel-inside', severity: 'error', from: { path: '^src/', pathNot: '/index[.]ts$' }, to: { path: '^src/.*index[.]ts$' } },
    ...Object.keys(mayImport).map((folder) => ({
      name: `private-file-${folder}`,
      comment: 'a lower-case file is private to its folder; the ecc backends are the exception',
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/${folder}/` },
      to: { path: `^src/${folder}/.*/?[a-z][A-Za-z0-9]*[.]ts$`, pathNot: '(/[A-Z][A-Za-z0-9]*|/index)[.]ts$|^src/crypto/ecc/' },
    })),
    { name: 'src-not-test', severity: 'error', from: { path: '^src' }, to: { path: '^(test|examples|bench)/' } },
    { name: 'no-missing', severity: 'error', from: {}, to: { couldNotResolve: true, dependencyTypesNot: ['core'] } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
