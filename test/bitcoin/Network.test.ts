// Networks by their exact names only.
import { describe, expect, it } from 'vitest';
import * as Network from '../../src/bitcoin/Network.ts';
import { codeOf, untyped } from '../support/stakes.ts';

describe('Network', () => {
  it('knows five names and their prefixes', () => {
    expect(Network.ALL.map((name) => Network.prefixes(Network.from(name)).bech32)).toEqual(['bc', 'tb', 'tb', 'bcrt', 'sb']);
  });

  it('refuses other spellings and names of every object', () => {
    for (const name of ['Mainnet', 'bitcoin', '', 'toString', '__proto__', 'constructor', undefined, null, 1])
      expect(codeOf(() => Network.from(untyped(name)))).toBe('network.unknown');
  });
});
