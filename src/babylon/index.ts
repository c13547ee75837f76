/** Babylon accounts as text and bytes. */
export * as BabylonAddress from './BabylonAddress.ts';
/** What a refusal by the chain means for a provider. */
export * as ChainError from './ChainError.ts';
/** Which rules beyond Bitcoin's apply. */
export * as ChainProfile from './ChainProfile.ts';
/** What must be known of a chain to judge a message. */
export * as ChainView from './ChainView.ts';
/** What a covenant member signs. */
export * as Covenant from './Covenant.ts';
/** The request form of the reference's remote signer. */
export * as CovenantRemote from './CovenantRemote.ts';
/** A covenant member's own look at a delegation, before it signs. */
export * as CovenantReview from './CovenantReview.ts';
/** A covenant member that signs what it has rebuilt, and nothing else. */
export * as CovenantSigner from './CovenantSigner.ts';
/** One delegation and everything that follows from it. */
export * as Delegation from './Delegation.ts';
/** The state of a delegation, and the heights in its life. */
export * as DelegationStatus from './DelegationStatus.ts';
/** Outputs as miniscript descriptors. */
export * as Descriptor from './Descriptor.ts';
/** Equivocation, and the key that it gives. */
export * as Evidence from './Evidence.ts';
/** Stake extension. */
export * as ExtensionTx from './ExtensionTx.ts';
/** Which transaction's fee can be raised, and how. */
export * as FeeBumping from './FeeBumping.ts';
/** The life of a provider: states, unjailing, missed votes. */
export * as FinalityProvider from './FinalityProvider.ts';
/** What the chain would answer to a provider's message, and what becomes of a vote. */
export * as FinalityRules from './FinalityRules.ts';
/** What must be known of the chain to judge a provider's message. */
export * as FinalityView from './FinalityView.ts';
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
/** Which commitment of randomness rules a height. */
export * as RandomnessIndex from './RandomnessIndex.ts';
/** When randomness is committed, and from which height. */
export * as RandomnessPlan from './RandomnessPlan.ts';
/** Randomness of a height with its proof. */
export * as RandomnessProofs from './RandomnessProofs.ts';
/** What any transaction or PSBT is, of whom, and what is wrong with it. */
export * as Recognise from './Recognise.ts';
/** Messages from verified parts, and what the chain would answer. */
export * as Registration from './Registration.ts';
/** What is signed, in words and numbers for people. */
export * as SigningPlan from './SigningPlan.ts';
/** From a key to slashing transactions, and back. */
export * as Slasher from './Slasher.ts';
/** Slashing transactions and the slashed amount. */
export * as SlashingTx from './SlashingTx.ts';
/** Blocks in, events out, with a way back. */
export * as StakeIndex from './StakeIndex.ts';
/** Guard rails: what is known to lose coins or yield, before anything is signed. */
export * as StakePolicy from './StakePolicy.ts';
/** Keys, quorums and times of a stake, and its three outputs. */
export * as StakingContract from './StakingContract.ts';
/** The staking transaction. */
export * as StakingTx from './StakingTx.ts';
/** The unbonding transaction. */
export * as UnbondingTx from './UnbondingTx.ts';
/** Which heights a provider votes for, and the messages. */
export * as VotePlan from './VotePlan.ts';
/** Who has power at a height, and when it is final. */
export * as VotingPower from './VotingPower.ts';
/** Outputs as wallet policies with extended keys. */
export * as WalletPolicy from './WalletPolicy.ts';
/** Withdrawals of matured outputs. */
export * as WithdrawalTx from './WithdrawalTx.ts';
/** Witnesses of every path, made and read. */
export * as Witness from './Witness.ts';
/** Finished spends from PSBTs of several parties. */
export * as WitnessFinalizer from './WitnessFinalizer.ts';
