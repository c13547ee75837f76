// Names of keys, which are names of files: no path, no hidden file, nothing that a shell or another system reads in its own way.
import { fail } from '../../base/Errors.ts';

export type Reason = { readonly code: 'keystore.bad-name'; readonly name: string };

export const PATTERN: RegExp = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/;
const ENDING = '.json';

/** @throws keystore.bad-name */
export function check(name: string): string {
  if (typeof name === 'string' && PATTERN.test(name)) return name;
  return fail<Reason>(
    { code: 'keystore.bad-name', name: String(name) },
    `key name ${JSON.stringify(String(name))}: expected 1 to 64 letters, digits, dots, underscores or dashes, the first no dot or dash`,
  );
}

export function fileOf(name: string): string {
  return `${name}${ENDING}`;
}

/** The name that a file of the folder belongs to; undefined for anything else that lies there. */
export function ofFile(file: string): string | undefined {
  const name = file.endsWith(ENDING) ? file.slice(0, -ENDING.length) : '';
  return PATTERN.test(name) ? name : undefined;
}
