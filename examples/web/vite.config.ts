// The page as a production build in out/web: index.html for any static server, and offline.html (--mode single), which is one file, opens by a
// double click and has the pure backend only.
import { fileURLToPath } from 'node:url';
import type { Plugin, UserConfig, UserConfigFnObject } from 'vite';
import { wasmModules } from './wasmModules.ts';

const OUT = fileURLToPath(new URL('../../out/web', import.meta.url));

/** Browsers load no module from a file: the one script and the style go into the document. */
function singleFile(): Plugin {
  return {
    name: 'single-file',
    enforce: 'post',
    generateBundle(_, bundle) {
      const { 'index.html': page, ...others } = bundle;
      if (page?.type !== 'asset') return;
      let html = String(page.source);
      for (const [name, file] of Object.entries(others)) {
        const inner = file.type === 'chunk' ? file.code.replaceAll('</script', '<\\/script') : String(file.source);
        const tag = file.type === 'chunk' ? /<script[^>]*><\/script>/ : /<link rel="stylesheet"[^>]*>/;
        const wrapped = file.type === 'chunk' ? `<script type="module">${inner}</script>` : `<style>${inner}</style>`;
        html = html.replace(tag, () => wrapped);
        delete bundle[name];
      }
      page.source = html;
      page.fileName = 'offline.html';
    },
  };
}

const config: UserConfigFnObject = ({ mode }): UserConfig => {
  const isSingle = mode === 'single';
  return {
    root: fileURLToPath(new URL('.', import.meta.url)),
    base: './',
    plugins: [wasmModules(), ...(isSingle ? [singleFile()] : [])],
    build: { outDir: OUT, emptyOutDir: !isSingle, chunkSizeWarningLimit: 2_000 },
    preview: { host: '127.0.0.1', port: 4173 },
  };
};

export default config;
