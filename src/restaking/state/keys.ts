// Keys of two parts. Making one and hashing it costs more than to look it up: who asks several tables for the same pair gets the same text.

export class PairKeys {
  #first = '';
  #second = '';
  #key = '|';

  /** `first|second`; the last one is remembered. */
  of(first: string, second: string): string {
    if (first === this.#first && second === this.#second) return this.#key;
    this.#first = first;
    this.#second = second;
    this.#key = `${first}|${second}`;
    return this.#key;
  }
}
