#!/usr/bin/env node
// Finds a Bitcoin node for the tests and the demo, and unpacks Debian's package `bitcoin-knots` (suite sid) where there is none.
// Nothing of the system is changed: apt runs on state, cache and configuration of its own in a temporary folder.
// The rule where to look is the one of src/node/Bitcoind.ts: BITCOIND, then PATH, then the cache.
import { spawn, spawnSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGE = 'bitcoin-knots';
const SUITE = 'sid';
const KEYRING_PACKAGE = 'debian-archive-keyring';
const PROJECT_CACHE = resolve(dirname(fileURLToPath(import.meta.url)), '..', '.cache', 'bitcoind');
const LOADERS = {
  amd64: { file: 'ld-linux-x86-64.so.2', triplet: 'x86_64-linux-gnu' },
  arm64: { file: 'ld-linux-aarch64.so.1', triplet: 'aarch64-linux-gnu' },
};

const HELP = `usage: node scripts/bitcoind.mjs find|fetch [--allow-unsigned]

  find    print the path of a usable bitcoind: BITCOIND, then PATH, then the cache
  fetch   the same; when there is none, unpack Debian's ${PACKAGE} (suite ${SUITE}) into the cache, without touching the system

  --allow-unsigned   fetch: go on when the signatures of the mirror cannot be checked (never done silently)

environment
  BITCOIND               a bitcoind to use instead of any other
  XDG_CACHE_HOME         when set, the cache is $XDG_CACHE_HOME/satlock/bitcoind; else .cache/bitcoind in the project
  SATLOCK_DEBIAN_MIRROR  a Debian mirror to use instead of the one of this machine's apt sources

exit codes: 0 found, 2 bad usage, 3 no node and no way to get one, 130 interrupted
`;

/** What the user can act upon: one line on stderr and an exit code. */
class Stop extends Error {
  constructor(message, exitCode = 3) {
    super(message);
    this.exitCode = exitCode;
  }
}

const say = (line) => process.stderr.write(`bitcoind.mjs: ${line}\n`);

// --- finding ---------------------------------------------------------------------------------------------------------

function cacheFolders() {
  const xdg = process.env.XDG_CACHE_HOME;
  return xdg ? [join(resolve(xdg), 'satlock', 'bitcoind'), PROJECT_CACHE] : [PROJECT_CACHE];
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The first line of `bitcoind --version`, or null when it is no node that runs here. */
function versionOf(path) {
  const run = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 30_000 });
  const line = (run.stdout ?? '').split('\n')[0] ?? '';
  return run.status === 0 && /^Bitcoin .*version v/.test(line) ? line : null;
}

function find() {
  const named = process.env.BITCOIND;
  if (named) {
    const path = resolve(named);
    if (!isExecutable(path) || versionOf(path) === null) throw new Stop(`BITCOIND=${named} is no bitcoind that runs here`);
    return path;
  }
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== ''), ...cacheFolders()];
  for (const folder of folders) {
    const path = join(resolve(folder), 'bitcoind');
    if (isExecutable(path) && versionOf(path) !== null) return path;
  }
  return null;
}

// --- the machine's Debian mirror -------------------------------------------------------------------------------------

/** Entries of one-line sources: `deb [options] uri suite component…`. */
function oneLineEntries(text) {
  const entries = [];
  for (const line of text.split('\n')) {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]*)/.exec(line);
    if (match === null) continue;
    const options = Object.fromEntries(
      (match[1] ?? '').split(/\s+/).map((option) => [option.split('=')[0].toLowerCase(), option.slice(option.indexOf('=') + 1)]),
    );
    entries.push({
      uri: match[2],
      suites: [match[3]],
      components: match[4].trim().split(/\s+/),
      signedBy: options['signed-by'] ?? null,
      trusted: options.trusted === 'yes',
    });
  }
  return entries;
}

