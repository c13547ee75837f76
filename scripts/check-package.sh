#!/usr/bin/env bash
# Packs the package, installs it into an empty project with install scripts off, and uses it as a stranger would: import, types, command line.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

npm run --silent build
npm pack --silent --ignore-scripts --pack-destination "$work" > /dev/null
cd "$work"
printf '{"name":"stranger","private":true,"type":"module"}\n' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts ./satlock-*.tgz

cat > use.mjs <<'JS'
import { Eots, PubRand, SecretKey, StakingContract, autoEcc } from 'satlock';
import { pure } from 'satlock/ecc/pure';
import { EmbeddedChain } from 'satlock/sim';
import * as restaking from 'satlock/restaking';
import * as node from 'satlock/node';
const key = SecretKey.random();
const message = new Uint8Array(40);
const nonce = PubRand.derive(key, 'stranger-1', 1n);
const signer = Eots.signer(key);
const signature = signer.sign(message, nonce);
for (const ecc of [autoEcc(), pure]) {
  if (!Eots.verify({ publicKey: signer.publicKey, pubRand: nonce.pubRand, message, signature }, ecc)) throw new Error(`not valid with ${ecc.name}`);
}
if (autoEcc().name !== 'wasm') throw new Error(`expected the WASM backend in Node, got ${autoEcc().name}`);
if (![StakingContract.from, EmbeddedChain, restaking.EigenLayer, restaking.Symbiotic, node.Bitcoind].every(Boolean)) throw new Error('an export is missing');
JS
node use.mjs

cat > wallet.mjs <<'JS'
import { Networks, Provider, Staker, Steps } from 'satlock';
import * as wallet from 'satlock/wallet';
import * as HdAccount from 'satlock/wallet/hd';
import * as PlainKey from 'satlock/wallet/key';
if (wallet.Staker.from !== Staker.from || ![Networks.from, Provider, Steps].every(Boolean)) throw new Error('an export of the wallet is missing');
const words = 'abandon '.repeat(11) + 'about';
const account = HdAccount.fromMnemonic({ mnemonic: words }, { network: 'mainnet', purpose: 86 });
// First receiving address of these words in BIP86 "Test vectors".
if (account.address !== 'bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr') throw new Error(account.address);
const key = PlainKey.fromWif('KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn', { network: 'mainnet', addressType: 'p2wpkh' });
if (key.address !== 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4') throw new Error(key.address);
JS
node wallet.mjs

cat > use.ts <<'TS'
import { type Provider as Providers, Staker } from 'satlock';
import { ContractMetadata, type Provider } from 'satlock/wallet';
import * as HdAccount from 'satlock/wallet/hd';
import * as PlainKey from 'satlock/wallet/key';
export const key: PlainKey.PlainKey = PlainKey.fromWif('KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn', { network: 'mainnet', addressType: 'p2tr' });
export const account: HdAccount.HdAccount = HdAccount.fromMnemonic({ mnemonic: 'none' }, { network: 'signet', purpose: 84 });
// Both are what the flows ask for, under either entry's name of the type.
export const providers: readonly Provider.BitcoinProvider[] = [key, account];
export const same: readonly Providers.BitcoinProvider[] = providers;
export const flow: typeof Staker.from = Staker.from;
export const metadata = ContractMetadata;
// @ts-expect-error amounts are bigint
key.coin({ outpoint: { txid: '00', vout: 0 }, valueSats: 1 });
TS
for resolution in nodenext bundler; do
  module=$([[ $resolution == bundler ]] && echo esnext || echo nodenext)
  node "$root/node_modules/typescript/bin/tsc" --noEmit --strict --exactOptionalPropertyTypes --target es2022 --lib es2022,dom --module "$module" --moduleResolution "$resolution" use.ts
done
node -e "const { Eots } = require('satlock'); if (!Eots) process.exit(1)" 2> /dev/null || [[ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ]]
npx --no satlock params bbn-1 --params-version 5 > params.txt
grep -q 301 params.txt
npx --no satlock ledger run node_modules/satlock/docs/examples/slashed-withdrawal.json > ledger.txt
grep -q '18 steps (2 refused), all as the file says' ledger.txt
npx --no satlock vectors verify node_modules/satlock/vectors/{eigenlayer,symbiotic}/*.json.gz > vectors.txt
npx --no satlock demo --stakers 1 --out demo --json > demo.txt
test -s demo/demo.json
echo "package: installs, imports and runs"
