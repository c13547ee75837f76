// What needs a machine: a Bitcoin node, the stores, keys and daemon of a provider's signer, a covenant member's log. The only library folder that
// touches disk and network. Stores load their libraries when they are opened.

/** Finds, starts and stops a regtest node. */
export * as Bitcoind from './Bitcoind.ts';
/** JSON-RPC with a Bitcoin node on this machine, amounts exact. */
export * as BitcoindRpc from './BitcoindRpc.ts';
/** What a covenant member has signed, on the disk before it leaves. */
export * as CovenantLog from './CovenantLog.ts';
/** The remote signer of a covenant-emulator over HTTP. */
export * as CovenantServer from './CovenantServer.ts';
/** A client of the signer's daemon, with the MAC that binds method and time. */
export * as SignerClient from './daemon/SignerClient.ts';
/** The daemon over a signer: eotsd's service, metrics, health. */
export * as SignerDaemon from './daemon/SignerDaemon.ts';
/** What an eotsd has signed: its database, or a dump of it. */
export * as EotsdHistory from './eotsd/EotsdHistory.ts';
/** Looks through every record of a store. */
export * as HistoryCheck from './HistoryCheck.ts';
/** A signing history in a file, whatever wrote it. */
export * as HistoryFile from './HistoryFile.ts';
/** Encrypted keys, one file each. */
export * as Keystore from './keystore/Keystore.ts';
/** What a Babylon node has seen of a finality provider. */
export * as ProviderWatch from './ProviderWatch.ts';
/** Money, blocks and verdicts of a regtest node. */
export * as RegtestChain from './RegtestChain.ts';
/** The folder of a signer. */
export * as SignerHome from './SignerHome.ts';
/** A signer put together: keys, store, witness, chain, daemon. */
export * as SignerService from './SignerService.ts';
/** Opens the store that a URL names. */
export * as SignStores from './store/openStore.ts';
/** How far a store has come, in a second place. */
export * as Witness from './Witness.ts';
