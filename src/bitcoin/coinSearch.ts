// Which coins to spend: the subset of least waste. Changeless subsets by branch and bound, subsets with change by how many of each weight.
// Waste is what the fee is now, plus what spending the change will cost later, less what the spent coins would have cost later.
//
// This only chooses: no amount leaves from here, CoinSelection counts fee and change of the chosen coins in bigint. For the hundred thousands
// of steps that a choice takes, values and weights are doubles that are integers below 2^53, and waste is counted in 1/4000 satoshi, the unit
// of weight times rate. Doubles that are not integers occur in bounds only, with a margin against their rounding.

/** What is spent together: a coin, or all coins of a script. `weight` is that of its inputs, without marker bytes and the input count. */
export type Item = {
  readonly value: number;
  readonly weight: number;
  readonly count: number;
  /** Inputs without a witness: one byte each in a transaction that has one. */
  readonly legacy: number;
  readonly segwit: boolean;
};

/** The coins that are spent in any case are part of the base. */
export type Problem = {
  /** What the optional coins must bring beside their fee: the outputs, less the value of the coins that are spent in any case. */
  readonly target: number;
  /** Weight without optional inputs, change, marker and input count. */
  readonly baseWeight: number;
  readonly baseCount: number;
  readonly baseLegacy: number;
  readonly baseSegwit: boolean;
  /** What a change output adds to the weight. */
  readonly changeWeight: number;
  /** The least change that is worth an output: what is left below it goes to the fee. */
  readonly leastChange: number;
  /** The change that is wanted, not below the least: subsets that leave something between the two are taken only when there are no others. */
  readonly minChange: number;
  /** What spending the change will cost, in 1/4000 sat. */
  readonly changeSpendCost: number;
  /** Sat per 1000 vbytes: now, and what later spends are valued at, not above it. */
  readonly rate: number;
  readonly laterRate: number;
  /** A changeless subset is wanted though it costs this much more than its fee; undefined asks for the least waste. */
  readonly maxExcess: number | undefined;
  readonly maxWeight: number;
  readonly maxCount: number;
  readonly maxTries: number;
};

/** A subset by the indexes of its items. `change` 0 means that there is none. Waste is in 1/4000 sat. */
export type Found = {
  readonly chosen: readonly number[];
  readonly change: number;
  readonly weight: number;
  readonly waste: number;
  readonly by: 'branch-and-bound' | 'fewest-weight';
};

export type Outcome = { readonly found: Found | undefined; readonly exhausted: boolean; readonly tries: number };

/** `Fee.at` in the numbers of the search: ceil(vbytes * rate / 1000), vbytes = ceil(weight / 4); rate * vbytes stays below 2^53. */
function feeOf(weight: number, rate: number): number {
  const product = Math.ceil(weight / 4) * rate;
  const rest = product % 1000;
  return (product - rest) / 1000 + (rest === 0 ? 0 : 1);
}

type Sum = { readonly value: number; readonly weight: number; readonly count: number; readonly legacy: number; readonly segwit: boolean };
type Verdict = { readonly change: number; readonly weight: number; readonly waste: number };

/** The whole weight of a transaction with these optional inputs and no change. */
function weightOf(problem: Problem, { weight, count, legacy, segwit }: Sum): number {
  const inputs = problem.baseCount + count;
  const countBytes = inputs < 253 ? 1 : inputs < 0x1_0000 ? 3 : 5;
  const marker = segwit || problem.baseSegwit ? 2 + legacy + problem.baseLegacy : 0;
  return problem.baseWeight + weight + 4 * countBytes + marker;
}

/** What a subset is worth; undefined when it cannot pay, is too heavy, or leaves less change than is wanted and too much for the fee. */
export function judge(problem: Problem, sum: Sum): Verdict | undefined {
  const { rate, laterRate, maxExcess } = problem;
  const weight = weightOf(problem, sum);
  const have = sum.value - problem.target;
  const excess = have - feeOf(weight, rate);
  if (excess < 0 || weight > problem.maxWeight || problem.baseCount + sum.count > problem.maxCount) return undefined;
  const withChange = weight + problem.changeWeight;
  const change = have - feeOf(withChange, rate);
  const changeless = change < problem.leastChange || (maxExcess !== undefined && excess <= maxExcess);
  if (changeless) return { change: 0, weight, waste: 4000 * have - sum.weight * laterRate };
  if (change < problem.minChange || withChange > problem.maxWeight) return undefined;
  return { change, weight: withChange, waste: withChange * rate + problem.changeSpendCost - sum.weight * laterRate };
}

