// JSON of the trace format: its type and readers that fail loudly on what a trace may not hold.
export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

export function object(value: Json | undefined, what: string): JsonObject {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new TypeError(`${what} is no object`);
  return value;
}

export function text(op: JsonObject, name: string): string {
  const value = op[name];
  if (typeof value !== 'string') throw new TypeError(`${name} is no text in ${JSON.stringify(op)}`);
  return value;
}

export function textOr(op: JsonObject, name: string, otherwise: string): string {
  return op[name] === undefined ? otherwise : text(op, name);
}

export function integer(op: JsonObject, name: string): bigint {
  return integerOf(op[name], name);
}

export function integerOr(op: JsonObject, name: string, otherwise: bigint): bigint {
  return op[name] === undefined ? otherwise : integer(op, name);
}

export function integerOf(value: Json | undefined, what: string): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === 'string' && /^-?[0-9]+$/.test(value)) return BigInt(value);
  throw new TypeError(`${what} is no whole number: ${JSON.stringify(value)}`);
}

export function flag(op: JsonObject, name: string): boolean {
  const value = op[name];
  if (value === undefined) return false;
  if (typeof value !== 'boolean') throw new TypeError(`${name} is no truth value`);
  return value;
}

export function array(op: JsonObject, name: string): Json[] {
  const value = op[name];
  if (!Array.isArray(value)) throw new TypeError(`${name} is no list in ${JSON.stringify(op)}`);
  return value;
}

export function texts(op: JsonObject, name: string): string[] {
  return array(op, name).map((value) => {
    if (typeof value !== 'string') throw new TypeError(`${name} holds something else than text`);
    return value;
  });
}

export function integers(op: JsonObject, name: string): bigint[] {
  return array(op, name).map((value) => integerOf(value, name));
}

/** A list of pairs, as rewards have them: [["S1","1"],["S2","5"]]. */
export function pairs(op: JsonObject, name: string): [string, bigint][] {
  return array(op, name).map((value) => {
    if (!Array.isArray(value) || typeof value[0] !== 'string') throw new TypeError(`${name} holds no pair`);
    return [value[0], integerOf(value[1], name)];
  });
}

/** The entry of a list at a place that must exist. */
export function at<T>(list: readonly T[], index: number): T {
  const value = list[index];
  if (value === undefined) throw new RangeError(`no entry ${index} of ${list.length}`);
  return value;
}
