/** Babylon accounts as text and bytes. */
export * as BabylonAddress from './BabylonAddress.ts';
/** Which rules beyond Bitcoin's apply. */
export * as ChainProfile from './ChainProfile.ts';
/** What a covenant member signs. */
export * as Covenant from './Covenant.ts';
/** One delegation and everything that follows from it. */
export * as Delegation from './Delegation.ts';
/** Outputs as miniscript descriptors. */
export * as Descriptor from './Descriptor.ts';
/** Equivocation, and the key that it gives. */
export * as Evidence from './Evidence.ts';
/** Stake extension. */
export * as ExtensionTx from './ExtensionTx.ts';
/** Which transaction's fee can be raised, and how. */
export * as FeeBumping from './FeeBumping.ts';
/** Finality votes. */
export * as FinalityVote from './FinalityVote.ts';
/** From a leaf script back to keys, quorums and times. */
export * as LeafReader from './LeafReader.ts';
/** Messages of the chain: protobuf, both JSON forms, gas and fees. */
export * as Message from './Message.ts';
/** The known networks with their parameters. */
export * as Networks from './Networks.ts';
/** The phase-1 data output. */
export * as OpReturn from './OpReturn.ts';
/** One version of the staking parameters. */
export * as Params from './Params.ts';
/** All versions, by number and by height. */
export * as ParamsSet from './ParamsSet.ts';
/** Parameters of the lock-only phase. */
export * as Phase1Params from './Phase1Params.ts';
/** The rules of pre-signed transactions. */
export * as PreSigned from './PreSigned.ts';
/** That the holder of a Bitcoin key agrees to a Babylon account. */
export * as ProofOfPossession from './ProofOfPossession.ts';
/** Commitment of public randomness. */
export * as PubRandCommit from './PubRandCommit.ts';
/** What any transaction or PSBT is, of whom, and what is wrong with it. */
export * as Recognise from './Recognise.ts';
/** From a key to slashing transactions, and back. */
export * as Slasher from './Slasher.ts';
/** Slashing transactions and the slashed amount. */
export * as SlashingTx from './SlashingTx.ts';
/** Blocks in, events out, with a way back. */
export * as StakeIndex from './StakeIndex.ts';
/** Keys, quorums and times of a stake, and its three outputs. */
export * as StakingContract from './StakingContract.ts';
/** The staking transaction. */
export * as StakingTx from './StakingTx.ts';
/** The unbonding transaction. */
export * as UnbondingTx from './UnbondingTx.ts';
/** Withdrawals of matured outputs. */
export * as WithdrawalTx from './WithdrawalTx.ts';
/** Witnesses of every path, made and read. */
export * as Witness from './Witness.ts';
/** Finished spends from PSBTs of several parties. */
export * as WitnessFinalizer from './WitnessFinalizer.ts';
