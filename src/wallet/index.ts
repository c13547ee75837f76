// Contents page of the wallet folder: who signs, and the steps from a plan to a broadcast. `PlainKey` and `HdAccount` have entries of their
// own (`satlock/wallet/key`, `satlock/wallet/hd`): what they stand on is heavy, and who has a wallet does not need them.
/** What wallets are told of a transaction. */
export * as ContractMetadata from './ContractMetadata.ts';
/** The covenant's signatures, verified before coins move. */
export * as CovenantApproval from './CovenantApproval.ts';
/** Wallets that a browser injects. */
export * as InjectedWallet from './InjectedWallet.ts';
/** What the steps need from a wallet and from a Babylon account. */
export * as Provider from './Provider.ts';
/** What a flow starts from: parameters, contract, funded transaction, delegation. */
export * as StakePlan from './StakePlan.ts';
/** Every flow as one call. */
export * as Staker from './Staker.ts';
/** One thing that a wallet is asked to sign. */
export * as Step from './Step.ts';
/** The steps of every flow. */
export * as Steps from './Steps.ts';
/** Coins in the form of wallets and explorers. */
export * as Utxo from './Utxo.ts';
