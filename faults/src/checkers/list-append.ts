// Looks for what no isolation level, or none that was asked for, may show: a history of transactions that append unique numbers
// to lists and read whole lists tells the order of all writes, and so which transaction saw which. Pure: history in, anomalies out.
// The idea is Elle's (Kingsbury and Alvaro, "Elle: Inferring Isolation Anomalies from Experimental Observations", VLDB 2020).
// It may miss anomalies that nobody read; it must never report one that there was not.
import { groupsIn, pathIn, type Graph } from './cycles.js';

export type Operation =
  | { readonly kind: 'append'; readonly key: number; readonly value: number }
  | { readonly kind: 'read'; readonly key: number; readonly values: readonly number[] };

export interface Attempt {
  /** unknown: its end was never told. It may have been done or not; what others read tells. */
  readonly end: 'committed' | 'aborted' | 'unknown';
  /** In their order, as far as it came; a read whose answer did not come is not among them. */
  readonly operations: readonly Operation[];
}

/** After Adya, "Weak Consistency" (1999), where the names are his. */
export type AnomalyKind =
  /** A number stands in a list twice, or one that nobody appended. */
  | 'garbage'
  /** Two reads of a list of which none begins with the other. */
  | 'incompatible order'
  /** Committed, and not in the last read of its list. */
  | 'lost append'
  /** A transaction does not see what it did itself, or sees a list change under it. */
  | 'internal'
  /** A read of what was undone. */
  | 'G1a'
  /** A read of what its writer wrote over before it committed. */
  | 'G1b'
  /** A circle of writes; of writes and reads; with one read that was overtaken (read skew); with several (write skew). */
  | 'G0'
  | 'G1c'
  | 'G-single'
  | 'G2-item';

export interface Anomaly {
  readonly kind: AnomalyKind;
  /** For people. */
  readonly what: string;
}

type Edge = 'ww' | 'wr' | 'rw';

/** @param last every list as it was read when all transactions had ended */
export function anomaliesIn(history: readonly Attempt[], last: ReadonlyMap<number, readonly number[]>): Anomaly[] {
  return new Check(history, last).run();
}