/** True when `a` is to be preferred. */
function better(problem: Problem, a: Verdict, b: Verdict | undefined): boolean {
  if (b === undefined) return true;
  if (problem.maxExcess !== undefined && (a.change === 0) !== (b.change === 0)) return a.change === 0;
  return a.waste < b.waste || (a.waste === b.waste && a.weight < b.weight);
}

/** The best subset that can be found within the tries. `exhausted` says that there is none better. */
export function search(problem: Problem, items: readonly Item[]): Outcome {
  const wanted = paying(problem, items);
  if (wanted.found !== undefined) return wanted;
  // The change that is wanted cannot be had: less change is better than none, down to what is not worth an output.
  const isLess = problem.minChange > problem.leastChange;
  const least = isLess ? { ...problem, minChange: problem.leastChange } : problem;
  const any = isLess ? paying(least, items) : wanted;
  // Enough for the fee but not for change: whatever pays at all.
  const last = any.found === undefined ? byWeight(least, items, false) : any;
  const outcomes = new Set([wanted, any, last]);
  return {
    found: last.found,
    exhausted: [...outcomes].every(({ exhausted }) => exhausted),
    tries: [...outcomes].reduce((sum, { tries }) => sum + tries, 0),
  };
}

/** The best of those with change and of those that branch and bound finds without. */
function paying(problem: Problem, items: readonly Item[]): Outcome {
  const counted = byWeight(problem, items, true);
  const changeless = branchAndBound(problem, items, counted.found);
  return {
    found: changeless.found ?? counted.found,
    exhausted: counted.exhausted && changeless.exhausted,
    tries: counted.tries + changeless.tries,
  };
}

// ---- changeless: branch and bound over effective values

/** Items in the order of the search, with what the rest from each of them on can still bring. */
type Tables = {
  readonly order: readonly number[];
  readonly value: Float64Array;
  readonly weight: Float64Array;
  readonly restValue: Float64Array;
  readonly restWeight: Float64Array;
  /** Least weight for a satoshi of effective value in the rest. */
  readonly restRatio: Float64Array;
  /** The next place with another item than this one: thousands of equal coins are passed in one step. */
  readonly nextOther: Int32Array;
};

/** What is left of an item's value after its own fee. */
function effective({ value, weight }: Item, rate: number): number {
  return value - (weight * rate) / 4000;
}

function tablesOf(items: readonly Item[], rate: number): Tables {
  const gain = Float64Array.from(items, (item) => effective(item, rate));
  const order = items
    .map((_, i) => i)
    .sort((a, b) => at(gain, b) - at(gain, a) || itemAt(items, a).weight - itemAt(items, b).weight || a - b);
  const { length } = order;
  const tables: Tables = {
    order,
    value: new Float64Array(length),
    weight: new Float64Array(length),
    restValue: new Float64Array(length + 1),
    restWeight: new Float64Array(length + 1),
    restRatio: new Float64Array(length + 1),
    nextOther: new Int32Array(length),
  };
  tables.restRatio[length] = Number.POSITIVE_INFINITY;
  for (let i = length - 1; i >= 0; i--) {
    const index = order[i] as number;
    const { value, weight } = itemAt(items, index);
    tables.value[i] = value;
    tables.weight[i] = weight;
    tables.restValue[i] = at(tables.restValue, i + 1) + value;
    tables.restWeight[i] = at(tables.restWeight, i + 1) + weight;
    tables.restRatio[i] = Math.min(at(tables.restRatio, i + 1), weight / at(gain, index));
    const isSame = i + 1 < length && isEqual(itemAt(items, index), itemAt(items, order[i + 1] as number));
    tables.nextOther[i] = isSame ? (tables.nextOther[i + 1] as number) : i + 1;
  }
  return tables;
}

const at = (list: Float64Array, index: number): number => list[index] as number;
const itemAt = (items: readonly Item[], index: number): Item => items[index] as Item;

/** A path through the tree of subsets: what it holds, with its sums. */
class Path {
  readonly chosen: number[] = [];
  value = 0;
  weight = 0;
  count = 0;
  legacy = 0;
  #segwit = 0;

  get segwit(): boolean {
    return this.#segwit > 0;
  }

  add(item: Item, sign: 1 | -1): void {
    this.value += sign * item.value;
    this.weight += sign * item.weight;
    this.count += sign * item.count;
    this.legacy += sign * item.legacy;
    if (item.segwit) this.#segwit += sign;
  }
}

