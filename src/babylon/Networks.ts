// The Babylon networks that are built in: parameters, committee, depths and finality values as dated data with their sources.
// A set is validated by the chain's rules when a network is first asked for, and kept. Governance may have added versions since `asOf`.
import * as Blocks from '../base/Blocks.ts';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as BitcoinNetwork from '../bitcoin/Network.ts';
import * as Ecc from '../crypto/Ecc.ts';
import type { CheckpointEntry, NetworkData } from './networks/data.ts';
import { mainnet } from './networks/mainnet.ts';
import { testnet } from './networks/testnet.ts';
import { testnetBbnTest5 } from './networks/testnet-bbn-test-5.ts';
import { testnetPhase1 } from './networks/testnet-phase1.ts';
import * as Params from './Params.ts';
import * as ParamsSet from './ParamsSet.ts';
import * as Phase1Params from './Phase1Params.ts';

/** Names by chain, and `phase1-testnet` for bbn-test-4, which was lock-only and ran no chain. */
export type Name = StakingName | 'phase1-testnet';
export type StakingName = 'bbn-1' | 'bbn-test-6' | 'bbn-test-5';
/** Other names: `mainnet` is bbn-1, `testnet` the current testnet. */
export type StakingAlias = 'mainnet' | 'testnet';

/** Depths of the checkpoint module; k gates activation, w finalises and lies below every unbonding time. */
export type Checkpoint = {
  /** k: blocks on top of the including block. */
  readonly btcConfirmationDepth: number;
  /** w, in blocks. */
  readonly finalizationTimeoutBlocks: number;
  /** @shape 4 bytes */
  readonly tag: Uint8Array;
};

/** Values that hold from a Babylon height on. */
export type CheckpointFrom = Checkpoint & { readonly fromBabylonHeight: bigint; readonly source: string };

export type Finality = {
  readonly maxActiveFinalityProviders: number;
  readonly signedBlocksWindow: bigint;
  readonly finalitySigTimeout: bigint;
  /** Decimal fraction as text. */
  readonly minSignedPerWindow: string;
  readonly minPubRand: bigint;
  readonly jailDurationSeconds: number;
  readonly finalityActivationHeight: bigint;
  readonly source: string;
};

export type Network = {
  readonly name: Name;
  /** Cosmos chain id; undefined where no chain ran. */
  readonly chainId: string | undefined;
  readonly bitcoinNetwork: BitcoinNetwork.Network;
  /** ISO date of the newest source. */
  readonly asOf: string;
  readonly sources: readonly string[];
  readonly paramsSet: ParamsSet.ParamsSet | undefined;
  readonly phase1: Phase1Params.Phase1Set | undefined;
  /** Operator by x-only covenant key in hex, as published. */
  readonly covenantNames: ReadonlyMap<string, string>;
  readonly btccheckpoint: (Checkpoint & { readonly history: readonly CheckpointFrom[] }) | undefined;
  readonly finality: Finality | undefined;
  /** First header of the chain's Bitcoin light client, and who may insert headers; an empty list means anyone. */
  readonly btcLightClient:
    | {
        readonly baseHeight: Blocks.BlockHeight;
        readonly baseHash: string;
        readonly baseHeader: Uint8Array;
        readonly insertHeadersAllowList: readonly string[];
      }
    | undefined;
  /** Babylon blocks of an epoch. */
  readonly epochInterval: bigint | undefined;
  /** Software upgrades; an undefined height is blank in the source. */
  readonly upgrades: readonly { readonly name: string; readonly babylonHeight: bigint | undefined }[];
  /** Topic to the reason why it is not known. */
  readonly unknown: ReadonlyMap<string, string>;
};

/** A network whose chain runs staking. */
export type StakingNetwork = Network & {
  readonly name: StakingName;
  readonly chainId: string;
  readonly paramsSet: ParamsSet.ParamsSet;
  readonly btccheckpoint: NonNullable<Network['btccheckpoint']>;
  readonly finality: Finality;
};

export type Reason =
  | { readonly code: 'networks.unknown'; readonly got: string; readonly known: readonly string[] }
  | { readonly code: 'networks.no-staking'; readonly name: Name };

const DATA: Readonly<Record<Name, NetworkData>> = {
  'bbn-1': mainnet,
  'bbn-test-6': testnet,
  'bbn-test-5': testnetBbnTest5,
  'phase1-testnet': testnetPhase1,
};
const ALIASES: Readonly<Record<StakingAlias | 'bbn-test-4', Name>> = {
  mainnet: 'bbn-1',
  testnet: 'bbn-test-6',
  'bbn-test-4': 'phase1-testnet',
};

export const NAMES: readonly Name[] = Object.keys(DATA) as Name[];

// Validated networks: the keys are checked once by each backend. Nobody gets these very objects, for bytes cannot be frozen: see ownCopy.
const made = new WeakMap<Ecc.Ecc, Map<Name, Network>>();

/**
 * The network of this name or alias.
 *
 * @param ecc backend that checks the covenant keys at first use
 * @throws networks.unknown - with the names that are known
 */
