// Generated files: the same for ever, on every backend, verified, and with every refusal that they promise.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { pure } from '../../src/crypto/ecc/pure.ts';
import * as Format from '../../src/vectors/Format.ts';
import * as Generate from '../../src/vectors/Generate.ts';
import * as Verify from '../../src/vectors/Verify.ts';
import { failure, jsonOf } from './support.ts';

/** SHA-256 of eight cases with the seed `pinned`, as text. A change here changes what others have generated. */
const PINNED: Readonly<Record<Format.Kind, string>> = {
  'staking.scripts': '8b75d9ce99defd1f17259e9a01375a738e239187a487bea21f426781ee64cbaf',
  'staking.transactions': 'd2cac124601b1f868797fa773f10b037388bc71b9f63816ae489b2a5f7053596',
  'bitcoin.spend': '9bc5b9cab82a7061255f0b7465bbd230a68e3da9799b72b09cc39970ae58647a',
  'eots.sign': '7f1be3192a03b323c43e6df249bad99a00700f1157e8f46b124ee307592bcd04',
  'eots.verify': '33c3eed59535f5ce4fccb66aed7aec3fd529df0566be5c8da896a20ccbbb7d34',
  'eots.extract': 'a99612bba0a93b2623c8a1a86045f00fde2a21290324c53981509cfbc22a74cd',
  'eots.randomness': 'cef265055b19c8ef5476a744506a00dd9149ccf81be11cbacc31542282344cda',
  'eots.commitment': '9b5f2fd1b597d672246b72edb849851fc1363b2b625c386ad03972641f73953f',
  'adaptor.signature': '60497de437fd8cc3f46fc10244579583dc9deebb47eafbeb4e1da99670ebabca',
  'babylon.pop': '20865884e7d1c327033b426e21de0b806ad8688f7abbedecb293041894251fe4',
  'babylon.message': 'b1ea890cb44bd060c205af9ee26c55ac8061ca9e830a165fdb9f58923d8eae8d',
};

const SHIPPED: readonly (readonly [Format.Kind, string, number])[] = [
  ['staking.scripts', 'staking-scripts.json.gz', 128],
  ['staking.transactions', 'staking-transactions.json.gz', 248],
  ['bitcoin.spend', 'bitcoin-spend.json.gz', 128],
  ['eots.sign', 'eots-sign.json', 64],
  ['eots.verify', 'eots-verify.json', 64],
  ['eots.extract', 'eots-extract.json', 64],
  ['eots.randomness', 'eots-randomness.json', 64],
  ['eots.commitment', 'eots-commitment.json', 64],
  ['adaptor.signature', 'adaptor-signature.json', 72],
  ['babylon.pop', 'babylon-pop.json', 160],
  ['babylon.message', 'babylon-message.json.gz', 64],
];