function branchAndBound(problem: Problem, items: readonly Item[], withChange: Found | undefined): Outcome {
  const { rate, laterRate, maxExcess, maxTries } = problem;
  const tables = tablesOf(items, rate);
  const { order } = tables;
  const window = windowOf(problem, items);
  // Least that is needed, since the fee is at least linear: the input count and the marker only add to it.
  const need = problem.target + ((problem.baseWeight + 4) * rate) / 4000;
  const margin = marginOf(problem, tables);
  let found: Found | undefined;
  // When change is to be avoided, a changeless subset is better whatever its waste.
  let bound = maxExcess === undefined && withChange !== undefined ? withChange.waste : Number.POSITIVE_INFINITY;
  const path = new Path();
  let next = 0;
  let fresh = true;
  let tries = 0;
  for (; tries < maxTries; tries++) {
    const gain = path.value - (path.weight * rate) / 4000;
    const missing = need - gain;
    const reachable = at(tables.restValue, next) - (at(tables.restWeight, next) * rate) / 4000;
    let leave = next >= order.length || reachable + 1 < missing || -missing > window || problem.baseCount + path.count > problem.maxCount;
    if (!leave && missing > 0) {
      const more = missing * (1 + (at(tables.restRatio, next) * (rate - laterRate)) / 4000);
      leave = path.value - problem.target - (path.weight * laterRate) / 4000 + more > bound / 4000 - margin;
    }
    if (fresh) {
      const verdict = missing > 1 ? undefined : judge(problem, path);
      if (verdict !== undefined && verdict.change === 0) {
        leave = true;
        if (better(problem, verdict, found ?? withChange)) {
          found = { ...verdict, chosen: path.chosen.map((i) => order[i] as number), by: 'branch-and-bound' };
          bound = verdict.waste;
        }
      }
    }
    if (!leave) {
      path.chosen.push(next);
      path.add(itemAt(items, order[next] as number), 1);
      next++;
      fresh = true;
      continue;
    }
    const last = path.chosen.pop();
    if (last === undefined) return { found, exhausted: true, tries };
    const removed = itemAt(items, order[last] as number);
    path.add(removed, -1);
    // An equal item in the place of the one just left out gives the same subsets again.
    next = tables.nextOther[last] as number;
    fresh = false;
  }
  return { found, exhausted: false, tries };
}

function isEqual(a: Item, b: Item): boolean {
  return a.value === b.value && isSameKind(a, b);
}

function isSameKind(a: Item, b: Item): boolean {
  return a.weight === b.weight && a.count === b.count && a.legacy === b.legacy && a.segwit === b.segwit;
}

/** Above this linear excess no subset is changeless any more, and adding coins does not bring it back. */
function windowOf(problem: Problem, items: readonly Item[]): number {
  const { rate, changeWeight, leastChange, maxExcess = 0 } = problem;
  const legacy = problem.baseLegacy + items.reduce((sum, item) => sum + item.legacy, 0);
  // Rounding to vbytes and satoshi, the marker, and the longest input count.
  const rounding = ((4 + 4 + 2 + legacy + 16) * rate) / 4000 + 2;
  return Math.max(leastChange + (changeWeight * rate) / 4000, maxExcess) + rounding;
}

/** Half a unit of waste, as long as the rounding of doubles stays below it; else a satoshi: less is cut off, nothing is lost. */
function marginOf(problem: Problem, tables: Tables): number {
  const largest = at(tables.restValue, 0) + Math.abs(problem.target);
  return largest < 1e11 ? 1 / 8000 : -1;
}

// ---- with change: of equal weight the larger is better, so only the number taken of each weight is searched

type Class = { readonly items: readonly number[]; readonly sums: Float64Array; readonly sample: Item };

function classesOf(items: readonly Item[], rate: number): readonly Class[] {
  const groups = new Map<string, number[]>();
  // Neighbours are mostly of one kind: a name is made where the kind changes.
  let last: Item | undefined;
  let group: number[] = [];
  for (let i = 0; i < items.length; i++) {
    const item = itemAt(items, i);
    if (last === undefined || !isSameKind(item, last)) {
      const key = `${item.weight},${item.count},${item.legacy},${item.segwit}`;
      group = groups.get(key) ?? [];
      groups.set(key, group);
      last = item;
    }
    group.push(i);
  }
  return [...groups.values()]
    .map((group) => {
      group.sort((a, b) => itemAt(items, b).value - itemAt(items, a).value || a - b);
      const sums = new Float64Array(group.length + 1);
      for (const [i, index] of group.entries()) sums[i + 1] = at(sums, i) + itemAt(items, index).value;
      return { items: group, sums, sample: itemAt(items, group[0] as number) };
    })
    .sort((a, b) => bestOf(b, rate) - bestOf(a, rate));
}

function bestOf({ sums, sample }: Class, rate: number): number {
  return at(sums, 1) - (sample.weight * rate) / 4000;
}

