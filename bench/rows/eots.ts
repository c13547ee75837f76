// Rows 4 to 6 and 9: votes, extraction, verification, and a provider's randomness.
import { type Fixtures, hash, hex, same, yes } from '../fixtures.ts';
import { type Budget, compare } from '../measure.ts';
import { tiny } from '../peers.ts';
import type { Finding } from '../report.ts';

const MESSAGES = Array.from({ length: 64 }, (_, i) => hash(`vote ${i}`));
const messageAt = (i: number): Uint8Array => MESSAGES[i & 63] as Uint8Array;

/** Rows 4, 5, 6. */
export function eotsRows(fixtures: Fixtures, budget: Budget): readonly Finding[] {
  const { lib, provider } = fixtures;
  const { wasm } = lib.backends;
  const { secretKey } = provider;
  const signer = lib.Eots.signer(secretKey, wasm);
  const publicKey = signer.publicKey;
  const pair = lib.PubRand.derive(secretKey, 'bbn-1', 1_000n, wasm);
  const { pubRand } = pair;
  const sha = (message: Uint8Array): Uint8Array => lib.backends.wasm && hashOf(message);
  const signatures = MESSAGES.map((message) => signer.sign(message, pair));
  const whole = signatures.map((signature) => lib.Bytes.concat(pubRand, signature));
  for (const [i, message] of MESSAGES.entries())
    yes('the other library verifies our vote', tiny.verifySchnorr(sha(message), publicKey, whole[i] as Uint8Array));

  const signing = compare(
    { name: 'satlock: EotsSigner.sign, nonce pair made before', run: (i) => signer.sign(messageAt(i), pair) },
    { name: 'tiny-secp256k1: signSchnorr', run: (i) => tiny.signSchnorr(messageAt(i), secretKey, hash0) },
    budget,
  );

  const [message1, message2] = [messageAt(0), messageAt(1)];
  const [signature1, signature2] = [signatures[0] as Uint8Array, signatures[1] as Uint8Array];
  const evidence = { publicKey, pubRand, message1, signature1, message2, signature2 };
  const extracted = lib.Eots.extract(evidence, wasm);
  same('public keys of the extracted secret', hex(lib.PublicKey.ofSecret(extracted)), hex(publicKey));
  const extraction = compare(
    { name: 'satlock: Eots.extract', run: () => lib.Eots.extract(evidence, wasm) },
    { name: 'tiny-secp256k1: pointFromScalar', run: () => tiny.pointFromScalar(secretKey, true) },
    budget,
  );
  const perSecond = 1e6 / extraction.ours.microseconds.median;

  const verification = compare(
    {
      name: 'satlock: Eots.verify (hashes the message itself)',
      run: (i) => lib.Eots.verify({ publicKey, pubRand, message: messageAt(i), signature: signatures[i & 63] as Uint8Array }, wasm),
    },
    {
      name: 'tiny-secp256k1: verifySchnorr of the finished hash',
      run: (i) => tiny.verifySchnorr(HASHES[i & 63] as Uint8Array, publicKey, whole[i & 63] as Uint8Array),
    },
    budget,
  );
  return [
    {
      row: 4,
      kind: 'ratio',
      name: 'EOTS signature',
      checked: 'tiny-secp256k1 verifies our votes as BIP340 signatures; its own differ by their nonce, which is the point of EOTS',
      comparison: signing,
      target: { text: '>= 30x', met: signing.ratio.median >= 30 },
    },
    {
      row: 5,
      kind: 'ratio',
      name: 'Extraction of the key from two votes',
      checked: 'public key of the extracted secret',
      comparison: extraction,
      target: { text: `>= 2,000/s (${Math.round(perSecond).toLocaleString('en-US')}/s)`, met: perSecond >= 2000 },
      note: 'one multiplication of the base point is the least that a checked extraction costs: 1x is the limit',
    },
    {
      row: 6,
      kind: 'ratio',
      name: 'Verification of a vote',
      checked: 'both accept the same 64 signatures',
      comparison: verification,
    },
  ];
}

const hash0 = new Uint8Array(32);
const { createHash } = await import('node:crypto');
const hashOf = (message: Uint8Array): Uint8Array => Uint8Array.from(createHash('sha256').update(message).digest());
const HASHES = MESSAGES.map(hashOf);

/** Row 9. */
export function randomnessRows(fixtures: Fixtures, budget: Budget, quick: boolean): readonly Finding[] {
  const { lib, provider } = fixtures;
  const { wasm } = lib.backends;
  const heights = quick ? 1_000 : 10_000;
  const derive = (): Uint8Array[] => lib.PubRand.derivePublic(provider.secretKey, 'bbn-1', 1_000n, heights, wasm);
  const pubRands = derive();
  const { root, proofs } = lib.MerkleTree.proveAll(pubRands);
  same('roots', hex(root), hex(lib.MerkleTree.root(pubRands)));
  const last = heights - 1;
  const [leaf, proof] = [pubRands[last] as Uint8Array, proofs[last]];
  yes('the last proof holds', proof !== undefined && lib.MerkleTree.verify(root, leaf, proof));
  same('single randomness', hex(leaf), hex(lib.PubRand.derive(provider.secretKey, 'bbn-1', 1_000n + BigInt(last)).pubRand));
  const scalar = hash('scalar');
  const points = {
    name: `tiny-secp256k1: ${heights.toLocaleString('en-US')} times pointFromScalar`,
    run: () => {
      for (let i = 0; i < heights; i++) tiny.pointFromScalar(scalar, true);
    },
  };
  const comparison = compare(
    { name: 'satlock: derivePublic, then proveAll', run: () => lib.MerkleTree.proveAll(derive()) },
    points,
    budget,
  );
  const tree = compare({ name: 'satlock: proveAll alone', run: () => lib.MerkleTree.proveAll(pubRands) }, points, budget);
  const text = heights.toLocaleString('en-US');
  return [
    {
      row: 9,
      kind: 'ratio',
      name: `Randomness of ${text} heights, commitment, all proofs`,
      checked: 'root of both ways, the last proof, the last randomness on its own',
      comparison,
      note: 'the other side is the least that the points cost: 1x is the limit',
    },
    { row: 9, kind: 'ratio', name: `Commitment and proofs of ${text} heights alone`, checked: 'as above', comparison: tree },
  ];
}
