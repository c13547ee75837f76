import * as Delegation from '../../src/babylon/Delegation.ts';
import * as ExtensionTx from '../../src/babylon/ExtensionTx.ts';
import * as ParamsSet from '../../src/babylon/ParamsSet.ts';
import * as SlashingTx from '../../src/babylon/SlashingTx.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as StakingTx from '../../src/babylon/StakingTx.ts';
import * as Rate from '../../src/base/Rate.ts';
import * as Sats from '../../src/base/Sats.ts';
import * as Address from '../../src/bitcoin/Address.ts';
import type { Coin } from '../../src/bitcoin/Coin.ts';
import * as Fee from '../../src/bitcoin/Fee.ts';
import * as SigningRequest from '../../src/bitcoin/SigningRequest.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as Satlock from '../../src/index.ts';
import * as Staker from '../../src/wallet/Staker.ts';
import * as Utxo from '../../src/wallet/Utxo.ts';
import {
  approvalOf,
  changed,
  coinsOf,
  keyOfType,
  NETWORK,
  PARAMS,
  PROVIDER,
  providerOf,
  STAKE_SATS,
  STAKER,
  utxosOf,
  worldOf,
} from '../support/flows.ts';
import { filled, keyOf, keysOf, P2TR, P2WPKH, pks, untyped } from '../support/stakes.ts';
import { walletCoin } from '../support/wallets.ts';

import {
  account,
  aliased,
  answering,
  bareLegacy,
  build,
  change,
  checkUnbonding,
  coinOf,
  coins,
  contract,
  delegation,
  extendTerms,
  FUTURE,
  fields,
  five,
  foreignPop,
  funding,
  hex,
  hiddenFee,
  inputOf,
  json,
  leafOver,
  legacyAddress,
  legacyFee,
  login,
  made,
  member,
  members,
  must,
  NUMS,
  odd,
  otherAmount,
  outputOf,
  params,
  pays,
  proofOf,
  provider,
  quorumSeven,
  register,
  registerAfter,
  same,
  sig,
  signedStake,
  sigs,
  sixtyFive,
  skips,
  slash,
  slashed,
  stake,
  staker,
  stakeTerms,
  stakingTransaction,
  swappedStake,
  taproot,
  tight,
  timelock,
  twoStakes,
  unbond,
  unbondFee,
  unbonds,
  utxo,
  withdraw,
  world,
} from './stage.ts';

type Act = () => unknown;
/** `refuse`: the code, and the field where the code is about one. `accept`: the act throws when something is wrong. */
export type Row =
  | { readonly what: string; readonly refuse: readonly [code: string, field?: string]; readonly act: Act }
  | { readonly what: string; readonly accept: Act };

const refuse = (what: string, code: string, field: string | undefined, act: Act): Row => ({
  what,
  refuse: field === undefined ? [code] : [code, field],
  act,
});
const accept = (what: string, act: Act): Row => ({ what, accept: act });

