// Contents page of the wallet folder: who signs, and the steps from a plan to a broadcast. `PlainKey` and `HdAccount` have entries of their
// own (`satlock/wallet/key`, `satlock/wallet/hd`): what they stand on is heavy, and who has a wallet does not need them.
/** What wallets are told of a transaction. */
export * as ContractMetadata from './ContractMetadata.ts';
/** Wallets that a browser injects. */
export * as InjectedWallet from './InjectedWallet.ts';
/** What the steps need from a wallet and from a Babylon account. */
export * as Provider from './Provider.ts';