export function countsOf(anomalies: readonly Anomaly[]): Partial<Record<AnomalyKind, number>> {
  const counts: Partial<Record<AnomalyKind, number>> = {};
  for (const { kind } of anomalies) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

class Check {
  readonly #found: Anomaly[] = [];
  /** Who appended a number; numbers are unique over all lists. */
  readonly #writer = new Map<number, number>();
  /** The attempts that were done: told so, or read by one that was. */
  readonly #done: ReadonlySet<number>;

  constructor(
    private readonly history: readonly Attempt[],
    private readonly last: ReadonlyMap<number, readonly number[]>,
  ) {
    history.forEach(({ operations }, id) => {
      for (const each of operations) if (each.kind === 'append') this.#writer.set(each.value, id);
    });
    this.#done = this.#whatWasDone();
  }

  run(): Anomaly[] {
    for (const id of this.#done) this.#checkInternal(id);
    const orders = this.#orders();
    for (const id of this.#done) this.#checkReads(id);
    for (const [key, values] of this.last)
      for (const value of values) this.#checkValue(value, `the last read of ${key}`);
    this.#checkLost();
    this.#checkCycles(this.#graph(orders));
    return this.#found;
  }

  #say(kind: AnomalyKind, what: string): void {
    this.#found.push({ kind, what });
  }

  #operations(id: number): readonly Operation[] {
    return (this.history[id] as Attempt).operations;
  }

  /** What the last reads show was done, and what that has read, and so on. */
  #whatWasDone(): Set<number> {
    const done = new Set([...this.history.keys()].filter((id) => this.history[id]?.end === 'committed'));
    const seen = (values: readonly number[]): void => {
      for (const value of values) {
        const writer = this.#writer.get(value);
        if (writer !== undefined && this.history[writer]?.end === 'unknown') done.add(writer);
      }
    };
    for (const values of this.last.values()) seen(values);
    // Those that come while it is walked through are walked through as well.
    for (const id of done) {
      for (const each of this.#operations(id)) if (each.kind === 'read') seen(each.values);
    }
    return done;
  }

  /** A transaction's second look at a list must be its first, and what it appended between. */
  #checkInternal(id: number): void {
    const known = new Map<number, { values: readonly number[]; whole: boolean }>();
    for (const each of this.#operations(id)) {
      const before = known.get(each.key) ?? { values: [], whole: false };
      if (each.kind === 'append') {
        known.set(each.key, { values: [...before.values, each.value], whole: before.whole });
        continue;
      }
      const seen = before.whole ? each.values : each.values.slice(each.values.length - before.values.length);
      if (!same(seen, before.values) && (before.whole || before.values.length > 0)) {
        this.#say('internal', `${id} knew ${each.key} as …${before.values.join()} and read ${each.values.join()}`);
      }
      known.set(each.key, { values: each.values, whole: true });
    }
  }

  /** The longest read of each list; the others must be its beginnings. */
  #orders(): Map<number, readonly number[]> {
    const reads = new Map<number, (readonly number[])[]>();
    const add = (key: number, values: readonly number[]): void => {
      const all = reads.get(key);
      if (all === undefined) reads.set(key, [values]);
      else all.push(values);
    };
    for (const [key, values] of this.last) add(key, values);
    for (const id of this.#done) {
      for (const each of this.#operations(id)) if (each.kind === 'read') add(each.key, each.values);
    }
    const orders = new Map<number, readonly number[]>();
    for (const [key, all] of reads) {
      const longest = all.reduce((most, each) => (each.length > most.length ? each : most));
      const odd = all.find((each) => !same(each, longest.slice(0, each.length)));
      if (odd !== undefined) this.#say('incompatible order', `${key}: ${odd.join()} and ${longest.join()}`);
      if (new Set(longest).size < longest.length) this.#say('garbage', `${key} has a number twice: ${longest.join()}`);
      // An order that is none would make circles of its own.
      if (odd === undefined && new Set(longest).size === longest.length) orders.set(key, longest);
    }
    return orders;
  }

  #checkReads(id: number): void {
    for (const each of this.#operations(id)) {
      if (each.kind !== 'read') continue;
      for (const value of each.values) this.#checkValue(value, `${id}, reading ${each.key}`);
      const value = each.values.at(-1);
      const writer = value === undefined ? undefined : this.#writer.get(value);
      if (writer === undefined || writer === id) continue;
      const final = this.#appendsOf(writer, each.key).at(-1);
      if (final !== value) this.#say('G1b', `${id} read ${each.key} up to ${value}, in the midst of ${writer}`);
    }
  }

  #checkValue(value: number, where: string): void {
    const writer = this.#writer.get(value);
    if (writer === undefined) this.#say('garbage', `${where}: nobody appended ${value}`);
    else if (this.history[writer]?.end === 'aborted') this.#say('G1a', `${where}: ${value}, which ${writer} undid`);
  }

  #appendsOf(id: number, key: number): number[] {
    return this.#operations(id).flatMap((each) => (each.kind === 'append' && each.key === key ? [each.value] : []));
  }

  #checkLost(): void {
    const lists = new Map([...this.last].map(([key, values]) => [key, new Set(values)]));
    for (const id of this.#done) {
      for (const each of this.#operations(id)) {
        if (each.kind !== 'append' || lists.get(each.key)?.has(each.value) !== false) continue;
        this.#say('lost append', `${each.value} of ${id} is not in ${each.key}`);
      }
    }
  }

  /** Who came before whom: as the writer before the next (ww), as what was read (wr), as who read before it was written (rw). */
  #graph(orders: ReadonlyMap<number, readonly number[]>): Graph<Edge> {
    const graph: Graph<Edge> = new Map([...this.#done].map((id) => [id, new Map()]));
    const edge = (from: number | undefined, to: number | undefined, kind: Edge): void => {
      if (from === undefined || to === undefined || from === to) return;
      if (!this.#done.has(from) || !this.#done.has(to)) return;
      const kinds = graph.get(from)?.get(to);
      if (kinds === undefined) graph.get(from)?.set(to, new Set([kind]));
      else kinds.add(kind);
    };
    const writerOf = (value: number | undefined): number | undefined =>
      value === undefined ? undefined : this.#writer.get(value);
    for (const order of orders.values()) {
      order.forEach((value, at) => at > 0 && edge(writerOf(order[at - 1]), writerOf(value), 'ww'));
    }
    for (const id of this.#done) {
      for (const each of this.#operations(id)) {
        const order = each.kind === 'read' ? orders.get(each.key) : undefined;
        if (each.kind !== 'read' || order === undefined) continue;
        // Without what it appended itself before.
        let read = each.values.length;
        while (read > 0 && writerOf(each.values[read - 1]) === id) read--;
        edge(writerOf(order[read - 1]), id, 'wr');
        // Its own appends come next: then they are the order of writes, not what overtook the read.
        edge(id, writerOf(order[read]), 'rw');
      }
    }
    return graph;
  }

  /** One anomaly for each group that goes round, by the worst kind of its circles. */
  #checkCycles(graph: Graph<Edge>): void {
    const inCircles = new Set<number>();
    const report = (kind: AnomalyKind, circle: readonly number[]): void => {
      for (const id of circle) inCircles.add(id);
      this.#say(kind, `among ${circle.join()}`);
    };
    for (const [kind, edges] of [
      ['G0', ['ww']],
      ['G1c', ['ww', 'wr']],
    ] as const) {
      for (const group of groupsIn(graph, edges)) {
        if (!group.some((id) => inCircles.has(id))) report(kind, group);
      }
    }
    for (const group of groupsIn(graph, ['ww', 'wr', 'rw'])) {
      if (group.some((id) => inCircles.has(id))) continue;
      const skew = this.#readSkewIn(graph, group);
      report(skew === undefined ? 'G2-item' : 'G-single', skew ?? group);
    }
  }

  /** A circle in which one read alone was overtaken. */
  #readSkewIn(graph: Graph<Edge>, group: readonly number[]): readonly number[] | undefined {
    for (const from of group) {
      for (const [to, kinds] of graph.get(from) ?? []) {
        if (!kinds.has('rw') || !group.includes(to)) continue;
        const back = pathIn(graph, to, from, ['ww', 'wr']);
        if (back !== undefined) return [from, ...back];
      }
    }
    return undefined;
  }
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, at) => value === b[at]);
}
