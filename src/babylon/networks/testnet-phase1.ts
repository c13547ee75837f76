// Parameters of bbn-test-4, the lock-only phase-1 testnet on signet: data only, collected offline from the public repositories listed under `sources`.
// Nothing here is invented: what could not be established is null or stands under `unknown` with the reason.
import type { CompressedKey, NetworkData } from './data.ts';

const PHASE1_KEYS_0: readonly CompressedKey[] = [
  {
    compressed: '0249766ccd9e3cd94343e2040474a77fb37cdfd30530d05f9f1e96ae1e2102c86e',
    xonly: '49766ccd9e3cd94343e2040474a77fb37cdfd30530d05f9f1e96ae1e2102c86e',
  },
  {
    compressed: '0276d1ae01f8fb6bf30108731c884cddcf57ef6eef2d9d9559e130894e0e40c62c',
    xonly: '76d1ae01f8fb6bf30108731c884cddcf57ef6eef2d9d9559e130894e0e40c62c',
  },
  {
    compressed: '0217921cf156ccb4e73d428f996ed11b245313e37e27c978ac4d2cc21eca4672e4',
    xonly: '17921cf156ccb4e73d428f996ed11b245313e37e27c978ac4d2cc21eca4672e4',
  },
  {
    compressed: '02113c3a32a9d320b72190a04a020a0db3976ef36972673258e9a38a364f3dc3b0',
    xonly: '113c3a32a9d320b72190a04a020a0db3976ef36972673258e9a38a364f3dc3b0',
  },
  {
    compressed: '0379a71ffd71c503ef2e2f91bccfc8fcda7946f4653cef0d9f3dde20795ef3b9f0',
    xonly: '79a71ffd71c503ef2e2f91bccfc8fcda7946f4653cef0d9f3dde20795ef3b9f0',
  },
  {
    compressed: '023bb93dfc8b61887d771f3630e9a63e97cbafcfcc78556a474df83a31a0ef899c',
    xonly: '3bb93dfc8b61887d771f3630e9a63e97cbafcfcc78556a474df83a31a0ef899c',
  },
  {
    compressed: '03d21faf78c6751a0d38e6bd8028b907ff07e9a869a43fc837d6b3f8dff6119a36',
    xonly: 'd21faf78c6751a0d38e6bd8028b907ff07e9a869a43fc837d6b3f8dff6119a36',
  },
  {
    compressed: '0340afaf47c4ffa56de86410d8e47baa2bb6f04b604f4ea24323737ddc3fe092df',
    xonly: '40afaf47c4ffa56de86410d8e47baa2bb6f04b604f4ea24323737ddc3fe092df',
  },
  {
    compressed: '03f5199efae3f28bb82476163a7e458c7ad445d9bffb0682d10d3bdb2cb41f8e8e',
    xonly: 'f5199efae3f28bb82476163a7e458c7ad445d9bffb0682d10d3bdb2cb41f8e8e',
  },
];

const PHASE1_KEYS_1: readonly CompressedKey[] = [
  {
    compressed: '0209585ab55a971a231c945790a0a81df754e5a07263a5c20829931cc24683bbb7',
    xonly: '09585ab55a971a231c945790a0a81df754e5a07263a5c20829931cc24683bbb7',
  },
  {
    compressed: '0276d1ae01f8fb6bf30108731c884cddcf57ef6eef2d9d9559e130894e0e40c62c',
    xonly: '76d1ae01f8fb6bf30108731c884cddcf57ef6eef2d9d9559e130894e0e40c62c',
  },
  {
    compressed: '0217921cf156ccb4e73d428f996ed11b245313e37e27c978ac4d2cc21eca4672e4',
    xonly: '17921cf156ccb4e73d428f996ed11b245313e37e27c978ac4d2cc21eca4672e4',
  },
  {
    compressed: '02113c3a32a9d320b72190a04a020a0db3976ef36972673258e9a38a364f3dc3b0',
    xonly: '113c3a32a9d320b72190a04a020a0db3976ef36972673258e9a38a364f3dc3b0',
  },
  {
    compressed: '0379a71ffd71c503ef2e2f91bccfc8fcda7946f4653cef0d9f3dde20795ef3b9f0',
    xonly: '79a71ffd71c503ef2e2f91bccfc8fcda7946f4653cef0d9f3dde20795ef3b9f0',
  },
  {
    compressed: '023bb93dfc8b61887d771f3630e9a63e97cbafcfcc78556a474df83a31a0ef899c',
    xonly: '3bb93dfc8b61887d771f3630e9a63e97cbafcfcc78556a474df83a31a0ef899c',
  },
  {
    compressed: '03d21faf78c6751a0d38e6bd8028b907ff07e9a869a43fc837d6b3f8dff6119a36',
    xonly: 'd21faf78c6751a0d38e6bd8028b907ff07e9a869a43fc837d6b3f8dff6119a36',
  },
  {
    compressed: '0340afaf47c4ffa56de86410d8e47baa2bb6f04b604f4ea24323737ddc3fe092df',
    xonly: '40afaf47c4ffa56de86410d8e47baa2bb6f04b604f4ea24323737ddc3fe092df',
  },
  {
    compressed: '03f5199efae3f28bb82476163a7e458c7ad445d9bffb0682d10d3bdb2cb41f8e8e',
    xonly: 'f5199efae3f28bb82476163a7e458c7ad445d9bffb0682d10d3bdb2cb41f8e8e',
  },
];

