// Rows 10 and 11: a slashing spend of a 6-of-9 covenant, judged and assembled.
import { AUX, type Delegation, type Fixtures, hash, type Person, type Slashable, yes } from '../fixtures.ts';
import { type Budget, compare, exponentOf, type Side, sweep } from '../measure.ts';
import { tiny } from '../peers.ts';
import type { Finding } from '../report.ts';

/** Six of nine members have signed; the keys of the real covenant are not ours. */
class Slashings {
  readonly fixtures: Fixtures;
  readonly covenant: readonly Person[];
  readonly #signed: { readonly terms: ReturnType<Fixtures['terms']>; readonly signatures: Omit<Slashable, 'delegation'> }[] = [];

  constructor(fixtures: Fixtures) {
    this.fixtures = fixtures;
    this.covenant = Array.from({ length: 9 }, (_, i) => fixtures.person(`covenant ${i}`));
  }

  /** `count` delegations with their signatures, fresh objects: nothing of them has been computed. */
  take(count: number): Slashable[] {
    while (this.#signed.length < count) this.#sign(this.#signed.length);
    return this.#signed.slice(0, count).map(({ terms, signatures }, i) => ({ delegation: this.#delegation(terms, i), ...signatures }));
  }

  #delegation(terms: ReturnType<Fixtures['terms']>, index: number): Delegation {
    return this.fixtures.delegation(this.fixtures.lib.StakingContract.from(terms), index);
  }

  #sign(index: number): void {
    const { fixtures, covenant } = this;
    const { lib, provider } = fixtures;
    const staker = fixtures.person(`staker ${index}`);
    const terms = fixtures.terms(
      staker.publicKey,
      covenant.map(({ publicKey }) => publicKey),
    );
    const spend = this.#delegation(terms, index).stakingSlashing;
    const message = spend.sighash();
    const adaptor = ({ secretKey }: Person): Uint8Array =>
      lib.AdaptorSig.sign({ secretKey, encryptionKey: provider.publicKey, message, auxRand: AUX });
    const covenantSignatures = covenant.slice(2, 8).map((member) => ({
      covenantPk: member.publicKey,
      stakingSlashing: [adaptor(member)],
      unbondingSlashing: [],
      unbonding: new Uint8Array(64),
    }));
    const consent = { publicKey: staker.publicKey, signature: lib.Schnorr.sign(message, staker.secretKey, AUX) };
    this.#signed.push({
      terms,
      signatures: { covenantSignatures, stakerSignatures: { stakingSlashing: [consent], unbondingSlashing: [] } },
    });
  }
}

function eightVerifications(fixtures: Fixtures): Side {
  const message = hash('eight');
  const { secretKey, publicKey } = fixtures.staker;
  const signature = tiny.signSchnorr(message, secretKey, AUX);
  return {
    name: 'tiny-secp256k1: the 8 verifySchnorr of one spend',
    run: () => {
      for (let i = 0; i < 8; i++) tiny.verifySchnorr(message, publicKey, signature);
    },
  };
}

export function slashingRows(fixtures: Fixtures, budget: Budget, quick: boolean): readonly Finding[] {
  const { lib, provider } = fixtures;
  const { wasm } = lib.backends;
  const slashings = new Slashings(fixtures);
  const key = provider.secretKey;
  const [slashable] = slashings.take(1) as [Slashable];
  const { transaction, spend } = lib.Slasher.slash(slashable, 'staking', key, wasm);
  const raw = lib.Tx.encode(transaction);
  const prevouts = spend.spentOutputs.map((output) => ({ ...output, confirmedHeight: 900_000 }));
  const judge = (): ReturnType<typeof lib.SpendCheck.verifySpend> =>
    lib.SpendCheck.verifySpend({ transaction: raw, prevouts, tipHeight: 900_100, medianTime: 1_750_000_000 }, wasm);
  const verdict = judge();
  yes('the slashing spend is valid and standard', verdict.consensusValid && verdict.standard);
  const eight = eightVerifications(fixtures);

  const judged = compare({ name: 'satlock: SpendCheck.verifySpend of the raw bytes', run: judge }, eight, budget);
  let fresh: Slashable[] = [];
  const assembled = compare(
    {
      name: 'satlock: Slasher.slash, delegation untouched before',
      prepare: (count) => {
        fresh = [];
        while (fresh.length < count) fresh.push(...slashings.take(Math.min(count - fresh.length, 50)));
      },
      run: (i) => lib.Slasher.slash(fresh[i] as Slashable, 'staking', key, wasm),
    },
    eight,
    budget,
  );
  const sizes = quick ? [10, 100] : [10, 100, 1000];
  const timings = sweep(
    sizes.map((size): Side => {
      let batches: Slashable[][] = [];
      return {
        name: `${size}`,
        prepare: (count) => {
          batches = Array.from({ length: count }, () => slashings.take(size));
        },
        run: (i) => (batches[i] as Slashable[]).map((one) => lib.Slasher.slash(one, 'staking', key, wasm)),
      };
    }),
    budget,
  );
  const points = timings.map(({ microseconds }, i) => ({ size: sizes[i] ?? 0, microseconds }));
  const exponent = exponentOf(points.map(({ size, microseconds }) => ({ size, time: microseconds.median })));
  const limit = 'eight signatures are in the witness, so 1x is the limit';
  return [
    {
      row: 10,
      kind: 'ratio',
      name: 'verifySpend of a 6-of-9 slashing spend',
      checked: 'the spend is valid and standard; @scure/btc-signer has no interpreter, so the signatures alone are the other side',
      comparison: judged,
      note: limit,
    },
    {
      row: 11,
      kind: 'ratio',
      name: 'Slashing transaction of one delegation: 6 decryptions, 1 signature, 8 verifications',
      checked: 'the result is the spend of row 10; no other library assembles it',
      comparison: assembled,
      note: limit,
    },
    {
      row: 11,
      kind: 'curve',
      name: 'Slashing transactions of n delegations',
      checked: 'as above',
      curves: [{ name: 'satlock', points, exponent }],
      target: { text: 'linear: exponent below 1.2', met: exponent < 1.2 },
    },
  ];
}