/** Entries of deb822 sources: stanzas of `Field: value` with continuation lines. */
function stanzaEntries(text) {
  const entries = [];
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  for (const stanza of lines.join('\n').split(/\n\s*\n/)) {
    const fields = {};
    let last = null;
    for (const line of stanza.split('\n')) {
      const match = /^([A-Za-z0-9-]+):[ \t]*(.*)$/.exec(line);
      if (match !== null) {
        last = match[1].toLowerCase();
        fields[last] = match[2].trim();
      } else if (last !== null && /^[ \t]/.test(line)) fields[last] += `\n${line.trim()}`;
    }
    const words = (field) => (fields[field] ?? '').split(/\s+/).filter((word) => word !== '');
    if (!words('types').includes('deb') || /^(no|false|0|off)$/i.test(fields.enabled ?? '')) continue;
    for (const uri of words('uris')) {
      entries.push({
        uri,
        suites: words('suites'),
        components: words('components'),
        signedBy: fields['signed-by'] || null,
        trusted: /^(yes|true|1|on)$/i.test(fields.trusted ?? ''),
      });
    }
  }
  return entries;
}

function readSources(aptFolder = '/etc/apt') {
  const entries = [];
  const read = (path) => {
    try {
      const text = readFileSync(path, 'utf8');
      entries.push(...(path.endsWith('.sources') ? stanzaEntries(text) : oneLineEntries(text)));
    } catch {
      // absent or unreadable: the other files may do
    }
  };
  read(join(aptFolder, 'sources.list'));
  const parts = join(aptFolder, 'sources.list.d');
  for (const name of existsSync(parts) ? readdirSync(parts).sort() : []) {
    if (/\.(list|sources)$/.test(name)) read(join(parts, name));
  }
  return entries;
}

/** How surely an entry is the Debian archive itself and no third party's repository; 0 when it is not. */
function debianScore(entry, codename) {
  const suites = entry.suites.filter((suite) => !suite.includes('security') && !suite.endsWith('/'));
  if (suites.length === 0 || !entry.components.includes('main') || /^cdrom:/.test(entry.uri)) return 0;
  let score = 0;
  if (/debian-archive/.test(entry.signedBy ?? '')) score += 4;
  if (/^[a-z+]+:\/\/([^/@]*@)?([^/]*\.)?debian\.org[:/]/.test(`${entry.uri}/`)) score += 4;
  if (suites.some((suite) => ['sid', 'unstable', 'testing', 'stable'].includes(suite))) score += 2;
  if (codename !== '' && suites.includes(codename)) score += 1;
  if (/\/debian\/?$/.test(entry.uri)) score += 2;
  return score >= 2 ? score : 0;
}

/** The Debian mirrors that this machine's apt uses, the likeliest first. */
function debianMirrors() {
  const codename = /^VERSION_CODENAME=(.*)$/m.exec(existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '')?.[1] ?? '';
  const ranked = readSources()
    .map((entry) => ({ ...entry, score: debianScore(entry, codename) }))
    .filter((entry) => entry.score > 0)
    .sort((a, b) => b.score - a.score);
  const named = process.env.SATLOCK_DEBIAN_MIRROR;
  if (named) return [{ uri: named, suites: [codename || 'stable'], signedBy: ranked[0]?.signedBy ?? null, trusted: false }];
  const seen = new Set();
  return ranked.filter((entry) => !seen.has(entry.uri) && seen.add(entry.uri)).slice(0, 3);
}

// --- apt in a folder of its own --------------------------------------------------------------------------------------

/** The machine's download settings (proxies, certificates, time-outs); its hooks stay out, since they may touch system folders. */
function acquireSettings() {
  const dump = spawnSync('apt-config', ['dump'], { encoding: 'utf8', timeout: 30_000 });
  return (dump.stdout ?? '').split('\n').filter((line) => /^Acquire::|^Dir::Etc::netrc/.test(line));
}

