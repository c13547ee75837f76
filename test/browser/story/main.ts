// The page of the story: it has no controls, the test calls it.
import { autoEcc } from '../../../src/index.ts';
import { loadWasm, type Result, story, withFixedRandomness } from './story.ts';

declare global {
  interface Window {
    tellStory(backend: 'default' | 'wasm'): Promise<Result & { readonly backend: string }>;
  }
}

window.tellStory = async (backend) => {
  const ecc = backend === 'wasm' ? await loadWasm() : autoEcc();
  return { ...(await withFixedRandomness(() => story(ecc))), backend: ecc.name };
};
