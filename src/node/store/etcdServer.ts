// Whether an etcd cluster may be trusted with signatures: its version, its alarms, its size.

import { corrupt, full, unavailable, wrongVersion } from './clusterErrors.ts';
import type { EtcdClient } from './etcdClient.ts';

/**
 * Looks at every endpoint that answers.
 *
 * @returns what an operator should know, in plain words
 * @throws store.unavailable, store.full, store.corrupt, store.wrong-version
 */
export async function inspect(client: Pick<EtcdClient, 'each' | 'ask' | 'where'>): Promise<readonly string[]> {
  const answers = await client.each((each, options) => each.maintenance.status(options));
  const known = answers.filter((answer) => answer !== undefined);
  // nobody answered in the shorter time: ask with the whole of it, for its error if nothing else
  const statuses = known.length > 0 ? known : [await client.ask((each, options) => each.maintenance.status(options))];
  const members = await client.ask((each, options) => each.cluster.memberList({}, options)).catch(() => undefined);
  const size = members?.members.length;
  for (const { version, errors = [] } of statuses) {
    const alarms = errors.join(' ');
    if (/CORRUPT/.test(alarms)) corrupt('etcd', client.where, 'the cluster has raised the alarm CORRUPT');
    if (/NOSPACE/.test(alarms)) full('etcd', client.where);
    checkVersion(version, size);
  }
  if (new Set(statuses.map(({ header }) => header.cluster_id)).size > 1)
    unavailable('etcd', client.where, 'the endpoints belong to different clusters');
  const warnings: string[] = [];
  if (size === undefined) warnings.push('the members of the etcd cluster cannot be listed');
  else if (size < 3) warnings.push(`the etcd cluster has ${size} member${size === 1 ? '' : 's'}: it stops with the first one that fails`);
  if (known.length < answers.length) warnings.push(`${answers.length - known.length} of ${answers.length} etcd endpoints do not answer`);
  return warnings;
}

/**
 * Releases that lose acknowledged writes. With one member, releases before 3.4.21 and 3.5.5 answer before the log is on disk (etcd issue 14370);
 * 3.5.0 to 3.5.2 may apply entries twice or not at all after a crash (etcd issue 13766).
 */
function checkVersion(version: string, size: number | undefined): void {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.+-]/).map(Number);
  const isBefore = (m: number, p: number): boolean => major === 3 && minor === m && patch < p;
  if (major !== 3 || !(minor >= 4)) wrongVersion('etcd', `server ${version}`, '3.4.21, 3.5.5 or later');
  if (isBefore(5, 3)) wrongVersion('etcd', `server ${version}, which may lose data in a crash`, '3.5.5 or later');
  if (size === 1 && (isBefore(4, 21) || isBefore(5, 5)))
    wrongVersion('etcd', `server ${version}, which alone answers before it has written`, '3.4.21, 3.5.5 or later, or three members');
}