function makeApt(folder, arch) {
  for (const part of ['state/lists/partial', 'cache/archives/partial', 'etc/parts', 'etc/preferences.d'])
    mkdirSync(join(folder, part), { recursive: true });
  writeFileSync(join(folder, 'state/status'), '');
  const settings = {
    'Dir::State': join(folder, 'state'),
    'Dir::State::status': join(folder, 'state/status'),
    'Dir::State::extended_states': join(folder, 'state/extended_states'),
    'Dir::Cache': join(folder, 'cache'),
    'Dir::Log': join(folder, 'log'),
    'Dir::Etc::sourcelist': join(folder, 'etc/sources.list'),
    'Dir::Etc::sourceparts': '-',
    'Dir::Etc::preferences': join(folder, 'etc/preferences'),
    'Dir::Etc::preferencesparts': join(folder, 'etc/preferences.d'),
    'Dir::Etc::parts': join(folder, 'etc/parts'),
    'Dir::Etc::main': join(folder, 'etc/none.conf'),
    'APT::Architecture': arch,
    'APT::Sandbox::User': '',
    'APT::Install-Recommends': 'false',
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} "${value}";`);
  lines.push(`APT::Architectures { "${arch}"; };`);
  // a proxy may carry a password: the file is for its owner only
  writeFileSync(join(folder, 'apt.conf'), `${lines.join('\n')}\n`, { mode: 0o600 });
  const own = ['Acquire::Retries "2";', 'Acquire::http::Timeout "30";', 'Acquire::https::Timeout "30";'];
  writeFileSync(join(folder, 'etc/parts/00machine'), `${[...acquireSettings(), ...own].join('\n')}\n`, { mode: 0o600 });
}

let running = null;

/** Runs a program to its end; stdout and stderr together. */
function run(program, args, options = {}) {
  return new Promise((done) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 600_000, ...options });
    running = child;
    let output = '';
    const keep = (data) => {
      output = (output + data).slice(-200_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => done({ ok: false, output: error.message }));
    child.on('close', (code) => done({ ok: code === 0, output }));
  });
}

/** One line of apt's output that says why, without the credentials that an address may carry. */
function why(output) {
  const lines = output.split('\n');
  const first = (pattern) => lines.find((line) => pattern.test(line));
  const line =
    first(/^E:/) ??
    first(/NO_PUBKEY|not signed/) ??
    first(/^W: Failed to fetch|^dpkg-deb: error/) ??
    first(/^Err:/) ??
    output.trim().split('\n').pop() ??
    '';
  return withoutCredentials(line).slice(0, 300);
}

const withoutCredentials = (text) => text.replace(/\/\/[^/@\s]*@/g, '//');

const isSignatureTrouble = (output) =>
  /NO_PUBKEY|not signed|EXPKEYSIG|KEYEXPIRED|REVKEYSIG|BADSIG|signatures? (were|was|couldn't|could not)|Missing key|gpgv|sqv/i.test(output);

async function apt(folder, args) {
  const env = { ...process.env, APT_CONFIG: join(folder, 'apt.conf'), DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  return run('apt-get', ['-q', ...args], { env, cwd: folder });
}

/** `apt-get update` for one suite of a mirror. apt calls some failures warnings, so that the lists are looked at, too. */
async function update(folder, uri, suite, keyring, unsigned) {
  const options = [keyring === null ? null : `signed-by=${keyring}`, unsigned ? 'trusted=yes' : null].filter((option) => option !== null);
  const prefix = options.length === 0 ? 'deb' : `deb [${options.join(' ')}]`;
  rmSync(join(folder, 'state/lists'), { recursive: true, force: true });
  mkdirSync(join(folder, 'state/lists/partial'), { recursive: true });
  writeFileSync(join(folder, 'etc/sources.list'), `${prefix} ${uri} ${suite} main\n`, { mode: 0o600 });
  const result = await apt(folder, ['update']);
  const hasPackages = readdirSync(join(folder, 'state/lists')).some((name) => /_Packages/.test(name));
  return { ok: result.ok && hasPackages, output: result.output };
}

/** The keyring of a `Signed-By` (a path, or the key itself), of the machine, or null for apt's own default. */
function keyringOf(entry, folder) {
  if (entry.signedBy?.includes('BEGIN PGP')) {
    const path = join(folder, 'etc/signed-by.asc');
    writeFileSync(path, `${entry.signedBy.replace(/^\.$/gm, '').trim()}\n`);
    return path;
  }
  const named = entry.signedBy?.split(/[\s,]+/).find((path) => path.startsWith('/') && existsSync(path));
  if (named !== undefined) return named;
  const usual = ['/usr/share/keyrings/debian-archive-keyring.pgp', '/usr/share/keyrings/debian-archive-keyring.gpg'];
  return usual.find((path) => existsSync(path)) ?? null;
}

/** Debian's newest keyring from a suite that the machine's own keyring can check, or null. */
async function newerKeyring(folder, entry, keyring) {
  for (const suite of [...entry.suites.filter((name) => name.endsWith('-updates')), ...entry.suites]) {
    if (!(await update(folder, entry.uri, suite, keyring, false)).ok) continue;
    if (!(await apt(folder, ['download', KEYRING_PACKAGE])).ok) continue;
    const file = readdirSync(folder).find((name) => name.startsWith(KEYRING_PACKAGE) && name.endsWith('.deb'));
    if (file === undefined || !(await run('dpkg-deb', ['-x', join(folder, file), join(folder, 'keyring')])).ok) continue;
    rmSync(join(folder, file));
    const found = ['pgp', 'gpg']
      .map((ending) => join(folder, `keyring/usr/share/keyrings/${KEYRING_PACKAGE}.${ending}`))
      .find((path) => existsSync(path));
    if (found !== undefined) return found;
  }
  return null;
}

/** Makes the lists of sid current from one mirror, with checked signatures if at all possible. Answers null, or why it failed. */
async function updateFrom(folder, entry, allowUnsigned) {
  const keyring = keyringOf(entry, folder);
  const place = withoutCredentials(entry.uri);
  const first = await update(folder, entry.uri, SUITE, keyring, entry.trusted);
  if (first.ok) {
    say(
      entry.trusted
        ? `${place} ${SUITE}: NOT checked, this machine's apt sources say trusted=yes`
        : `${place} ${SUITE}: signatures checked`,
    );
    return null;
  }
  if (!isSignatureTrouble(first.output)) return `${place}: ${why(first.output)}`;
  say(`${place} ${SUITE}: the keyring of this machine does not fit, looking for a newer one`);
  const newer = await newerKeyring(folder, entry, keyring);
  if (newer !== null && (await update(folder, entry.uri, SUITE, newer, false)).ok) {
    say(`${place} ${SUITE}: signatures checked with the mirror's newer ${KEYRING_PACKAGE}`);
    return null;
  }
  if (!allowUnsigned)
    return `${place}: the signatures of ${SUITE} cannot be checked (${why(first.output)}); --allow-unsigned goes on without`;
  const unsigned = await update(folder, entry.uri, SUITE, null, true);
  if (!unsigned.ok) return `${place}: ${why(unsigned.output)}`;
  say(`${place} ${SUITE}: signatures NOT checked (--allow-unsigned, trusted=yes)`);
  return null;
}