/** Every row of the table. */
export const ROWS: Readonly<Record<string, Row>> = {
  A01: refuse('a covenant key twice', 'tapscript.duplicate-key', 'covenantPks', () => contract({ covenantPks: [...members, member] })),
  A02: refuse('a covenant key twice, where the scripts are made from JSON', 'tapscript.duplicate-key', 'covenantPks', () =>
    StakingContract.fromJson({ ...StakingContract.toJson(contract()), covenantPks: [...members, member].map(hex) }),
  ),
  A03: refuse('a covenant key twice, once in upper case', 'params.duplicate-covenant-key', 'params[0].covenantPks', () =>
    params({ covenantPks: [...json.covenantPks, hex(member).toUpperCase()] }),
  ),
  A04: refuse('a provider that is a covenant member', 'staking-contract.duplicate-key', 'covenantPks', () =>
    contract({ finalityProviderPks: [member] }),
  ),
  A05: refuse('a staker that is the provider', 'staking-contract.duplicate-key', 'finalityProviderPks', () =>
    contract({ finalityProviderPks: [staker] }),
  ),
  A07: refuse('quorum 0', 'input.out-of-range', 'covenantQuorum', () => contract({ covenantQuorum: 0 })),
  A08: refuse('quorum -1', 'input.out-of-range', 'covenantQuorum', () => contract({ covenantQuorum: -1 })),
  A09: refuse('quorum 5.7', 'input.not-integer', 'covenantQuorum', () => contract({ covenantQuorum: 5.7 })),
  A10: refuse('quorum 0.5', 'input.not-integer', 'covenantQuorum', () => contract({ covenantQuorum: 0.5 })),
  A11: refuse('quorum NaN', 'input.not-integer', 'covenantQuorum', () => contract({ covenantQuorum: Number.NaN })),
  A13: refuse('two providers under the rules of the chain', 'staking-contract.profile', 'finalityProviderPks', () =>
    contract({ finalityProviderPks: pks(keysOf('many', 2)), profile: 'babylon-v4' }),
  ),
  A14: refuse('200 providers under the rules of the chain', 'staking-contract.profile', 'finalityProviderPks', () =>
    contract({ finalityProviderPks: pks(keysOf('many', 200)), profile: 'babylon-v4' }),
  ),
  A15: refuse('no provider', 'tapscript.no-keys', 'finalityProviderPks', () => contract({ finalityProviderPks: [] })),
  A16: refuse('a provider twice', 'tapscript.duplicate-key', 'finalityProviderPks', () =>
    contract({ finalityProviderPks: [provider, provider] }),
  ),
  A17: refuse('a provider twice, once in upper case', 'tapscript.duplicate-key', 'finalityProviderPks', () =>
    contract({ finalityProviderPks: [provider, PublicKey.fromHex(hex(provider).toUpperCase())] }),
  ),
  A19: refuse('a provider key with zz behind it', 'hex.bad-digit', 'finalityProviderPk', () =>
    PublicKey.fromHex(`${hex(provider)}zz`, 'finalityProviderPk'),
  ),
  A20: refuse('a covenant key with a comment behind it', 'hex.bad-digit', 'params[0].covenantPks[8]', () =>
    params({ covenantPks: [...json.covenantPks.slice(1), `${json.covenantPks[0]} # comment`] }),
  ),
  A21: refuse('a compressed key as provider', 'input.wrong-length', 'finalityProviderPks[0]', () =>
    contract({ finalityProviderPks: [PublicKey.compressedOfSecret(PROVIDER.secretKey)] }),
  ),
  A22: refuse('a provider key with 0x before it', 'hex.bad-digit', 'finalityProviderPk', () =>
    PublicKey.fromHex(`0x${hex(provider)}`, 'finalityProviderPk'),
  ),
  A23: refuse('a provider key off the curve', 'public-key.not-on-curve', 'finalityProviderPks[0]', () =>
    contract({ finalityProviderPks: [filled(32, 5)] }),
  ),
  A25: refuse('a provider key of zeros', 'public-key.not-on-curve', 'finalityProviderPks[0]', () =>
    contract({ finalityProviderPks: [filled(32, 0)] }),
  ),
  A26: accept('the x of a compressed key of odd y', () =>
    must(same(PublicKey.fromCompressedAnyParity(Uint8Array.of(3, ...provider)), provider)),
  ),
  A27: refuse('a compressed key that begins with 05', 'public-key.bad-prefix', 'publicKey', () =>
    PublicKey.fromCompressedAnyParity(Uint8Array.of(5, ...provider)),
  ),
  A28: refuse('an uncompressed key', 'public-key.uncompressed', 'publicKey', () =>
    PublicKey.fromCompressedAnyParity(Uint8Array.of(4, ...provider, ...filled(32, 1))),
  ),
  A29: refuse('a compressed key with junk behind it', 'input.wrong-length', 'publicKey', () =>
    PublicKey.fromCompressedAnyParity(Uint8Array.of(2, ...provider, ...filled(7, 1))),
  ),
  A31: accept('covenant keys in any order', () =>
    must(same(contract({ covenantPks: [...members].reverse() }).staking.scriptPubKey, contract().staking.scriptPubKey)),
  ),
  A32: refuse('the internal key that nobody has, as provider', 'staking-contract.unspendable-key', 'finalityProviderPks[0]', () =>
    contract({ finalityProviderPks: [NUMS] }),
  ),
  A33: refuse('no covenant key', 'tapscript.no-keys', 'covenantPks', () => contract({ covenantPks: [] })),
  A34: refuse('no provider, in the JSON form', 'tapscript.no-keys', 'finalityProviderPks', () =>
    StakingContract.fromJson({ ...StakingContract.toJson(contract()), finalityProviderPks: [] }),
  ),
  A35: accept('keys as plain Uint8Array', () =>
    must(
      same(
        contract({ stakerPk: Uint8Array.from(staker) }).staking.scriptPubKey,
        contract({ stakerPk: Buffer.from(staker) }).staking.scriptPubKey,
      ),
    ),
  ),
  A37: accept('parameters that the caller changes afterwards have no part in what was made', () => aliased()),
  B01: refuse('staking time 0', 'input.out-of-range', 'stakingTimeBlocks', () => stake({ stakingTimeBlocks: 0 })),
  B02: accept('staking time 1', () => timelock(1, '51')),
  B03: accept('staking time 16', () => timelock(16, '60')),
  B04: accept('staking time 17', () => timelock(17, '0111')),
  B06: refuse('staking time 65536', 'input.out-of-range', 'stakingTimeBlocks', () => stake({ stakingTimeBlocks: 65_536 })),
  B07: refuse('staking time -1', 'input.out-of-range', 'stakingTimeBlocks', () => stake({ stakingTimeBlocks: -1 })),
  B08: refuse('staking time 100.5', 'input.not-integer', 'stakingTimeBlocks', () => stake({ stakingTimeBlocks: 100.5 })),
  B09: refuse('staking time null', 'input.not-integer', 'stakingTimeBlocks', () => stake({ stakingTimeBlocks: null })),
  B10: refuse('staking time as text', 'input.not-integer', 'stakingTimeBlocks', () => stake({ stakingTimeBlocks: '1000' })),
  B12: refuse('a stake over 100.5 blocks', 'input.not-integer', 'stakingTimeBlocks', () =>
    StakingTx.checkAgainst(PARAMS, contract({ stakingTimeBlocks: 100.5 }), Sats.from(STAKE_SATS)),
  ),
  B13: refuse('time 0 at the script layer', 'input.out-of-range', 'stakingTimeBlocks', () => contract({ stakingTimeBlocks: 0 })),
  B14: refuse('time 65536 at the script layer', 'input.out-of-range', 'stakingTimeBlocks', () => contract({ stakingTimeBlocks: 65_536 })),
  B15: refuse('unbonding time 0', 'input.out-of-range', 'unbondingTimeBlocks', () => contract({ unbondingTimeBlocks: 0 })),
  B16: refuse('unbonding time 1008.9', 'input.not-integer', 'unbondingTimeBlocks', () => contract({ unbondingTimeBlocks: 1008.9 })),
  B18: refuse('unbonding time NaN in the parameters', 'input.not-integer', 'params[0].unbondingTimeBlocks', () =>
    params({ unbondingTimeBlocks: Number.NaN }),
  ),
  B19: refuse('a maximum of more than 65535 blocks in the parameters', 'params.staking-time-limit', 'params[0].maxStakingTimeBlocks', () =>
    params({ maxStakingTimeBlocks: 70_000 }),
  ),
  B20: refuse(
    'an unbonding time above every staking time, in the parameters',
    'params.unbonding-time-above-staking',
    'params[0].unbondingTimeBlocks',
    () => params({ minStakingTimeBlocks: 100, maxStakingTimeBlocks: 300, unbondingTimeBlocks: 301 }),
  ),
  C01: refuse('a testnet address on mainnet', 'address.wrong-network', 'account.address', () =>
    login({ address: Address.encode(P2TR, 'testnet') }),
  ),
  C02: refuse('a mainnet address on testnet', 'address.wrong-network', 'account.address', () =>
    Staker.from({ network: { ...NETWORK, bitcoinNetwork: 'testnet' }, bitcoin: providerOf(), account }),
  ),
  C04: accept('a taproot address in upper case', () => must(Address.kindOf(Address.decode(taproot.toUpperCase(), 'mainnet')) === 'p2tr')),
  C05: accept('a taproot address in upper case gives the same stake', () =>
    must(same(login({ address: taproot.toUpperCase() }).scriptPubKey, world.staker.scriptPubKey)),
  ),
  C06: accept('a taproot address of regtest', () =>
    must(Address.kindOf(Address.decode(Address.encode(world.staker.scriptPubKey, 'regtest'), 'regtest')) === 'p2tr'),
  ),
  C07: refuse('the address of an anchor', 'address.unknown-version', 'account.address', () => login({ address: 'bc1pfeessrawgf' })),
  C08: accept('a P2PKH address: it signs by ECDSA, and its coins are told to change the txid', () => legacyAddress()),
  C10: refuse('an address of a future witness version', 'address.unknown-version', 'account.address', () => login({ address: FUTURE })),
  C11: refuse('an address with a blank behind it', 'address.malformed', 'account.address', () => login({ address: `${taproot} ` })),
  D01: refuse('500000.5 satoshi', 'input.not-integer', 'valueSats', () => stake({ valueSats: 500_000.5 })),
  D02: refuse('less than the minimum', 'staking-tx.value-out-of-range', 'valueSats', () =>
    stake({ valueSats: PARAMS.minStakingValueSats - 1n }),
  ),
  D03: refuse('NaN satoshi', 'input.not-integer', 'valueSats', () => stake({ valueSats: Number.NaN })),
  D05: refuse('satoshi as text', 'input.not-integer', 'valueSats', () => stake({ valueSats: '500000' })),
  D06: refuse('more than there are', 'input.out-of-range', 'valueSats', () => build({ valueSats: 2_200_000_000_000_000n })),
  D07: refuse('a rate of -5', 'input.out-of-range', 'feeRateSatsPerKvb', () => stake({ feeRateSatsPerKvb: -5_000n })),
  D08: refuse('a rate of 0', 'input.out-of-range', 'feeRateSatsPerKvb', () => stake({ feeRateSatsPerKvb: 0n })),
  D09: accept('1.5 sat/vB', () => must(stake({ feeRateSatsPerKvb: Fee.ratePerVbyte(1.5) }).built.feeSats > 0n)),
  D11: refuse('1,000,000 sat/vB', 'input.out-of-range', 'feeRateSatsPerKvb', () => stake({ feeRateSatsPerKvb: 1_000_000_000n })),
  D12: refuse('a rate of NaN', 'input.not-integer', 'feeRateSatsPerKvb', () => stake({ feeRateSatsPerKvb: Number.NaN })),
  D13: refuse('a rate as text', 'input.not-integer', 'feeRateSatsPerKvb', () => stake({ feeRateSatsPerKvb: '5' })),
  D14: accept('1.3 sat/vB at the low level', () => must(build({ feeRateSatsPerKvb: Fee.ratePerVbyte('1.3') }).feeSats > 0n)),
  D15: refuse('a rate of NaN at the low level', 'input.not-integer', 'feeRateSatsPerKvb', () => build({ feeRateSatsPerKvb: Number.NaN })),
  D17: refuse('an amount of NaN at the low level', 'input.not-integer', 'valueSats', () => build({ valueSats: Number.NaN })),
  D18: refuse('a stake of 1 satoshi', 'staking-tx.dust', 'valueSats', () => build({ valueSats: 1n })),
  D19: refuse('a lock height of -1', 'staking-tx.no-lock-time', 'lockHeight', () => build({ lockHeight: -1 })),
  D20: refuse('a lock height of 1.5', 'staking-tx.no-lock-time', 'lockHeight', () => build({ lockHeight: 1.5 })),
  D21: refuse('bytes as the lock height', 'staking-tx.no-lock-time', 'lockHeight', () => build({ lockHeight: staker })),
  D23: refuse('a value as text', 'input.not-integer', 'utxo.value', () => coinOf({ value: '1000000' })),
  D24: refuse('two values as text', 'input.not-integer', 'utxos[0].value', () =>
    Utxo.toCoins(
      untyped([
        { ...utxo, value: '300000' },
        { ...utxo, vout: 1, value: '300000' },
      ]),
    ),
  ),
  D25: refuse('values as text that would add up to more', 'input.not-integer', 'coins[0].valueSats', () =>
    stake({ coins: [0, 1].map((vout) => ({ ...coins[0], outpoint: { txid: '5a'.repeat(32), vout }, valueSats: '60000' })) }),
  ),
  D26: refuse('a value of NaN', 'input.not-integer', 'utxo.value', () => coinOf({ value: Number.NaN })),
  D27: refuse('a value of 1000000.7', 'input.not-integer', 'utxo.value', () => coinOf({ value: 1_000_000.7 })),
  D29: accept('a value as bigint', () => must(coinOf({ value: 1_000_000n }).valueSats === 1_000_000n)),
  D30: refuse('a txid of 30 bytes', 'input.wrong-length', 'utxo.txid', () => coinOf({ txid: '00'.repeat(30) })),
  D31: refuse('a txid that ends in no digits', 'hex.bad-digit', 'utxo.txid', () => coinOf({ txid: `${'00'.repeat(31)}zz` })),
  D32: refuse('output -1', 'input.out-of-range', 'utxo.vout', () => coinOf({ vout: -1 })),
  D33: refuse('output 1.5', 'input.not-integer', 'utxo.vout', () => coinOf({ vout: 1.5 })),
  D35: refuse('hello as a script', 'hex.odd-length', 'utxo.scriptPubKey', () => coinOf({ scriptPubKey: 'hello' })),
  D36: accept('the largest coin is an OP_RETURN: left out', () => skips(odd('6a0401020304', 90_000_000n))),
  D37: accept('the largest coin is a P2PK: left out', () =>
    skips(odd(`21${hex(PublicKey.compressedOfSecret(STAKER.secretKey))}ac`, 90_000_000n)),
  ),
  D38: refuse('a P2PKH coin without its transaction', 'coin.missing-previous-transaction', 'coins[0]', () =>
    build({ coins: [bareLegacy], registration: 'post-staking', allowTxidChange: true }),
  ),
  D39: refuse('a coin twice', 'utxo.duplicate', 'utxos[1]', () => Utxo.toCoins([utxo, utxo])),
  D41: accept('a taproot coin of another key gets no internal key', () =>
    must(Utxo.toCoins(utxosOf(coinsOf(keyOfType('p2tr', keyOf('somebody')), 7_000n)), staker)[0]?.tapInternalKey === undefined),
  ),
  D42: accept('a coin that is spent, as the wallet says', () =>
    skips({ ...coins[0], outpoint: { txid: '77'.repeat(32), vout: 0 }, valueSats: 90_000_000n } as Coin, {
      selection: { isSpent: ({ outpoint }: Coin) => outpoint.txid === '77'.repeat(32) },
    }),
  ),
  D43: accept('change below dust is in the fee that is told', () => hiddenFee()),
  D44: accept('change is dust or more, or not there', () => change()),
  D45: accept('enough without change, not with it', () => tight()),
  E02: refuse('a slashing rate of NaN', 'input.not-text', 'params[0].slashingRate', () => params({ slashingRate: Number.NaN })),
  E03: refuse('a slashing rate as raw text', 'slashing-tx.bad-rate', 'slashingRate', () => slash({ slashingRate: '0.1' })),
  E04: refuse('a slashing rate of 0.00004', 'params.slashing-rate', 'params[0].slashingRate', () => params({ slashingRate: '0.00004' })),
  E05: refuse('a slashing rate of 0.12345678', 'params.slashing-rate', 'params[0].slashingRate', () =>
    params({ slashingRate: '0.12345678' }),
  ),
  E06: refuse('a slashing rate as raw text in a transaction', 'slashing-tx.bad-rate', 'slashingRate', () =>
    slash({ slashingRate: '0.001' }),
  ),
  E08: refuse('zz as slashing script', 'hex.bad-digit', 'params[0].slashingPkScriptHex', () => params({ slashingPkScriptHex: 'zz' })),
  E09: refuse('an unbonding fee of NaN', 'input.not-text', 'params[0].unbondingFeeSats', () => params({ unbondingFeeSats: Number.NaN })),
  E10: refuse('an unbonding fee of 9600.5', 'sats.bad-text', 'params[0].unbondingFeeSats', () => params({ unbondingFeeSats: '9600.5' })),
  E11: refuse('an unbonding fee as raw text', 'input.not-integer', 'unbondingFeeSats', () => unbondFee('9600')),
  E12: refuse(
    'a minimum stake below the unbonding fee, which as text is above it',
    'params.unbonding-fee',
    'params[0].unbondingFeeSats',
    () => params({ minStakingValueSats: '90000', unbondingFeeSats: '100000' }),
  ),
  E14: refuse('the parameters at height NaN', 'input.not-integer', 'height', () =>
    ParamsSet.atHeight(NETWORK.paramsSet, untyped(Number.NaN)),
  ),
  E15: refuse('two versions from the same height on', 'params.activation-order', 'params[1].btcActivationHeight', () =>
    ParamsSet.from([PARAMS, { ...PARAMS, version: 1 }]),
  ),
  E16: refuse('a slashing fee of 100000.5', 'sats.bad-text', 'params[0].minSlashingTxFeeSats', () =>
    params({ minSlashingTxFeeSats: '100000.5' }),
  ),
  E17: refuse('a slashed amount below dust', 'slashing-tx.dust', undefined, () =>
    slash({ slashingPkScript: P2TR, slashingRate: Rate.parse('0.0006') }, 500_000n),
  ),
  E18: accept('the amount of a slashing is the double product, rounded half up', () => slashed()),
  F01: refuse('5 signatures of 6', 'covenant-approval.quorum-not-reached', undefined, () => unbond(five)),
  F02: refuse('a member twice', 'covenant-approval.quorum-not-reached', undefined, () => unbond([...five, sig(0)])),
  F03: refuse('a member twice, once in upper case', 'covenant-approval.quorum-not-reached', undefined, () =>
    unbond([...five, { ...sig(0), btcPkHex: sig(0).btcPkHex.toUpperCase() }]),
  ),
  F04: refuse('a member twice, once with garbage behind it', 'hex.bad-digit', 'covenantSignatures[5].btcPkHex', () =>
    unbond([...five, { ...sig(0), btcPkHex: `${sig(0).btcPkHex}zz` }]),
  ),
  F05: refuse('an empty signature', 'input.wrong-length', 'covenantSignatures[5].sigHex', () =>
    unbond([...five, { ...sig(5), sigHex: '' }]),
  ),
  F07: refuse('a signature that is no hex', 'hex.odd-length', 'covenantSignatures[5].sigHex', () =>
    unbond([...five, { ...sig(5), sigHex: 'xyz' }]),
  ),
  F08: accept('a bad signature before six good ones', () => unbonds([{ ...sig(0), sigHex: '07'.repeat(64) }, ...sigs.slice(1, 7)])),
  F09: accept('a stranger among the signers', () =>
    unbonds([{ ...sig(0), btcPkHex: hex(keyOf('stranger').publicKey) }, ...sigs.slice(1, 7)]),
  ),
  F10: accept('signatures in any order', () => unbonds([...sigs].reverse())),
  F11: refuse('a compressed key in the list', 'input.wrong-length', 'covenantSignatures[5].btcPkHex', () =>
    unbond([...five, { ...sig(5), btcPkHex: `02${sig(5).btcPkHex}` }]),
  ),
  F13: refuse('quorum 7 and 6 signatures', 'covenant-approval.quorum-not-reached', undefined, () => quorumSeven()),
  F14: refuse('a member twice in the parameters', 'params.duplicate-covenant-key', 'params[0].covenantPks', () =>
    params({ covenantPks: [...json.covenantPks.slice(1), json.covenantPks[1]] }),
  ),
  F15: accept('65 bytes with a hash type that holds; the others do not count', () => sixtyFive()),
  G01: refuse('a stake whose coins are not given', 'stake-plan.other-transaction', 'transaction.ins[0]', () =>
    world.staker.signStaking({ delegation, coins: [], approval: approvalOf(delegation) }),
  ),
  G02: refuse('a transaction of another amount than asked', 'staking-tx.no-staking-output', undefined, () =>
    registerAfter({ valueSats: STAKE_SATS + 1n }),
  ),
  G04: refuse('two outputs of the stake', 'staking-tx.several-staking-outputs', undefined, () => twoStakes()),
  G05: refuse('the slashing of an unrelated output', 'psbt.wrong-leaf', undefined, () => leafOver(P2WPKH)),
  G06: refuse('the withdrawal of an unrelated transaction', 'staker.not-a-slashing', 'outputs[0]', () =>
    withdraw({}, { from: 'slashing-change', slashingTransaction: made }),
  ),
  G07: refuse('the withdrawal of a slashing that is an unbonding', 'pre-signed.wrong-count', undefined, () =>
    withdraw({}, { from: 'slashing-change', slashingTransaction: delegation.unbonding.transaction }),
  ),
  G08: accept('a withdrawal at 1.5 sat/vB', () => pays(Fee.ratePerVbyte(1.5), 1.5, 'staking')),
  G10: refuse('a withdrawal at NaN', 'input.not-integer', 'feeRateSatsPerKvb', () => withdraw({ feeRateSatsPerKvb: Number.NaN })),
  G11: refuse('a withdrawal at -1', 'input.out-of-range', 'feeRateSatsPerKvb', () => withdraw({ feeRateSatsPerKvb: -1n })),
  G12: refuse('a withdrawal at a rate of text', 'input.not-integer', 'feeRateSatsPerKvb', () => withdraw({ feeRateSatsPerKvb: '10' })),
  G13: refuse('an unbonding of output 99', 'input.out-of-range', 'stakingOutputIndex', () =>
    Delegation.from({ contract: delegation.contract, rules: PARAMS, stakingTransaction, stakingOutputIndex: 99 }),
  ),
  G14: refuse('an unbonding fee of half a satoshi', 'input.not-integer', 'unbondingFeeSats', () => unbondFee(0.5)),
  G16: refuse('a withdrawal of output 99', 'input.out-of-range', 'stakingOutputIndex', () =>
    Tx.outputOf(stakingTransaction, 99, 'stakingOutputIndex'),
  ),
  G17: refuse('an unbonding that spends another transaction', 'unbonding-tx.wrong-input', undefined, () =>
    checkUnbonding((tx) => {
      inputOf(tx).hash = filled(32, 9);
    }),
  ),
  G18: refuse('an unbonding that spends output 99', 'unbonding-tx.wrong-input', undefined, () =>
    checkUnbonding((tx) => {
      inputOf(tx).index = 99;
    }),
  ),
  G19: refuse('an unbonding of version 1, with a locktime, or replaceable', 'pre-signed.version', undefined, () =>
    checkUnbonding((tx) => {
      tx.version = 1;
    }),
  ),
  G20: accept('a slashing with two providers', () =>
    must(
      SlashingTx.build({ contract: contract({ finalityProviderPks: pks(keysOf('many', 2)) }), funding: delegation.staking, rules: PARAMS })
        .outs.length === 2,
    ),
  ),
  G22: accept('derivations, merkle root, earlier transaction and xpub in a PSBT', () => fields()),
  H01: accept('an honest wallet', () => register({})),
  H02: refuse('a slashing PSBT of another transaction', 'signing-request.other-output-script', 'outputs[0].scriptPubKey', () =>
    register({
      swap: (psbt) =>
        changed(psbt, (tx) => {
          outputOf(tx).script = world.key.scriptPubKey;
        }),
    }),
  ),
  H03: refuse('64 bytes as slashing signature', 'signing-request.invalid-signature', undefined, () =>
    register(answering(() => filled(64, 7))),
  ),
  H04: refuse('a slashing signature of type ALL', 'signing-request.other-sighash-type', 'inputs[0].sighashType', () =>
    register({ sighashType: 1 }),
  ),
  H06: accept('a PSBT in base64', () => register({ encoding: 'base64' })),
  H07: refuse('an empty proof of possession', 'provider.bad-answer', undefined, () => register({ message: () => '' })),
  H08: refuse('a proof of possession in hex', 'pop.hex-answer', 'signatureBase64', () => register({ message: () => '07'.repeat(66) })),
  H09: refuse('a proof of possession of another key', 'pop.invalid-signature', 'signatureBase64', () => foreignPop()),
  H10: refuse('a tip height of -5', 'input.out-of-range', 'babylonBtcTipHeight', () => stake({ babylonBtcTipHeight: -5 })),
  H12: refuse('a Babylon address of 5 bytes', 'babylon-address.wrong-length', 'account.babylonAddress', () =>
    login({ babylonAddress: 'bbn1qqqqqqqqv70kd6' }),
  ),
  H13: refuse('the Babylon address of a validator', 'babylon-address.malformed', 'account.babylonAddress', () =>
    login({ babylonAddress: 'bbnvaloper1cyqgpk0nlsutlm5ymkfpya30fqntanc8slpure' }),
  ),
  H14: refuse('a provider key as text with something behind it', 'input.not-bytes', 'finalityProviderPk', () =>
    stake({ finalityProviderPk: `${hex(provider)}zz` }),
  ),
  H15: refuse('a stake whose output the wallet changed', 'signing-request.other-output-script', 'outputs[0].scriptPubKey', () =>
    swappedStake(),
  ),
  H16: refuse('a signed stake of another amount than was approved', 'covenant-approval.quorum-not-reached', undefined, () => otherAmount()),
  H18: accept('the class of errors is exported', () =>
    must(typeof Satlock.SatlockError === 'function' && typeof Satlock.isSatlockError === 'function'),
  ),
  H19: refuse('a flow without arguments', 'input.missing', 'plan', () => worldOf().staker.registerBeforeStaking(untyped(undefined))),
  H20: refuse('a proof with a node of 31 bytes', 'input.wrong-length', 'proof.siblings[0]', () =>
    registerAfter({ inclusionProof: { ...proofOf(stakingTransaction), siblings: [filled(31, 1)] } }),
  ),
  H21: refuse('a stake of another amount than registered', 'staking-tx.no-staking-output', undefined, () =>
    registerAfter({ valueSats: STAKE_SATS - 1n }),
  ),
  H22: accept('the fee of a withdrawal', () => pays(3_000n, 3, 'staking')),
  H24: accept('the fee of a withdrawal after unbonding', () => pays(3_000n, 3, 'unbonding')),
  H25: accept('the fee of a stake of ten taproot coins', () => signedStake('p2tr', 10)),
  H26: accept('the fee of a stake of P2PKH coins', () => legacyFee()),
  H27: accept('nothing has to be initialised', () => must(contract().staking.scriptPubKey.length === 34)),
  H28: accept('an extension whose committee is written in upper case', () =>
    must(
      world.staker.planExtension({ ...stakeTerms, previous: delegation, funding }).delegation.stakingTxid.length === 64 &&
        params({ covenantPks: json.covenantPks.map((pk) => pk.toUpperCase()) }).covenantPks.every(
          (pk, i) => hex(pk) === json.covenantPks[i],
        ),
    ),
  ),
  H30: refuse('an extension that needs two coins: the error holds a plan', 'extension-tx.needs-consolidation', undefined, () =>
    ExtensionTx.fund({
      ...extendTerms,
      feeRateSatsPerKvb: 1_000n,
      candidates: [1, 2, 3, 4, 5].map((id) => walletCoin('p2wpkh', 375n, id)),
    }),
  ),
  H31: refuse('the stake as the coin that extends it', 'extension-tx.funding-is-the-stake', 'funding', () =>
    world.staker.planExtension({
      ...stakeTerms,
      previous: delegation,
      funding: { ...delegation.staking, scriptPubKey: delegation.contract.staking.scriptPubKey },
    }),
  ),
  // Beside the table: what is of the same kind.
  A30: refuse('an uncompressed key whose y does not fit', 'public-key.uncompressed', 'publicKey', () =>
    PublicKey.fromCompressedAnyParity(Uint8Array.of(4, ...provider, ...filled(32, 2))),
  ),
  'B20 script': accept('an unbonding time above the staking time, at the script layer', () =>
    contract({ stakingTimeBlocks: 100, unbondingTimeBlocks: 301 }),
  ),
  'A13 script': accept('two providers at the script layer', () =>
    must(contract({ finalityProviderPks: pks(keysOf('many', 2)) }).staking.paths.slashing.script.length === 412),
  ),
  D10: accept('0.2 sat/vB', () => must(build({ feeRateSatsPerKvb: Fee.ratePerVbyte(0.2) }).feeSats > 0n)),
  D40: refuse('a coin twice, its txid once in upper case', 'utxo.duplicate', 'utxos[1]', () =>
    Utxo.toCoins([utxo, { ...utxo, txid: utxo.txid.toUpperCase() }]),
  ),
  'D41 given': refuse('a taproot coin with the internal key of another', 'psbt.other-internal-key', undefined, () =>
    SigningRequest.from({ transaction: stakingTransaction, inputs: [{ coin: { ...(coins[0] as Coin), tapInternalKey: provider } }] }),
  ),
  'G19 locktime': refuse('an unbonding with a locktime', 'pre-signed.lock-time', undefined, () =>
    checkUnbonding((tx) => {
      tx.locktime = 500;
    }),
  ),
  'G19 sequence': refuse('an unbonding that is replaceable', 'pre-signed.replaceable', undefined, () =>
    checkUnbonding((tx) => {
      inputOf(tx).sequence = 0xffff_fffd;
    }),
  ),
  H05: accept('a PSBT that is not finalised', () => register({ finalize: false })),
  'H20 place': refuse('a proof for place -3', 'input.out-of-range', 'proof.index', () =>
    registerAfter({ inclusionProof: { ...proofOf(stakingTransaction), index: -3 } }),
  ),
  'H20 block': refuse('a proof in a block of two bytes', 'input.wrong-length', 'proof.blockHash', () =>
    registerAfter({ inclusionProof: { ...proofOf(stakingTransaction), blockHash: 'beef' } }),
  ),
};
