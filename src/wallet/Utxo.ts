// Coins in the form of wallets and explorers (btc-staking-ts `UTXO`): hex and numbers, taken in strictly.
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Sats from '../base/Sats.ts';
import * as Address from '../bitcoin/Address.ts';
import type { Coin } from '../bitcoin/Coin.ts';
import * as TapTree from '../bitcoin/TapTree.ts';
import * as Tx from '../bitcoin/Tx.ts';
import * as Ecc from '../crypto/Ecc.ts';

export type Reason =
  | Check.Reason
  | Hex.Reason
  | Sats.Reason
  | Tx.Reason
  | { readonly code: 'utxo.duplicate'; readonly field: string; readonly txid: string; readonly vout: number };

/** A coin as wallets and explorers give it. `value` in satoshi. */
export type Utxo = {
  readonly txid: string;
  readonly vout: number;
  readonly value: number | bigint;
  readonly scriptPubKey: string;
  readonly rawTxHex?: string;
  readonly redeemScript?: string;
  readonly witnessScript?: string;
};

/**
 * The coin. With the wallet's x-only key, taproot coins of its address (BIP86) get their internal key; those of other keys stay without.
 *
 * @throws input.*, hex.* - text amounts, fractions and half bytes among others
 */
export function toCoin(utxo: Utxo, walletKey?: Uint8Array, field = 'utxo', ecc: Ecc.Ecc = Ecc.auto()): Coin {
  return read(utxo, ownOutput(walletKey, ecc), field);
}

/** The wallet's key and the output key of its address: one point addition, however many coins there are. */
type OwnOutput = { readonly walletKey: Uint8Array; readonly outputKey: Uint8Array };

function ownOutput(walletKey: Uint8Array | undefined, ecc: Ecc.Ecc): OwnOutput | undefined {
  if (walletKey === undefined) return undefined;
  return { walletKey, outputKey: TapTree.tweak(Check.bytes(walletKey, 'walletKey', 32), new Uint8Array(0), ecc).outputKey };
}

function read(utxo: Utxo, own: OwnOutput | undefined, field: string): Coin {
  const { txid, vout, value, scriptPubKey, rawTxHex, redeemScript, witnessScript } = Check.object(utxo, field);
  const outpoint = Tx.checkOutpoint({ txid, vout }, field);
  const amount = typeof value === 'bigint' ? value : BigInt(Check.integer(value, `${field}.value`, 0, Number(Sats.MAX)));
  const valueSats = Sats.from(amount, `${field}.value`);
  const script = Hex.decode(scriptPubKey, `${field}.scriptPubKey`);
  const optional = (text: string | undefined, name: string): Uint8Array | undefined =>
    text === undefined || text === null || text === '' ? undefined : Hex.decode(text, `${field}.${name}`);
  const redeem = optional(redeemScript, 'redeemScript');
  const witness = optional(witnessScript, 'witnessScript');
  const previous = optional(rawTxHex, 'rawTxHex');
  const isOwn = own !== undefined && Address.kindOf(script) === 'p2tr' && Bytes.equal(own.outputKey, script.subarray(2));
  return {
    outpoint,
    valueSats,
    scriptPubKey: script,
    ...(redeem === undefined ? {} : { redeemScript: redeem }),
    ...(witness === undefined ? {} : { witnessScript: witness }),
    ...(previous === undefined ? {} : { previousTransaction: previous }),
    ...(isOwn ? { tapInternalKey: Bytes.copy(own.walletKey) } : {}),
  };
}

/** The coins of a list; the same output twice is refused, in whatever case its txid is written. @throws as {@link toCoin}, utxo.duplicate */
export function toCoins(utxos: readonly Utxo[], walletKey?: Uint8Array, field = 'utxos', ecc: Ecc.Ecc = Ecc.auto()): readonly Coin[] {
  const seen = new Set<string>();
  const own = ownOutput(walletKey, ecc);
  return Check.list(utxos, field).map((utxo, i) => {
    const coin = read(utxo, own, `${field}[${i}]`);
    const { txid, vout } = coin.outpoint;
    if (seen.has(`${txid}:${vout}`))
      fail<Reason>({ code: 'utxo.duplicate', field: `${field}[${i}]`, txid, vout }, `${field}[${i}]: ${txid}:${vout} is in the list twice`);
    seen.add(`${txid}:${vout}`);
    return coin;
  });
}
