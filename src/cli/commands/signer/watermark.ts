// satlock signer watermark: the height at and below which a key signs nothing new. It only rises.
import { Command } from 'commander';
import * as Hex from '../../../base/Hex.ts';
import { print, usage } from '../../io.ts';
import * as parse from '../../parse.ts';
import { describeSlot, nameOf, publicKeyOf, type StoreOption, storeOptions, withStore } from './store.ts';

export function watermarkCommand(): Command {
  const command = new Command('watermark').description('the height at and below which a key signs nothing new: show, raise');
  command.addCommand(showCommand());
  command.addCommand(raiseCommand());
  command.addHelpText('after', '\nExample:\n  satlock signer watermark raise --home ~/.satlock --key fp --chain-id bbn-1 --height 1234567');
  return command;
}

type ShowOptions = StoreOption & { readonly key?: string; readonly chainId?: string };

function showCommand(): Command {
  return storeOptions(new Command('show'))
    .description('watermark and highest signed height of every key and chain')
    .option('--key <name>', 'of this key alone: its name, or its public key in hex')
    .option('--chain-id <id>', 'on this chain alone')
    .addHelpText('after', '\nExample:\n  satlock signer watermark show --home ~/.satlock')
    .action((options: ShowOptions) =>
      withStore(options, async (store, home) => {
        const key = options.key === undefined ? undefined : Hex.encode(publicKeyOf(home, options.key, '--key'));
        const keys = home.keystore.list();
        const slots = (await store.slots()).filter(
          (slot) =>
            (key === undefined || Hex.encode(slot.publicKey) === key) &&
            (options.chainId === undefined || slot.chainId === options.chainId),
        );
        const data = slots.map((slot) => describeSlot(slot, nameOf(keys, slot.publicKey)));
        print(options, { slots: data }, () =>
          slots.length === 0
            ? 'the store knows no key'
            : slots
                .map((slot) =>
                  [
                    `${Hex.encode(slot.publicKey)}  ${nameOf(keys, slot.publicKey) ?? '-'}  ${slot.chainId}`,
                    `  watermark ${slot.watermark ?? 'none: not enrolled'}, highest signed ${slot.highestSigned ?? 'none'}`,
                    ...(slot.condemned === undefined ? [] : [`  CONDEMNED: ${slot.condemned}`]),
                  ].join('\n'),
                )
                .join('\n'),
        );
      }),
    );
}

type RaiseOptions = StoreOption & { readonly key: string; readonly chainId: string; readonly height: bigint; readonly yes?: boolean };

/** A block every ten seconds reaches it in 350,000 years. */
const IMPLAUSIBLE = 2n ** 40n;

function raiseCommand(): Command {
  return storeOptions(new Command('raise'))
    .description('sign nothing new at this height or below, ever. Opens the key on this chain above it')
    .requiredOption('--key <name>', 'its name, or its public key in hex')
    .requiredOption('--chain-id <id>', 'such as bbn-1')
    .requiredOption(
      '--height <height>',
      'at least the highest height at which any signer of this key may have signed',
      parse.uint64('--height'),
    )
    .option('--yes', 'for a height that no chain has reached: it can never be lowered again')
    .addHelpText(
      'after',
      "\nAfter a restored backup, or for a key that signed elsewhere: stop every other signer of the key, take the height of the chain's last block,\nand add a margin. A watermark that is too high costs the votes up to it, one that is too low costs the key; it never falls.\n\nExample:\n  satlock signer watermark raise --home ~/.satlock --key fp --chain-id bbn-1 --height 1234567",
    )
    .action((options: RaiseOptions) => {
      if (options.chainId === '') usage('--chain-id', 'expected the id of a chain, such as bbn-1');
      if (options.height > IMPLAUSIBLE && options.yes !== true)
        usage('--height', `${options.height} is far above every chain: the key would never vote again. --yes if that is meant`);
      return withStore(
        options,
        async (store, home) => {
          const publicKey = publicKeyOf(home, options.key, '--key');
          const { chainId, height } = options;
          const watermark = await store.raiseWatermark({ publicKey, chainId }, height);
          const note = watermark > height ? ' (it was higher already, and stays)' : '';
          print(options, { publicKey, chainId, watermark }, () => `${chainId}: nothing new at height ${watermark} or below${note}`);
        },
        { create: true },
      );
    });
}