describe('Generate.generate', () => {
  it.each(Format.KINDS)('gives the same bytes for %s for ever', (kind) => {
    const text = Format.serialize(Generate.generate({ kind, seed: 'pinned', count: 8 }));
    expect(createHash('sha256').update(text).digest('hex')).toBe(PINNED[kind]);
  });

  it.each(Format.KINDS)('gives the same %s with the pure backend', (kind) => {
    expect(Generate.generate({ kind, seed: 'backend', count: 4 }, pure)).toEqual(Generate.generate({ kind, seed: 'backend', count: 4 }));
  });

  it.each(Format.KINDS)('makes %s of any seed verify, a quarter of it refusals', (kind) => {
    for (const seed of ['', 'ä€😀', '\ud800']) {
      const file = Format.parse(JSON.parse(Format.serialize(Generate.generate({ kind, seed, count: 16 }))));
      expect(Verify.verifyFile(file)).toEqual({ passed: 16, failed: 0, mismatches: [] });
      expect(file.cases.filter(({ expect }) => Format.isRefusal(expect))).toHaveLength(4);
    }
  });

  it.each(SHIPPED)('makes the shipped file of %s', (kind, name, count) => {
    expect(Generate.generate({ kind, seed: 'satlock', count })).toEqual(Format.parse(jsonOf(`satlock/${name}`)));
  });

  it('begins a longer file with the shorter one, and differs by seed', () => {
    const make = (seed: string, count: number): readonly Format.Case[] => Generate.generate({ kind: 'eots.sign', seed, count }).cases;
    expect(make('a', 9).slice(0, 5)).toEqual(make('a', 5));
    expect(make('a', 1)).not.toEqual(make('b', 1));
    expect(make('a', 0)).toEqual([]);
  });

  it('refuses unknown kinds, bad seeds and counts', () => {
    const code = (options: unknown): string => failure(() => Generate.generate(options as Generate.Options)).code;
    expect(code({ kind: 'babylon.rewards', seed: '', count: 1 })).toBe('vectors.unknown-kind');
    expect(code({ kind: 'toString', seed: '', count: 1 })).toBe('vectors.unknown-kind');
    expect(code({ kind: 'eots.sign', seed: 1, count: 1 })).toBe('input.not-text');
    expect(code({ kind: 'eots.sign', seed: '', count: -1 })).toBe('input.out-of-range');
    expect(code({ kind: 'eots.sign', seed: '', count: 1.5 })).toBe('input.not-integer');
    expect(code({ kind: 'eots.sign', seed: '', count: 1e9 })).toBe('input.out-of-range');
  });

  it('covers the bad inputs of a staking tool, each with its code', () => {
    const refusals = (['staking.scripts', 'staking.transactions'] as const).flatMap((kind) =>
      Generate.generate({ kind, seed: 'cover', count: 248 }).cases.flatMap(({ id, expect }) =>
        Format.isRefusal(expect) ? [`${id.slice(5)}: ${expect.error}`] : [],
      ),
    );
    const expected = [
      'duplicate-covenant-key: tapscript.duplicate-key',
      'staker-in-covenant: staking-contract.duplicate-key',
      'provider-in-covenant: staking-contract.duplicate-key',
      'quorum-zero: input.out-of-range',
      'quorum-above-members: input.out-of-range',
      'timelock-zero: input.out-of-range',
      'timelock-65536: input.out-of-range',
      'timelock-fraction: input.not-integer',
      'staker-compressed: input.wrong-length',
      'staker-uncompressed: input.wrong-length',
      'staker-off-curve: public-key.not-on-curve',
      'unbonding-fee-negative-number: input.out-of-range',
      'unbonding-fee-fraction: input.not-integer',
      'unbonding-fee-above-21-million: input.out-of-range',
      'output-above-21-million: tx.bad-value',
      'unbonding-dust: unbonding-tx.dust',
      'slashed-output-dust: slashing-tx.dust',
      'change-dust: slashing-tx.dust',
      'rate-zero: rate.out-of-range',
      'rate-one: rate.out-of-range',
      'rate-five-decimals: rate.too-precise',
      'rate-rounds-to-nothing: slashing-tx.nothing-slashed',
      'truncated: tx.malformed',
      'trailing-byte: tx.malformed',
      'wrong-output: delegation.not-the-staking-output',
      'no-such-output: input.out-of-range',
      'one-signature-too-few: witness.quorum-not-reached',
      'one-bad-signature: witness.quorum-not-reached',
    ];
    for (const one of expected) expect(refusals).toContain(one);
  });

  it('passes over a bad covenant signature while a quorum is there', () => {
    const { cases } = Generate.generate({ kind: 'staking.transactions', seed: 'cover', count: 60 });
    const skipped = cases.filter(({ id }) => /-(bad-signature|short-signature|unknown-signer)$/.test(id));
    expect(skipped.length).toBeGreaterThan(5);
    expect(skipped.every(({ expect }) => 'unbondingWitness' in expect)).toBe(true);
  });
});
