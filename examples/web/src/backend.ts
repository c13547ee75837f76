// The curve: pure JavaScript from the start, WASM when it is chosen. The import below is the opt-in: a chunk of its own, loaded then.
import { autoEcc, type Ecc } from '../../../src/index.ts';

/** The file that opens without a server has one script only. */
export const HAS_WASM: boolean = import.meta.env.MODE !== 'single';

export async function backendOf(name: string): Promise<Ecc> {
  if (import.meta.env.MODE === 'single' || name !== 'wasm') return autoEcc();
  const { wasm } = await import('../../../src/crypto/ecc/wasm.ts');
  return wasm;
}
