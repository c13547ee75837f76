// A copy of a store in use: written under another name, read through, flushed, and only then given its own.
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { DATA_FILE, verifyCopy } from './lmdbDisk.ts';
import type { Environment } from './lmdbEnvironment.ts';
import { corrupt, rethrow } from './lmdbFailure.ts';

/** @throws store.full, store.read-only, store.corrupt, store.unavailable */
export async function copyTo(dir: string, environment: Environment): Promise<string> {
  const made = join(dir, `.satlock_${randomBytes(8).toString('hex')}.tmp`);
  try {
    const before = await environment.read((view) => view.meta());
    await fs.mkdir(made, { mode: 0o700 });
    const file = join(made, DATA_FILE);
    await environment.copy(made);
    await fs.chmod(file, 0o600);
    const copied = await verifyCopy(file);
    if (copied.storeId !== before.storeId || copied.sequence < before.sequence) corrupt(file, 'the copy is older than the store');
    await flush(file);
    await flush(made);
    const taken = await takeName(dir);
    // onto the empty folder that took the name, in one step
    await fs.rename(made, taken);
    await flush(dir);
    return taken;
  } catch (error) {
    await fs.rm(made, { recursive: true, force: true }).catch(() => undefined);
    return rethrow(dir, error);
  }
}

/** Makes the folder of this second, or one with a number behind it when there is one already. */
async function takeName(dir: string): Promise<string> {
  const stamp = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '_');
  for (let attempt = 1; ; attempt++) {
    const path = join(dir, attempt === 1 ? `satlock_${stamp}` : `satlock_${stamp}_${attempt}`);
    try {
      await fs.mkdir(path, { mode: 0o700 });
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

async function flush(path: string): Promise<void> {
  const handle = await fs.open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
