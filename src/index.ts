// Contents page: the namespaces of the pure folders. Nothing runs at import, and nothing has to be initialised.

export * from './babylon/index.ts';
export * from './base/index.ts';
export * from './bitcoin/index.ts';
export * from './crypto/index.ts';
export * from './wallet/index.ts';
