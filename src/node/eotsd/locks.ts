// Whether another process has locked a file for writing. bbolt takes flock(2), which Node cannot ask for; Linux lists all locks in /proc/locks.
import { readFile, stat } from 'node:fs/promises';

/** False also where the system does not tell: on other systems, and for locks of other containers. */
export async function isLocked(path: string): Promise<boolean> {
  try {
    const [{ ino, dev }, locks] = await Promise.all([stat(path, { bigint: true }), readFile('/proc/locks', 'utf8')]);
    // As the kernel writes it: major and minor number in hex, the inode in decimal.
    const id = `${hex(major(dev))}:${hex(minor(dev))}:${ino}`;
    return locks.split('\n').some((line) => /\bWRITE\b/.test(line) && line.split(/\s+/).includes(id));
  } catch {
    return false;
  }
}

/** How Linux packs the two numbers: sys/sysmacros.h of the C library. */
function major(dev: bigint): bigint {
  return ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xffff_f000n);
}

function minor(dev: bigint): bigint {
  return (dev & 0xffn) | ((dev >> 12n) & 0xffff_ff00n);
}

function hex(value: bigint): string {
  return value.toString(16).padStart(2, '0');
}