// --- fetching --------------------------------------------------------------------------------------------------------

function architecture() {
  if (process.platform !== 'linux')
    throw new Stop(`fetch works on Debian-like Linux only; install Bitcoin Core 25 or later, or set BITCOIND`);
  for (const program of ['apt-get', 'apt-config', 'dpkg-deb', 'dpkg']) {
    if (spawnSync(program, ['--version'], { stdio: 'ignore', timeout: 30_000 }).status !== 0)
      throw new Stop(`fetch needs ${program}; install a Bitcoin node yourself and set BITCOIND`);
  }
  const arch = spawnSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).stdout.trim();
  if (LOADERS[arch] === undefined) throw new Stop(`fetch knows ${Object.keys(LOADERS).join(' and ')} only, not ${arch}; set BITCOIND`);
  return arch;
}

async function downloadPackages(folder, arch, allowUnsigned) {
  const mirrors = debianMirrors();
  if (mirrors.length === 0) throw new Stop(`no Debian mirror among this machine's apt sources; set SATLOCK_DEBIAN_MIRROR or BITCOIND`);
  makeApt(folder, arch);
  const reasons = [];
  for (const entry of mirrors) {
    const reason = await updateFrom(folder, entry, allowUnsigned);
    if (reason !== null) {
      reasons.push(reason);
      continue;
    }
    const result = await apt(folder, ['install', '--download-only', '--no-install-recommends', '-y', PACKAGE]);
    const archives = join(folder, 'cache/archives');
    const files = readdirSync(archives).filter((name) => name.endsWith('.deb'));
    if (result.ok && files.some((name) => name.startsWith(`${PACKAGE}_`))) return files.map((name) => join(archives, name));
    reasons.push(`${withoutCredentials(entry.uri)}: ${why(result.output)}`);
  }
  throw new Stop(`cannot download ${PACKAGE}: ${reasons.join('; ')}`);
}

