// Reading a whole store through before it is used.
import * as Encoding from './lmdbEncoding.ts';
import { corrupt } from './lmdbFailure.ts';
import type { Known } from './lmdbKnown.ts';
import { type Source, View } from './lmdbView.ts';

export async function verify(path: string, source: Source & { resetReadTxn(): void }, known: Known): Promise<void> {
  source.resetReadTxn();
  const view = new View(path, source, known);
  const meta = view.meta();
  let entries = 0n;
  let sum = 0n;
  for (const { key, value } of source.getRange({ start: Buffer.from([0]) })) {
    const content = Encoding.unseal(key, value) ?? corrupt(path, 'an entry does not fit its checksum');
    const kind = Encoding.kindOf(key);
    if (kind === 'meta') continue;
    entries++;
    sum = Encoding.added(sum, undefined, value);
    if (kind === 'record') known.sawRecord(Encoding.slotNameOf(key), Encoding.heightOf(key));
    if (kind === 'slot') known.sawSlot(Encoding.slotNameOf(key), Encoding.decodeSlot(content)?.watermark ?? -1n);
    if (kind === 'condemned') known.sawCondemned(key.subarray(1).toString('hex'));
  }
  if (entries !== meta.entries || sum !== meta.sum) corrupt(path, 'entries are lost');
  known.sawSequence(meta.sequence);
}
