// What the generators of sequences share: a running reference ledger, the operations so far, and a look at its state.
import type { Json, JsonObject } from './json.ts';
import type { Random } from './random.ts';

export type Ledger = { apply(op: Json): Json; state(): Json };

export class Builder {
  readonly random: Random;
  readonly config: JsonObject;
  readonly ops: JsonObject[] = [];
  readonly results: JsonObject[] = [];
  readonly #ledger: Ledger;
  #view: Json | undefined;

  constructor(random: Random, config: JsonObject, ledger: Ledger) {
    this.random = random;
    this.config = config;
    this.#ledger = ledger;
  }

  /** Appends an operation and answers its result. */
  push(op: JsonObject): JsonObject {
    this.#view = undefined;
    const result = this.#ledger.apply(op);
    if (result === null || typeof result !== 'object' || Array.isArray(result)) throw new TypeError('a result is no object');
    this.ops.push(op);
    this.results.push(result);
    return result;
  }

  /** Appends an operation and answers whether it was accepted. */
  accepted(op: JsonObject): boolean {
    return this.push(op)['ok'] === true;
  }

  /** The value at a path of the state, undefined where there is none. */
  see(...path: string[]): Json | undefined {
    this.#view ??= this.#ledger.state();
    let value: Json | undefined = this.#view;
    for (const name of path) {
      if (value === undefined || value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
      value = value[name];
    }
    return value;
  }

  number(path: string[], otherwise = 0n): bigint {
    const value = this.see(...path);
    return typeof value === 'string' ? BigInt(value) : otherwise;
  }

  names(...path: string[]): string[] {
    const value = this.see(...path);
    return value !== undefined && value !== null && typeof value === 'object' && !Array.isArray(value) ? Object.keys(value) : [];
  }

  list(...path: string[]): string[] {
    const value = this.see(...path);
    return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
  }
}
