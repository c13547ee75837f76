// Bitcoin networks as data. The network enters addresses only; scripts and keys are the same everywhere.
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';

export type Network = 'mainnet' | 'testnet' | 'signet' | 'regtest' | 'simnet';
export type Reason = { readonly code: 'network.unknown'; readonly got: string };

/** Prefixes of a network's addresses; testnet3, testnet4 and signet share theirs. */
export type Prefixes = { readonly bech32: string; readonly pubKeyHash: number; readonly scriptHash: number };

const PREFIXES: Readonly<Record<Network, Prefixes>> = {
  mainnet: { bech32: 'bc', pubKeyHash: 0x00, scriptHash: 0x05 },
  testnet: { bech32: 'tb', pubKeyHash: 0x6f, scriptHash: 0xc4 },
  signet: { bech32: 'tb', pubKeyHash: 0x6f, scriptHash: 0xc4 },
  regtest: { bech32: 'bcrt', pubKeyHash: 0x6f, scriptHash: 0xc4 },
  simnet: { bech32: 'sb', pubKeyHash: 0x3f, scriptHash: 0x7b },
};

export const ALL: readonly Network[] = Object.keys(PREFIXES) as Network[];

/** @throws network.unknown */
export function from(name: string): Network {
  if (typeof name !== 'string' || !Object.hasOwn(PREFIXES, name))
    fail<Reason>(
      { code: 'network.unknown', got: typeof name === 'string' ? name : Check.kindOf(name) },
      `network: expected one of ${ALL.join(', ')}`,
    );
  return name as Network;
}

export function prefixes(network: Network): Prefixes {
  return PREFIXES[from(network)];
}
