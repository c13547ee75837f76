// A view as JSON: bytes in hex, amounts and Babylon heights in decimal text, Bitcoin heights as numbers. Reading is strict.
import * as Check from '../../base/Check.ts';
import * as Hex from '../../base/Hex.ts';
import type * as ChainProfile from '../ChainProfile.ts';
import * as Fields from '../json/fields.ts';
import { from as open } from '../json/object.ts';
import * as Params from '../Params.ts';
import * as ParamsSet from '../ParamsSet.ts';
import type { ChainView, DelegationRecord, Options, Release } from './viewTypes.ts';

export type Json = { readonly [key: string]: unknown };

const list = (keys: readonly Uint8Array[]): readonly string[] => keys.map(Hex.encode);

/** A stored delegation as JSON. */
function recordToJson(record: DelegationRecord): Json {
  const { covenantSigners, unbondingInfo, expansion, totalSats } = record;
  return {
    ...record,
    btcPk: Hex.encode(record.btcPk),
    fpBtcPkList: list(record.fpBtcPkList),
    totalSats: totalSats.toString(),
    stakingTx: Hex.encode(record.stakingTx),
    slashingTx: Hex.encode(record.slashingTx),
    unbondingTx: Hex.encode(record.unbondingTx),
    unbondingSlashingTx: Hex.encode(record.unbondingSlashingTx),
    covenantSigners: {
      slashing: list(covenantSigners.slashing),
      unbonding: list(covenantSigners.unbonding),
      unbondingSlashing: list(covenantSigners.unbondingSlashing),
      expansion: list(covenantSigners.expansion),
    },
    ...(unbondingInfo === undefined ? {} : { unbondingInfo: { spendStakeTx: Hex.encode(unbondingInfo.spendStakeTx) } }),
    ...(expansion === undefined
      ? {}
      : {
          expansion: {
            previousStakingTxid: expansion.previousStakingTxid,
            fundingOutput: {
              scriptPubKey: Hex.encode(expansion.fundingOutput.scriptPubKey),
              valueSats: expansion.fundingOutput.valueSats.toString(),
            },
          },
        }),
  };
}

const RECORD = [
  'stakerAddr',
  'btcPk',
  'fpBtcPkList',
  'stakingTimeBlocks',
  'unbondingTimeBlocks',
  'paramsVersion',
  'startHeight',
  'endHeight',
  'totalSats',
  'stakingTx',
  'stakingOutputIndex',
  'slashingTx',
  'unbondingTx',
  'unbondingSlashingTx',
  'covenantSigners',
];

/** The stored delegation that `json` spells; its content is checked by the view. */
function recordFromJson(json: unknown, name: string): DelegationRecord {
  const fields = open(json, name, undefined, RECORD, ['btcTipHeight', 'unbondingInfo', 'expansion']);
  const { values, path } = fields;
  const signers = open(values['covenantSigners'], `${path}.covenantSigners`, undefined, SIGNERS);
  const info =
    values['unbondingInfo'] === undefined ? undefined : open(values['unbondingInfo'], `${path}.unbondingInfo`, undefined, ['spendStakeTx']);
  return {
    stakerAddr: Fields.text(fields, 'stakerAddr'),
    btcPk: Fields.bytes(fields, 'btcPk', 32),
    fpBtcPkList: Fields.bytesList(fields, 'fpBtcPkList', 32),
    stakingTimeBlocks: Fields.uint32(fields, 'stakingTimeBlocks'),
    unbondingTimeBlocks: Fields.uint32(fields, 'unbondingTimeBlocks'),
    paramsVersion: Fields.uint32(fields, 'paramsVersion'),
    startHeight: Fields.uint32(fields, 'startHeight'),
    endHeight: Fields.uint32(fields, 'endHeight'),
    ...(values['btcTipHeight'] === undefined ? {} : { btcTipHeight: Fields.uint32(fields, 'btcTipHeight') }),
    totalSats: Fields.sats(fields, 'totalSats'),
    stakingTx: Fields.bytes(fields, 'stakingTx'),
    stakingOutputIndex: Fields.uint32(fields, 'stakingOutputIndex'),
    slashingTx: Fields.bytes(fields, 'slashingTx'),
    unbondingTx: Fields.bytes(fields, 'unbondingTx'),
    unbondingSlashingTx: Fields.bytes(fields, 'unbondingSlashingTx'),
    covenantSigners: {
      slashing: Fields.bytesList(signers, 'slashing', 32),
      unbonding: Fields.bytesList(signers, 'unbonding', 32),
      unbondingSlashing: Fields.bytesList(signers, 'unbondingSlashing', 32),
      expansion: Fields.bytesList(signers, 'expansion', 32),
    },
    ...(info === undefined ? {} : { unbondingInfo: { spendStakeTx: Fields.bytes(info, 'spendStakeTx') } }),
    ...(values['expansion'] === undefined ? {} : { expansion: expansionFromJson(values['expansion'], `${path}.expansion`) }),
  };
}