const sumOf = (classes: readonly Class[], counts: readonly number[]): Sum => {
  const sum = { value: 0, weight: 0, count: 0, legacy: 0, segwit: false };
  for (const [i, n] of counts.entries()) {
    const { sums, sample } = classes[i] as Class;
    sum.value += at(sums, n);
    sum.weight += n * sample.weight;
    sum.count += n * sample.count;
    sum.legacy += n * sample.legacy;
    sum.segwit ||= n > 0 && sample.segwit;
  }
  return sum;
};

/** The lightest subset that pays with change (or at all), by how many of each class it takes. */
function byWeight(problem: Problem, items: readonly Item[], wantsChange: boolean): Outcome {
  const { rate, laterRate, minChange, maxTries } = problem;
  const classes = classesOf(items, rate);
  const extra = wantsChange ? problem.changeWeight : 0;
  const need = problem.target + ((problem.baseWeight + 4 + extra) * rate) / 4000 + (wantsChange ? minChange : 0);
  const rest = restOf(classes, rate);
  let best: { verdict: Verdict; counts: readonly number[] } | undefined;
  const tryThis = (counts: readonly number[]): boolean => {
    const verdict = judge(problem, sumOf(classes, counts));
    if (verdict === undefined || (wantsChange && verdict.change === 0)) return false;
    if (better(problem, verdict, best?.verdict)) best = { verdict, counts: [...counts] };
    return true;
  };
  let tries = 0;
  let spent = false;
  const descend = (level: number, counts: number[], gain: number, weight: number): void => {
    const { sums, sample } = classes[level] as Class;
    const missing = need - gain;
    const isLast = level === classes.length - 1;
    const others = rest[level + 1] as number;
    for (let n = leastOf(classes[level] as Class, missing - others - 1, rate); n < sums.length; n++) {
      if (++tries > maxTries) {
        spent = true;
        return;
      }
      const heavier = weight + n * sample.weight;
      if (best !== undefined && !mayBeat(problem, heavier, extra, laterRate, best.verdict, wantsChange)) return;
      if (problem.baseWeight + heavier + extra > problem.maxWeight) return;
      counts.push(n);
      let done = false;
      if (isLast) done = tryThis(counts);
      else descend(level + 1, counts, gain + at(sums, n) - (n * sample.weight * rate) / 4000, heavier);
      counts.pop();
      // Of the last class, more than enough is only heavier.
      if (done || spent) return;
    }
  };
  if (classes.length === 0) tryThis([]);
  else {
    seed(classes, items, rate, tryThis);
    descend(0, [], 0, 0);
  }
  if (best === undefined) return { found: undefined, exhausted: !spent, tries };
  const { verdict, counts } = best;
  const chosen = counts.flatMap((n, i) => (classes[i] as Class).items.slice(0, n));
  return { found: { ...verdict, chosen, by: 'fewest-weight' }, exhausted: !spent, tries };
}

/** The linear waste grows with the weight, and at equal waste the lighter one is wanted. */
function mayBeat(problem: Problem, weight: number, extra: number, laterRate: number, best: Verdict, wantsChange: boolean): boolean {
  const least = problem.baseWeight + 4 + weight + extra;
  if (!wantsChange) return least < best.weight;
  const waste = least * problem.rate + problem.changeSpendCost - weight * laterRate;
  return waste < best.waste || (waste === best.waste && least < best.weight);
}

/** The most that the classes from each level on can bring. */
function restOf(classes: readonly Class[], rate: number): readonly number[] {
  const rest = new Array<number>(classes.length + 1).fill(0);
  for (let i = classes.length - 1; i >= 0; i--) {
    const { sums, sample } = classes[i] as Class;
    const all = sums.length - 1;
    rest[i] = (rest[i + 1] as number) + at(sums, all) - (all * sample.weight * rate) / 4000;
  }
  return rest;
}

/** How many of a class bring `missing` after their own fee: all of them bring something, so that halving finds it. */
function leastOf({ sums, sample }: Class, missing: number, rate: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(sums, middle) - (middle * sample.weight * rate) / 4000 >= missing) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The largest first, of whatever class, until it is enough: a subset to start from, so that there is an answer when the tries run out. */
function seed(classes: readonly Class[], items: readonly Item[], rate: number, tryThis: (counts: readonly number[]) => boolean): void {
  const order = classes
    .flatMap((group, of) => group.items.map((index) => ({ of, gain: effective(itemAt(items, index), rate) })))
    .sort((a, b) => b.gain - a.gain || a.of - b.of);
  const countsAt = (size: number): number[] => {
    const counts = classes.map(() => 0);
    for (const { of } of order.slice(0, size)) counts[of] = (counts[of] as number) + 1;
    return counts;
  };
  // Each of them brings more than it costs: from the first size that is enough on, all are.
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tryThis(countsAt(middle))) high = middle;
    else low = middle + 1;
  }
  tryThis(countsAt(low));
}
