// What needs a machine: a Bitcoin node of its own, its RPC, a regtest chain. The only library folder that touches disk and network.

/** Finds, starts and stops a regtest node. */
export * as Bitcoind from './Bitcoind.ts';
/** JSON-RPC with a Bitcoin node on this machine, amounts exact. */
export * as BitcoindRpc from './BitcoindRpc.ts';
/** Money, blocks and verdicts of a regtest node. */
export * as RegtestChain from './RegtestChain.ts';
