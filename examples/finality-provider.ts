// A finality provider, in order: commit randomness, find the proof of a height, vote. The signer that remembers its votes is not shown here.
// Run: npx tsx examples/finality-provider.ts
import { FinalityVote, Hex, MerkleTree, Networks, PubRandCommit, SecretKey } from '../src/index.ts';

const secretKey = SecretKey.fromHex('500372ad3b2c5c28b5e89ed8516c9ce5c8c86d6bda0e32722ec2c54b2005f657');
const { chainId, finality } = Networks.from('bbn-1');

// 1. One commitment covers many heights. It is signed by plain BIP340 and must be timestamped on Bitcoin before votes count.
const { commit, pubRands } = PubRandCommit.create({ secretKey, chainId, startHeight: 2_000_000n, numPubRand: 10_000 });
PubRandCommit.checkAgainst(finality, commit);
console.log('commitment', Hex.encode(commit.commitment), PubRandCommit.verify(commit) ? 'verifies' : 'does not verify');

// 2. The proofs of all heights at once, for the vote messages.
const { proofs } = MerkleTree.proveAll(pubRands);

// 3. A vote for the app hash of a height. Signing two app hashes of one height gives the secret key to everybody.
const height = 2_000_042n;
const vote = FinalityVote.unsafeSign({ secretKey, chainId, height, appHash: new Uint8Array(32).fill(0xab) });
const proof = proofs[Number(height - commit.startHeight)];
if (proof === undefined) throw new Error('the height is not committed');
console.log(
  'vote',
  Hex.encode(vote.signature),
  FinalityVote.verify(vote) && PubRandCommit.includes(commit, height, vote.pubRand, proof) ? 'counts' : 'does not count',
);
