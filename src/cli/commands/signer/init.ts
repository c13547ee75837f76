// satlock signer init: the folder of a signer.
import { Command } from 'commander';
import { onFile, print } from '../../io.ts';
import { type HomeOption, homeOptions } from './common.ts';

type Options = HomeOption & { readonly store?: string; readonly listen?: string; readonly metrics?: string; readonly strict?: boolean };

export function initCommand(): Command {
  return homeOptions(new Command('init'))
    .description('make the folder of a signer; one that is there stays as it is')
    .option('--store <url>', 'postgres://… or etcd://… for signers on more than one machine; without it LMDB in the folder')
    .option('--listen <host:port>', 'where serve listens; 127.0.0.1:12582, as eotsd, unless said')
    .option('--metrics <host:port>', 'where serve offers Prometheus metrics; nowhere unless said')
    .option('--strict', 'serve takes no requests that are authenticated in the way of eotsd alone')
    .addHelpText('after', '\nExample:\n  satlock signer init --home ~/.satlock')
    .action(async (options: Options) => {
      const SignerHome = await import('../../../node/SignerHome.ts');
      const { home, store, listen, metrics, strict } = options;
      const config = Object.fromEntries(Object.entries({ store, listen, metrics, strict }).filter(([, value]) => value !== undefined));
      const folder = home ?? SignerHome.defaultHome();
      const paths = onFile('--home', folder, () => SignerHome.init(folder, config));
      print(
        options,
        { ...paths, settings: config },
        () => `a signer in ${paths.home}\nnext: satlock signer keys add --home ${paths.home} --name NAME`,
      );
    });
}
