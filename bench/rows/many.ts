// Rows 17 to 19: the flow of many delegations, signing requests of many inputs, and what one delegation asks of the curve.
import type { Ecc } from '../build.ts';
import { type Fixtures, yes } from '../fixtures.ts';
import { type Budget, exponentOf } from '../measure.ts';
import { type AsyncSide, sweepAsync } from '../measureAsync.ts';
import type { Curve, Finding } from '../report.ts';
import { PEER_RATE, Wallet } from '../wallet.ts';
import { Flow } from './flow.ts';

/** What a flow with everything verified needs: outputs of the contract, consents, and the ECDSA signature in a P2WPKH proof. */
const NEEDED: Readonly<Record<string, number>> = { pointAddScalar: 3, schnorrVerify: 2, ecdsaVerify: 1 };

async function flowsOf(fixtures: Fixtures, count: number): Promise<readonly Flow[]> {
  const flows: Flow[] = [];
  for (let i = 0; i < count; i++) {
    const wallet = new Wallet(fixtures, 'p2wpkh', fixtures.person(`many ${i}`));
    const flow = new Flow(fixtures, wallet, wallet.coinsForOne(1));
    await flow.record(BigInt(PEER_RATE * 1000));
    flows.push(flow);
  }
  return flows;
}

async function curveOf(name: string, sizes: readonly number[], sideOf: (size: number) => AsyncSide, budget: Budget): Promise<Curve> {
  const timings = await sweepAsync(sizes.map(sideOf), budget);
  const points = timings.map(({ microseconds }, i) => ({ size: sizes[i] ?? 0, microseconds }));
  return { name, points, exponent: exponentOf(points.map(({ size, microseconds }) => ({ size, time: microseconds.median }))) };
}

/** Row 17. */
async function delegations(fixtures: Fixtures, budget: Budget, quick: boolean): Promise<Finding> {
  const sizes = quick ? [1, 10, 100] : [1, 10, 100, 1_000];
  const flows = await flowsOf(fixtures, sizes[sizes.length - 1] ?? 1);
  // Small sizes take other stakers each time: what is remembered of the last ones would help them alone.
  let at = 0;
  const sideOf = (size: number): AsyncSide => ({
    name: `${size}`,
    run: async () => {
      const done: unknown[] = [];
      for (let i = 0; i < size; i++) done.push(await (flows[at++ % flows.length] as Flow).verified());
      return done;
    },
  });
  const curve = await curveOf('satlock, planned, asked, verified, message made', sizes, sideOf, budget);
  return {
    ...{ row: 17, kind: 'curve', name: 'Pre-staking flows of n stakers, all results kept', curves: [curve] },
    checked: 'row 14 compares the messages; each staker has another key',
    target: { text: 'linear or better (n^1.1)', met: curve.exponent <= 1.1 },
  };
}

/** Row 18. */
async function inputs(fixtures: Fixtures, budget: Budget, quick: boolean): Promise<Finding> {
  const { lib } = fixtures;
  const { from: keyFrom } = (await import(
    lib.rootUrl.replace(/index\.js$/, 'wallet/PlainKey.js')
  )) as typeof import('../../src/wallet/PlainKey.ts');
  const sizes = quick ? [10, 100, 1_000] : [10, 100, 1_000, 10_000];
  const wallet = new Wallet(fixtures, 'p2tr');
  const key = keyFrom(wallet.staker.secretKey, { network: 'mainnet', addressType: 'p2tr' });
  const cases = new Map<number, AsyncSide>();
  for (const size of sizes) {
    const coins = wallet.coins(Array.from({ length: size }, () => 10_000n));
    const outputs = [{ scriptPubKey: wallet.scriptPubKey, valueSats: lib.Sats.from(BigInt(size) * 9_000n) }];
    const transaction = lib.Tx.create(
      coins.map(({ outpoint }) => ({ outpoint })),
      outputs,
    );
    const requested = (): import('../../src/index.ts').SigningRequest.SigningRequest =>
      lib.SigningRequest.from({ transaction, inputs: coins.map((coin) => ({ coin })) });
    const answer = await key.signPsbt(lib.SigningRequest.toHex(requested()), { autoFinalized: false });
    const run = (): import('../../src/index.ts').SigningRequest.Accepted => {
      const request = requested();
      lib.SigningRequest.toHex(request);
      return lib.SigningRequest.accept(request, answer);
    };
    const { missing, transaction: signed } = run();
    yes('all inputs are signed', missing.length === 0 && signed?.ins.every(({ witness }) => witness.length === 1) === true);
    cases.set(size, { name: `${size}`, run });
  }
  const curve = await curveOf(
    'satlock, PSBT made, answer compared, every signature verified, finished',
    sizes,
    (size) => cases.get(size) as AsyncSide,
    budget,
  );
  return {
    ...{ row: 18, kind: 'curve', name: 'Signing request and its answer with n P2TR inputs', curves: [curve] },
    checked: 'every input is signed in the end; the PSBT stands beside the peer in row 3',
    target: { text: 'linear or better (n^1.1)', met: curve.exponent <= 1.1 },
    note: 'one verification for each input is most of it',
  };
}

/** Row 19. */
async function counter(fixtures: Fixtures): Promise<Finding> {
  const [flow] = (await flowsOf(fixtures, 1)) as [Flow];
  const real = fixtures.lib.autoEcc();
  const calls: Record<string, number> = {};
  const count = <T extends readonly unknown[], R>(name: string, run: (...args: T) => R): ((...args: T) => R) => {
    return (...args) => {
      calls[name] = (calls[name] ?? 0) + 1;
      return run(...args);
    };
  };
  const counted = Object.fromEntries(
    Object.entries(real).map(([name, value]) => [
      name,
      typeof value === 'function' ? count(name, value as (...args: readonly unknown[]) => unknown) : value,
    ]),
  ) as unknown as Ecc;
  await flow.verified(counted);

  const names = [...new Set([...Object.keys(NEEDED), ...Object.keys(calls)])];
  const met = Object.entries(NEEDED).every(([name, wanted]) => calls[name] === wanted);
  return {
    ...{ row: 19, kind: 'time', unit: 'calls', name: 'What the curve is asked for in one verified flow of a new staker' },
    times: names.map((name) => {
      const value = calls[name] ?? 0;
      return { name, spread: { min: value, median: value, max: value } };
    }),
    checked: 'a count; the keys of covenant and provider, seen for the first time by this backend, are among isXOnly',
    target: { text: '3 point additions (one for each output), 3 verifications (2 consents, 1 proof)', met },
  };
}

export async function manyRows(fixtures: Fixtures, budget: Budget, quick: boolean): Promise<readonly Finding[]> {
  return [await delegations(fixtures, budget, quick), await inputs(fixtures, budget, quick), await counter(fixtures)];
}
