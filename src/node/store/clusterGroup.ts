// Group commit: what is asked while an answer is on its way waits, and goes together in the next request.

type Waiting<I, O> = {
  readonly item: I;
  readonly weight: number;
  readonly done: (outcome: O) => void;
  readonly failed: (error: unknown) => void;
};

/** Collects items for a function that handles many at once; one such call is in flight at a time. */
export class Group<I, O> {
  readonly #flush: (items: readonly I[]) => Promise<readonly O[]>;
  readonly #maxWeight: number;
  #waiting: Waiting<I, O>[] = [];
  #flight: Promise<void> | undefined;

  /** @param maxWeight of all items that go together; an item that weighs more goes alone */
  constructor(flush: (items: readonly I[]) => Promise<readonly O[]>, maxWeight: number) {
    this.#flush = flush;
    this.#maxWeight = maxWeight;
  }

  add(item: I, weight: number): Promise<O> {
    return new Promise((done, failed) => {
      this.#waiting.push({ item, weight, done, failed });
      this.#flight ??= this.#fly();
    });
  }

  /** Resolves when nothing is in flight or waiting. */
  async idle(): Promise<void> {
    while (this.#flight !== undefined) await this.#flight;
  }

  async #fly(): Promise<void> {
    // Calls of the same turn go together: the first of them should not go alone.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const together = this.#take();
      try {
        const outcomes = await this.#flush(together.map(({ item }) => item));
        for (const [i, each] of together.entries()) {
          const outcome = outcomes[i];
          if (outcome === undefined) each.failed(new Error('an item of a group got no outcome'));
          else each.done(outcome);
        }
      } catch (error) {
        for (const each of together) each.failed(error);
      }
    }
    this.#flight = undefined;
  }

  #take(): Waiting<I, O>[] {
    let weight = 0;
    let count = 0;
    for (const each of this.#waiting) {
      if (count > 0 && weight + each.weight > this.#maxWeight) break;
      weight += each.weight;
      count++;
    }
    return this.#waiting.splice(0, count);
  }
}