const SIGNERS = ['slashing', 'unbonding', 'unbondingSlashing', 'expansion'];

function expansionFromJson(json: unknown, name: string): NonNullable<DelegationRecord['expansion']> {
  const fields = open(json, name, undefined, ['previousStakingTxid', 'fundingOutput']);
  const output = open(fields.values['fundingOutput'], `${name}.fundingOutput`, undefined, ['scriptPubKey', 'valueSats']);
  return {
    previousStakingTxid: Fields.text(fields, 'previousStakingTxid'),
    fundingOutput: { scriptPubKey: Fields.bytes(output, 'scriptPubKey'), valueSats: Fields.sats(output, 'valueSats') },
  };
}

/** A whole view as JSON. */
export function toJson(view: ChainView): Json {
  return {
    params: view.paramsSet.versions.map(Params.toJson),
    confirmationDepthBlocks: view.confirmationDepthBlocks,
    tipHeight: view.tipHeight,
    babylonHeight: view.babylonHeight.toString(),
    release: view.release,
    profile: view.profile,
    ...(view.popContext === undefined ? {} : { popContext: view.popContext }),
    headers: [...view.headers.values()].map(({ hash, height, merkleRoot }) => ({ hash, height, merkleRoot: Hex.encode(merkleRoot) })),
    finalityProviders: [...view.finalityProviders.values()].map((one) => ({ ...one, btcPk: Hex.encode(one.btcPk) })),
    delegations: [...view.delegations.values()].map(recordToJson),
    allowedStakingTxids: [...view.allowedStakingTxids],
    minedAt: Object.fromEntries(view.minedAt),
  };
}

const VIEW = [
  'params',
  'confirmationDepthBlocks',
  'tipHeight',
  'babylonHeight',
  'release',
  'profile',
  'headers',
  'finalityProviders',
  'delegations',
  'allowedStakingTxids',
  'minedAt',
];

/** The options of the view that `json` spells. */
export function optionsFromJson(json: unknown): Options {
  const fields = open(json, 'chain', undefined, VIEW, ['popContext']);
  const { values } = fields;
  const minedAt = open(
    values['minedAt'],
    'chain.minedAt',
    undefined,
    [],
    Object.keys(Check.object(values['minedAt'], 'chain.minedAt') as object),
  );
  return {
    paramsSet: ParamsSet.from(Fields.list(fields, 'params').map((one) => Params.from(one))),
    confirmationDepthBlocks: Fields.uint32(fields, 'confirmationDepthBlocks'),
    tipHeight: Fields.uint32(fields, 'tipHeight'),
    babylonHeight: Fields.uint64(fields, 'babylonHeight'),
    release: Fields.text(fields, 'release') as Release,
    profile: Fields.text(fields, 'profile') as ChainProfile.ChainProfile,
    ...(values['popContext'] === undefined ? {} : { popContext: Fields.text(fields, 'popContext') }),
    headers: Fields.list(fields, 'headers').map((one, i) => {
      const header = open(one, `chain.headers[${i}]`, undefined, ['hash', 'height', 'merkleRoot']);
      return {
        hash: Fields.text(header, 'hash'),
        height: Fields.uint32(header, 'height'),
        merkleRoot: Fields.bytes(header, 'merkleRoot', 32),
      };
    }),
    finalityProviders: Fields.list(fields, 'finalityProviders').map((one, i) => {
      const provider = open(one, `chain.finalityProviders[${i}]`, undefined, ['btcPk', 'slashed', 'jailed', 'softDeleted']);
      const { slashed, jailed, softDeleted } = provider.values as {
        readonly slashed: boolean;
        readonly jailed: boolean;
        readonly softDeleted: boolean;
      };
      return { btcPk: Fields.bytes(provider, 'btcPk', 32), slashed, jailed, softDeleted };
    }),
    delegations: Fields.list(fields, 'delegations').map((one, i) => recordFromJson(one, `chain.delegations[${i}]`)),
    allowedStakingTxids: Fields.textList(fields, 'allowedStakingTxids'),
    minedAt: new Map(Object.keys(minedAt.values).map((txid) => [txid, Fields.uint32(minedAt, txid)])),
  };
}
