// Keys and values of the etcd store. Values are JSON for people with etcdctl; numbers are decimal text, bytes hex.
// Heights in keys are 16 hex digits, so that their order as text is their order.
import type { ICompare, IKeyValue, IRequestOp } from 'etcd3';
import { corrupt } from './clusterErrors.ts';
import type { Row, SlotName } from './clusterInput.ts';

export const VERSION = '1';

/** Sorts before every height: no record was ever claimed in the slot. */
export const NO_HEIGHT: string = '-';

export class EtcdKeys {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  meta(): Buffer {
    return this.#key('meta');
  }

  /** Holds the watermark; its revision changes with it and with nothing else. */
  slot({ key, chain }: SlotName): Buffer {
    return this.#key('slot', key, chain);
  }

  /** Holds the highest height that was ever recorded. */
  top({ key, chain }: SlotName): Buffer {
    return this.#key('top', key, chain);
  }

  /** There only once the key is condemned. */
  condemned(key: string): Buffer {
    return this.#key('condemned', key);
  }

  record({ key, chain }: SlotName, height: bigint): Buffer {
    return this.#key('record', key, chain, hex16(height));
  }

  list(key: string, digest: string): Buffer {
    return this.#key('list', key, digest);
  }

  /** All keys of one kind. */
  all(kind: 'slot' | 'top' | 'condemned'): { readonly key: Buffer; readonly range_end: Buffer } {
    // "0" follows "/"
    return { key: Buffer.from(`${this.#prefix}/${kind}/`), range_end: Buffer.from(`${this.#prefix}/${kind}0`) };
  }

  /** What stands behind the kind in a key. */
  names(key: Buffer, kind: string): readonly string[] {
    return key.toString().slice(`${this.#prefix}/${kind}/`.length).split('/');
  }

  #key(...parts: readonly string[]): Buffer {
    return Buffer.from([this.#prefix, ...parts].join('/'));
  }
}

/** The end of a range that has this key as its last. */
export function after(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.from([0])]);
}

export function hex16(height: bigint): string {
  return height.toString(16).padStart(16, '0');
}

export function heightOf(text: string, where: string): bigint {
  if (!/^[0-9a-f]{16}$/.test(text)) corrupt('etcd', where, 'a height cannot be read');
  return BigInt(`0x${text}`);
}

export function put(key: Buffer, value: string): IRequestOp {
  return { request_put: { key, value: Buffer.from(value) } };
}

export function get(key: Buffer): IRequestOp {
  return { request_range: { key } };
}

/** The key has not changed since; revision 0: it is not there. */
export function unchanged(key: Buffer, revision: string): ICompare {
  return { key, target: 'Mod', result: 'Equal', mod_revision: revision };
}

export function absent(key: Buffer): ICompare {
  return { key, target: 'Create', result: 'Equal', create_revision: '0' };
}

export function recordValue({ root, signature, message, signedAtMs }: Row): string {
  return JSON.stringify({
    root,
    ...(signature === null ? {} : { signature }),
    ...(message === null ? {} : { message }),
    ...(signedAtMs === null ? {} : { signedAtMs }),
  });
}

/** @throws store.corrupt */
export function recordRow(kv: IKeyValue, where: string): Row {
  const height = heightOf(kv.key.toString().slice(-16), where);
  const { root, signature = null, message = null, signedAtMs = null } = fields(kv, where);
  const isGood =
    isHex(root, 64) &&
    (signature === null || isHex(signature, 64)) &&
    (message === null || (isHex(message) && message.length % 2 === 0)) &&
    (signedAtMs === null || /^\d{1,20}$/.test(signedAtMs));
  if (!isGood || root === undefined) corrupt('etcd', where, `the record at height ${height} cannot be read`);
  return { height, root, signature, message, signedAtMs };
}

/** The fields of a JSON value, all of them text. @throws store.corrupt */
export function fields(kv: IKeyValue, where: string): Readonly<Record<string, string>> {
  try {
    const value: unknown = JSON.parse(kv.value.toString());
    if (typeof value === 'object' && value !== null && Object.values(value).every((each) => typeof each === 'string'))
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, String(each)]));
  } catch {
    // told below
  }
  return corrupt('etcd', where, `the value of ${kv.key.toString()} cannot be read`);
}

function isHex(text: string | undefined, length?: number): text is string {
  return text !== undefined && /^[0-9a-f]*$/.test(text) && (length === undefined || text.length === length);
}
