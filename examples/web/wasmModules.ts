// A Vite plugin for `import * as wasm from './x.wasm'` as tiny-secp256k1 means it: exported globals are WebAssembly.Global objects. Vite's own
// reading of such imports follows the newer proposal and unwraps them to numbers, on which tiny-secp256k1 fails. Only a page that opts in to
// the WASM backend needs this; the default backend needs nothing.
import { readFile } from 'node:fs/promises';
import type { Plugin } from 'vite';

/** The module is compiled by the browser when the importing chunk is loaded, never before. */
export function wasmModules(): Plugin {
  return {
    name: 'wasm-modules',
    enforce: 'pre',
    async load(id) {
      if (!id.endsWith('.wasm')) return null;
      const module = await WebAssembly.compile(await readFile(id));
      const sources = [...new Set(WebAssembly.Module.imports(module).map((one) => one.module))];
      const names = WebAssembly.Module.exports(module).map((one) => one.name);
      return [
        `import url from ${JSON.stringify(`${id}?url`)};`,
        ...sources.map((source, i) => `import * as part${i} from ${JSON.stringify(source)};`),
        `const imports = { ${sources.map((source, i) => `${JSON.stringify(source)}: part${i}`).join(', ')} };`,
        'const { instance } = await WebAssembly.instantiate(await (await fetch(url)).arrayBuffer(), imports);',
        `export const { ${names.join(', ')} } = instance.exports;`,
      ].join('\n');
    },
  };
}
