/** Addresses to output scripts and back. */
export * as Address from './Address.ts';
/** Signed messages of segwit addresses. */
export * as Bip322 from './Bip322.ts';
/** Raw blocks, read in place. */
export * as BlockReader from './BlockReader.ts';
/** Wallet coins: which keep the txid, and what their signatures weigh. */
export * as Coin from './Coin.ts';
/** Which coins to spend. */
export * as CoinSelection from './CoinSelection.ts';
/** Lengths on the wire. */
export * as CompactSize from './CompactSize.ts';
/** One coin out of many. */
export * as ConsolidationTx from './ConsolidationTx.ts';
/** The dust rule. */
export * as Dust from './Dust.ts';
/** Fees in satoshi per 1000 vbytes. */
export * as Fee from './Fee.ts';
/** Raising the fee of a transaction that waits. */
export * as FeeBump from './FeeBump.ts';
/** That a transaction stands in a block. */
export * as InclusionProof from './InclusionProof.ts';
/** One input that spends a taproot output through a leaf. */
export * as LeafSpend from './LeafSpend.ts';
/** Networks as data. */
export * as Network from './Network.ts';
/** Output scripts of key and script hashes. */
export * as OutputScript from './OutputScript.ts';
/** PSBTs of our transactions. */
export * as Psbt from './Psbt.ts';
/** Scripts as bytes. */
export * as Script from './Script.ts';
/** Signature hashes of BIP341 and BIP342. */
export * as Sighash from './Sighash.ts';
/** "Bitcoin Signed Message": signed by ECDSA, the key recovered. */
export * as SignedMessage from './SignedMessage.ts';
/** What a signer is asked, and the check of what it answers. */
export * as SigningRequest from './SigningRequest.ts';
/** Would a node take this spend, and if not, which rule fails? */
export * as SpendCheck from './SpendCheck.ts';
/** The blocks of staking leaves. */
export * as Tapscript from './Tapscript.ts';
/** Taproot trees, output keys, control blocks. */
export * as TapTree from './TapTree.ts';
/** Transactions: strict decoding, ids, sanity. */
export * as Tx from './Tx.ts';
