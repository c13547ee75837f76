// What needs a machine: a Bitcoin node of its own, its RPC, a regtest chain. The only library folder that touches disk and network.

/** Finds, starts and stops a regtest node. */
export * as Bitcoind from './Bitcoind.ts';
/** JSON-RPC with a Bitcoin node on this machine, amounts exact. */
export * as BitcoindRpc from './BitcoindRpc.ts';
/** What a covenant member has signed, on the disk before it leaves. */
export * as CovenantLog from './CovenantLog.ts';
/** The remote signer of a covenant-emulator over HTTP. */
export * as CovenantServer from './CovenantServer.ts';
/** Money, blocks and verdicts of a regtest node. */
export * as RegtestChain from './RegtestChain.ts';
