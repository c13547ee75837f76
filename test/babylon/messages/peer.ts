// The published package of the chain's messages. It runs through a bundler only (its imports lack file endings), so it is bundled here in memory.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';

/** The part of a generated codec that is compared. */
export type Codec = {
  readonly encode: (message: unknown) => { readonly finish: () => Uint8Array };
  readonly decode: (bytes: Uint8Array) => Readonly<Record<string, unknown>>;
  readonly fromJSON: (json: unknown) => unknown;
  readonly toJSON: (message: unknown) => unknown;
};

const GENERATED = join(import.meta.dirname, '../../../node_modules/@babylonlabs-io/babylon-proto-ts/dist/generated/babylon');
const MODULES = ['btcstaking/v1/tx', 'btcstaking/v1/pop', 'finality/v1/tx', 'incentive/tx'];

/** The codecs by the name that a type URL spells, such as `babylon.btcstaking.v1.MsgCreateBTCDelegation`. */
export async function peerCodecs(): Promise<ReadonlyMap<string, Codec>> {
  const folder = mkdtempSync(join(tmpdir(), 'satlock-peer-'));
  try {
    const entry = join(folder, 'entry.mjs');
    writeFileSync(entry, MODULES.map((path, i) => `export * as m${i} from ${JSON.stringify(join(GENERATED, `${path}.js`))};`).join('\n'));
    const bundled = join(folder, 'peer.mjs');
    const result = await build({
      configFile: false,
      logLevel: 'silent',
      ssr: { noExternal: true },
      build: { ssr: true, write: false, minify: false, rollupOptions: { input: entry } },
    });
    const [first] = Array.isArray(result) ? result : [result];
    writeFileSync(bundled, first !== undefined && 'output' in first ? first.output[0].code : '');
    const modules = (await import(/* @vite-ignore */ pathToFileURL(bundled).href)) as Record<string, Record<string, unknown>>;
    return new Map(
      Object.values(modules).flatMap((one) =>
        Object.entries(one).flatMap(([name, codec]) =>
          typeof codec === 'object' ? [[`${String(one['protobufPackage'])}.${name}`, codec as Codec] as const] : [],
        ),
      ),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