/** A wrapper that finds its libraries beside itself, wherever the folder stands, and becomes the node: the process id stays. */
function wrapper(root, arch) {
  const { file, triplet } = LOADERS[arch];
  const loader = [
    `usr/lib/${triplet}/${file}`,
    `usr/lib64/${file}`,
    `usr/lib/${file}`,
    `lib/${triplet}/${file}`,
    `lib64/${file}`,
    `lib/${file}`,
  ].find((path) => existsSync(join(root, path)));
  if (loader === undefined) throw new Stop(`the packages hold no ${file}`);
  const libraries = [`usr/lib/${triplet}`, `lib/${triplet}`, 'usr/lib']
    .filter((path) => existsSync(join(root, path)))
    .map((path) => `$here/root/${path}`);
  return `#!/bin/sh
# Made by scripts/bitcoind.mjs: runs the unpacked bitcoind with the libraries it was packed with.
here=$(dirname "$(readlink -f "$0")")
exec "$here/root/${loader}" --library-path "${libraries.join(':')}" "$here/root/usr/bin/bitcoind" "$@"
`;
}

/** Puts the finished folder in its place in one step. Another fetch may have been faster: then its result stands. */
function moveInto(fresh, target) {
  if (isExecutable(join(target, 'bitcoind')) && versionOf(join(target, 'bitcoind')) !== null) return;
  const old = `${target}.old-${process.pid}`;
  try {
    if (existsSync(target)) renameSync(target, old);
    renameSync(fresh, target);
  } catch (error) {
    if (!isExecutable(join(target, 'bitcoind'))) throw new Stop(`cannot write ${target}: ${error.message}`);
  } finally {
    rmSync(old, { recursive: true, force: true });
  }
}

let unfinished = [];
function cleanUp() {
  for (const folder of unfinished) rmSync(folder, { recursive: true, force: true });
  unfinished = [];
}

async function fetchNode(allowUnsigned) {
  const arch = architecture();
  const target = cacheFolders()[0];
  let fresh;
  try {
    mkdirSync(dirname(target), { recursive: true });
    fresh = mkdtempSync(`${target}.new-`);
  } catch (error) {
    throw new Stop(`cannot write ${dirname(target)}: ${error.message}`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'satlock-apt-'));
  unfinished.push(fresh, folder);
  say(`no bitcoind here, unpacking Debian's ${PACKAGE} into ${target}`);
  const files = await downloadPackages(folder, arch, allowUnsigned);
  for (const file of files) {
    const result = await run('dpkg-deb', ['-x', file, join(fresh, 'root')]);
    if (!result.ok) throw new Stop(`cannot unpack ${basename(file)}: ${why(result.output)}`);
  }
  writeFileSync(join(fresh, 'bitcoind'), wrapper(join(fresh, 'root'), arch), { mode: 0o755 });
  const version = versionOf(join(fresh, 'bitcoind'));
  if (version === null) throw new Stop('the unpacked bitcoind does not run here');
  chmodSync(fresh, 0o755);
  moveInto(fresh, target);
  say(version);
  return join(target, 'bitcoind');
}

async function main(args) {
  const [command, ...flags] = args;
  if (command === '--help' || command === '-h' || flags.includes('--help')) return process.stdout.write(HELP);
  if (command !== 'find' && command !== 'fetch')
    throw new Stop(command === undefined ? 'find or fetch? see --help' : `unknown command ${command}, see --help`, 2);
  const unknown = flags.find((flag) => !(command === 'fetch' && flag === '--allow-unsigned'));
  if (unknown !== undefined) throw new Stop(`unknown argument ${unknown}, see --help`, 2);
  let path = find();
  if (path === null && command === 'fetch') path = await fetchNode(flags.includes('--allow-unsigned'));
  if (path === null) throw new Stop('no bitcoind: set BITCOIND or run node scripts/bitcoind.mjs fetch');
  process.stdout.write(`${path}\n`);
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    running?.kill('SIGTERM');
    cleanUp();
    process.exit(130);
  });
}
main(process.argv.slice(2))
  .catch((error) => {
    say(error instanceof Stop ? error.message : `internal error: ${error.stack}`);
    process.exitCode = error instanceof Stop ? error.exitCode : 4;
  })
  .finally(cleanUp);
