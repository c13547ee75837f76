// Import of a history into one slot of the PostgreSQL store, in one transaction.
import type { Merged } from '../../signer/SignStore.ts';
import * as Input from './clusterInput.ts';
import { recordsOf } from './postgresRows.ts';
import type { PostgresSession } from './postgresSession.ts';
import type { PostgresSql } from './postgresSql.ts';

const CHUNK = 2_000;

/**
 * Unites the records and takes the higher watermark; a contradiction writes nothing but the mark on the key.
 *
 * @throws store.*
 */
export async function mergeSlot(session: PostgresSession, sql: PostgresSql, job: Input.MergeJob): Promise<Merged> {
  const { slot, name, watermark, rows } = job;
  return session.transaction(async (run) => {
    // The key's row, taken alone, keeps out every claim and every other change of its slots, also of a slot that does not exist yet.
    await run(sql.addKey(name.key));
    await run(sql.lockKeys([name.key], 'UPDATE'));
    const before = (await run(sql.state(name)))[0]?.[0] ?? null;
    const watermarkBefore = before === null ? undefined : BigInt(before);
    const roots = new Map<bigint, string>();
    for (const chunk of Input.chunks(rows, CHUNK)) {
      const heights = chunk.map(({ height }) => height);
      for (const held of recordsOf(await run(sql.held(name, heights)), session.where)) roots.set(held.height, held.root);
    }
    const height = Input.contradiction(rows, roots);
    if (height !== undefined) {
      const why = Input.textName(Input.contradictionText(height, slot.chainId), 'why');
      await run(sql.condemn(name.key, why));
      return { ...slot, added: 0, known: 0, watermarkBefore, watermark: watermarkBefore ?? -1n, contradiction: { height } };
    }
    await run(sql.raise(name, watermark));
    let added = 0;
    for (const chunk of Input.chunks(Input.united(rows), CHUNK)) {
      added += (await run(sql.add(name, chunk))).length;
      await run(sql.complete(name, chunk, 'import'));
    }
    const after = watermarkBefore !== undefined && watermarkBefore > watermark ? watermarkBefore : watermark;
    return { ...slot, added, known: rows.length - added, watermarkBefore, watermark: after, contradiction: undefined };
  });
}