const PHASE1_KEYS_2: readonly CompressedKey[] = [
  {
    compressed: '03fa9d882d45f4060bdb8042183828cd87544f1ea997380e586cab77d5fd698737',
    xonly: 'fa9d882d45f4060bdb8042183828cd87544f1ea997380e586cab77d5fd698737',
  },
  {
    compressed: '020aee0509b16db71c999238a4827db945526859b13c95487ab46725357c9a9f25',
    xonly: '0aee0509b16db71c999238a4827db945526859b13c95487ab46725357c9a9f25',
  },
  {
    compressed: '0217921cf156ccb4e73d428f996ed11b245313e37e27c978ac4d2cc21eca4672e4',
    xonly: '17921cf156ccb4e73d428f996ed11b245313e37e27c978ac4d2cc21eca4672e4',
  },
  {
    compressed: '02113c3a32a9d320b72190a04a020a0db3976ef36972673258e9a38a364f3dc3b0',
    xonly: '113c3a32a9d320b72190a04a020a0db3976ef36972673258e9a38a364f3dc3b0',
  },
  {
    compressed: '0379a71ffd71c503ef2e2f91bccfc8fcda7946f4653cef0d9f3dde20795ef3b9f0',
    xonly: '79a71ffd71c503ef2e2f91bccfc8fcda7946f4653cef0d9f3dde20795ef3b9f0',
  },
  {
    compressed: '023bb93dfc8b61887d771f3630e9a63e97cbafcfcc78556a474df83a31a0ef899c',
    xonly: '3bb93dfc8b61887d771f3630e9a63e97cbafcfcc78556a474df83a31a0ef899c',
  },
  {
    compressed: '03d21faf78c6751a0d38e6bd8028b907ff07e9a869a43fc837d6b3f8dff6119a36',
    xonly: 'd21faf78c6751a0d38e6bd8028b907ff07e9a869a43fc837d6b3f8dff6119a36',
  },
  {
    compressed: '0340afaf47c4ffa56de86410d8e47baa2bb6f04b604f4ea24323737ddc3fe092df',
    xonly: '40afaf47c4ffa56de86410d8e47baa2bb6f04b604f4ea24323737ddc3fe092df',
  },
  {
    compressed: '03f5199efae3f28bb82476163a7e458c7ad445d9bffb0682d10d3bdb2cb41f8e8e',
    xonly: 'f5199efae3f28bb82476163a7e458c7ad445d9bffb0682d10d3bdb2cb41f8e8e',
  },
];

export const testnetPhase1: NetworkData = {
  schema: 1,
  network: 'testnet-phase1',
  bitcoinNetwork: 'signet',
  babylonChainId: null,
  asOf: '2024-11-05',
  sources: ['babylonchain/networks d7c0bac7b1: bbn-test-4/parameters/global-params.json'],
  agreement: 'all amounts, times, keys and fees equal btcstaking versions 0-4 of bbn-test-5 (the cap heights have no counterpart there)',
  phase1: {
    tagHex: '62627434',
    tagAscii: 'bbt4',
    confirmationDepth: 10,
    versions: [
      {
        version: 0,
        activationHeight: 197535,
        stakingCapSats: '500000000',
        capHeight: null,
        tagHex: '62627434',
        covenantPks: PHASE1_KEYS_0,
        covenantQuorum: 6,
        unbondingTimeBlocks: 1008,
        unbondingFeeSats: '2000',
        minStakingSats: '50000',
        maxStakingSats: '5000000',
        minStakingTimeBlocks: 64000,
        maxStakingTimeBlocks: 64000,
        confirmationDepth: 10,
      },
      {
        version: 1,
        activationHeight: 198665,
        stakingCapSats: '5000000000',
        capHeight: null,
        tagHex: '62627434',
        covenantPks: PHASE1_KEYS_1,
        covenantQuorum: 6,
        unbondingTimeBlocks: 1008,
        unbondingFeeSats: '10000',
        minStakingSats: '50000',
        maxStakingSats: '5000000',
        minStakingTimeBlocks: 64000,
        maxStakingTimeBlocks: 64000,
        confirmationDepth: 10,
      },
      {
        version: 2,
        activationHeight: 200665,
        stakingCapSats: null,
        capHeight: 201385,
        tagHex: '62627434',
        covenantPks: PHASE1_KEYS_2,
        covenantQuorum: 6,
        unbondingTimeBlocks: 1008,
        unbondingFeeSats: '10000',
        minStakingSats: '50000',
        maxStakingSats: '5000000',
        minStakingTimeBlocks: 64000,
        maxStakingTimeBlocks: 64000,
        confirmationDepth: 10,
      },
      {
        version: 3,
        activationHeight: 215968,
        stakingCapSats: null,
        capHeight: 220000,
        tagHex: '62627434',
        covenantPks: PHASE1_KEYS_2,
        covenantQuorum: 6,
        unbondingTimeBlocks: 1008,
        unbondingFeeSats: '5000',
        minStakingSats: '50000',
        maxStakingSats: '50000000',
        minStakingTimeBlocks: 64000,
        maxStakingTimeBlocks: 64000,
        confirmationDepth: 10,
      },
      {
        version: 4,
        activationHeight: 220637,
        stakingCapSats: null,
        capHeight: 223661,
        tagHex: '62627434',
        covenantPks: PHASE1_KEYS_2,
        covenantQuorum: 6,
        unbondingTimeBlocks: 1008,
        unbondingFeeSats: '5000',
        minStakingSats: '50000',
        maxStakingSats: '50000000',
        minStakingTimeBlocks: 64000,
        maxStakingTimeBlocks: 64000,
        confirmationDepth: 10,
      },
    ],
  },
  btcstaking: null,
  btccheckpoint: null,
  finality: null,
  unknown: {
    babylonChainId: 'bbn-test-4 was lock-only (phase 1): no chain of that name ran btcstaking',
  },
};
