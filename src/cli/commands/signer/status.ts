// satlock signer status: what a signer has: its store, its keys, and how far each has come.
import { Command } from 'commander';
import * as Hex from '../../../base/Hex.ts';
import { EXIT } from '../../exit.ts';
import { print } from '../../io.ts';
import { describeKey } from './common.ts';
import { describeSlot, nameOf, type StoreOption, storeOptions, withStore } from './store.ts';

export function statusCommand(): Command {
  return storeOptions(new Command('status'))
    .description('store, keys, and how far each has come. Reads only; a daemon may be running')
    .addHelpText('after', '\nExample:\n  satlock signer status --home ~/.satlock')
    .action((options: StoreOption) =>
      withStore(options, async (store, { paths, keystore }) => {
        const identity = await store.identity();
        const keys = keystore.list();
        const slots = await store.slots();
        const SignerHome = await import('../../../node/SignerHome.ts');
        const findings = await SignerHome.findings(paths, keystore, store);
        const fenced = findings.map(({ publicKey, chainId, problem, signedElsewhereUpTo }) => ({
          ...{ publicKey: Hex.encode(publicKey), chainId, problem, signedElsewhereUpTo },
        }));
        const described = keys.map((key) => ({
          ...describeKey(key),
          belongsToStore: key.origin === 'generated' && key.storeId === identity.storeId,
        }));
        const data = {
          home: paths.home,
          store: { kind: store.kind, ...identity },
          keys: described,
          slots: slots.map((slot) => describeSlot(slot, nameOf(keys, slot.publicKey))),
          fenced,
        };
        print(options, data, () =>
          [
            `home      ${paths.home}`,
            `store     ${store.kind} ${identity.storeId}, sequence ${identity.sequence}`,
            ...keys.map((key) => `key       ${key.name}  ${Hex.encode(key.publicKey)}  ${belongs(key, identity.storeId)}`),
            ...slots.map((slot) => {
              const name = nameOf(keys, slot.publicKey) ?? Hex.encode(slot.publicKey);
              const state = slot.condemned === undefined ? '' : `, CONDEMNED: ${slot.condemned}`;
              return `history   ${name} on ${slot.chainId}: watermark ${slot.watermark ?? 'none'}, highest signed ${slot.highestSigned ?? 'none'}${state}`;
            }),
            ...fenced.map(
              ({ publicKey, chainId, problem, signedElsewhereUpTo }) =>
                `FENCED    ${publicKey} on ${chainId} (${problem}): signs nothing new until its watermark is raised, to ${signedElsewhereUpTo} at least`,
            ),
          ].join('\n'),
        );
        if (fenced.length > 0) process.exitCode = EXIT.FINDING;
      }),
    );
}

function belongs(key: { readonly origin: string; readonly storeId: string | null }, storeId: string): string {
  if (key.origin === 'imported') return 'imported: signs where its history was imported or its watermark raised';
  if (key.storeId === null) return 'new: belongs to the store that it is first served with, within a day of its making';
  return key.storeId === storeId
    ? 'belongs to this store'
    : `belongs to another store (${key.storeId}): is --store the right one? If that store is lost, raise the watermark above the chain's last block`;
}