export function from(name: StakingName | StakingAlias, ecc?: Ecc.Ecc): StakingNetwork;
export function from(name: string, ecc?: Ecc.Ecc): Network;
export function from(name: string, ecc: Ecc.Ecc = Ecc.auto()): Network {
  const canonical = nameOf(name);
  const checked = made.get(ecc) ?? new Map<Name, Network>();
  made.set(ecc, checked);
  let network = checked.get(canonical);
  if (network === undefined) {
    network = build(canonical, DATA[canonical], ecc);
    checked.set(canonical, network);
  }
  return ownCopy(network);
}

/** A frozen deep copy with bytes of its own: who overwrites a covenant key of one copy changes no other caller's addresses. */
function ownCopy<T>(value: T): T {
  if (Check.isBytes(value)) return Bytes.copy(value) as T;
  if (Array.isArray(value)) return Object.freeze(value.map(ownCopy)) as T;
  if (value instanceof Map) return new Map(value) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, ownCopy(entry)]))) as T;
}

/**
 * Narrows to a network that runs staking: for names that arrive as text.
 *
 * @throws networks.no-staking - for the lock-only phase-1 testnet
 */
export function assertStaking(network: Network): asserts network is StakingNetwork {
  if (Check.object(network, 'network').paramsSet === undefined)
    fail<Reason>({ code: 'networks.no-staking', name: network.name }, `${network.name} was lock-only: it has no staking parameters`);
}

/** The bundled file as it is, with everything that has no field of its own. */
export function dataOf(name: string): NetworkData {
  return ownCopy(DATA[nameOf(name)]);
}

function nameOf(name: string): Name {
  const isText = typeof name === 'string';
  if (isText && Object.hasOwn(DATA, name)) return name as Name;
  if (isText && Object.hasOwn(ALIASES, name)) return ALIASES[name as keyof typeof ALIASES];
  const known = [...NAMES, ...Object.keys(ALIASES)];
  return fail<Reason>(
    { code: 'networks.unknown', got: isText ? name : Check.kindOf(name), known },
    `network: expected one of ${known.join(', ')}`,
  );
}

function build(name: Name, data: NetworkData, ecc: Ecc.Ecc): Network {
  const { btcstaking, phase1, btccheckpoint, finality, btclightclient, epoching } = data;
  return Object.freeze({
    name,
    chainId: data.babylonChainId ?? undefined,
    bitcoinNetwork: BitcoinNetwork.from(data.bitcoinNetwork),
    asOf: data.asOf,
    sources: data.sources,
    paramsSet: btcstaking === null ? undefined : ParamsSet.from(btcstaking.versions.map((version) => Params.from(version, ecc))),
    phase1: phase1 === null ? undefined : Phase1Params.setFrom(phase1.versions.map((version) => Phase1Params.from(version, ecc))),
    covenantNames: new Map(Object.entries(data.covenantNames ?? {})),
    btccheckpoint:
      btccheckpoint === null ? undefined : { ...checkpointOf(btccheckpoint), history: btccheckpoint.history.map(checkpointFromOf) },
    finality: finality === null ? undefined : finalityOf(finality),
    btcLightClient:
      btclightclient === undefined
        ? undefined
        : {
            baseHeight: Blocks.height(btclightclient.baseHeight),
            baseHash: btclightclient.baseHash,
            baseHeader: Hex.decode(btclightclient.baseHeaderHex, 'baseHeaderHex', 80),
            insertHeadersAllowList: btclightclient.insertHeadersAllowList,
          },
    epochInterval: epoching === undefined ? undefined : BigInt(epoching.epochInterval),
    upgrades: (data.upgrades ?? []).map(({ name: upgrade, height }) => ({
      name: upgrade,
      babylonHeight: height === null ? undefined : BigInt(height),
    })),
    unknown: new Map(Object.entries(data.unknown)),
  });
}

function checkpointOf(entry: Omit<CheckpointEntry, 'fromBabylonHeight' | 'source'>): Checkpoint {
  return {
    btcConfirmationDepth: entry.btcConfirmationDepth,
    finalizationTimeoutBlocks: entry.checkpointFinalizationTimeout,
    tag: Hex.decode(entry.checkpointTagHex, 'checkpointTagHex', 4),
  };
}

function checkpointFromOf(entry: CheckpointEntry): CheckpointFrom {
  return { ...checkpointOf(entry), fromBabylonHeight: BigInt(entry.fromBabylonHeight), source: entry.source };
}

function finalityOf(finality: NonNullable<NetworkData['finality']>): Finality {
  return {
    maxActiveFinalityProviders: finality.maxActiveFinalityProviders,
    signedBlocksWindow: BigInt(finality.signedBlocksWindow),
    finalitySigTimeout: BigInt(finality.finalitySigTimeout),
    minSignedPerWindow: finality.minSignedPerWindow,
    minPubRand: BigInt(finality.minPubRand),
    jailDurationSeconds: finality.jailDurationSeconds,
    finalityActivationHeight: BigInt(finality.finalityActivationHeight),
    source: finality.source,
  };
}
