#!/usr/bin/env bash
# Packs the package, installs it into an empty project with install scripts off, and uses it as a stranger would: import, types, command line.
set -euo pipefail
cd "$(dirname "$0")/.."
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
if (![StakingContract.from, EmbeddedChain, restaking.SlashingLib, node.Bitcoind].every(Boolean)) throw new Error('an export is missing');
JS
node use.mjs
node -e "const { Eots } = require('satlock'); if (!Eots) process.exit(1)" 2> /dev/null || [[ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ]]
npx --no satlock params bbn-1 --params-version 5 > params.txt
grep -q 301 params.txt
npx --no satlock demo --stakers 1 --out demo --json > demo.txt
test -s demo/demo.json
echo "package: installs, imports and runs"
