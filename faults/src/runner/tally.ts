// What became of calls: settled how, after how long, how far beyond their deadline. A call it is given never rejects here.
import { setTimeout as sleep } from 'node:timers/promises';

/** What was measured in one scenario. Plain data: it crosses processes. */
export interface Measures {
  readonly ok: number;
  /** Failed calls by their error's code. */
  readonly errors: Readonly<Record<string, number>>;
  /** Calls that had not settled when the scenario gave up on them. */
  readonly hung: number;
  /** uncaughtException and unhandledRejection; each ends a process that does not listen for it. */
  readonly uncaught: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** The furthest that a call went beyond its deadline; 0 when none did. Undefined: no call had a deadline. */
  readonly overrunMs?: number;
  /** What else the scenario found: connects, gaps, rows lost. */
  readonly facts: Readonly<Record<string, Fact>>;
  /** The messages of the first uncaught errors. */
  readonly notes: readonly string[];
}

export type Fact = number | string | boolean;

/**
 * A timer beside a call's deadline. What it is late itself is the machine's doing, not the library's: a call is beyond its
 * deadline by what it settles later than a timer of the same length.
 */
class ControlTimer {
  readonly #timer: NodeJS.Timeout;
  #firedAt: number | undefined;

  constructor(ms: number) {
    this.#timer = setTimeout(() => (this.#firedAt = performance.now()), ms).unref();
  }

  /** Milliseconds since it fired, 0 when it has not. */
  overrun(): number {
    clearTimeout(this.#timer);
    return this.#firedAt === undefined ? 0 : performance.now() - this.#firedAt;
  }
}

export class Tally {
  #ok = 0;
  readonly #errors = new Map<string, number>();
  readonly #took: number[] = [];
  #overrun: number | undefined;
  readonly #open = new Set<Promise<unknown>>();
  /** When the last call succeeded, and the longest time without a success between two. */
  #lastOk: number | undefined;
  #longestGap = 0;
  readonly #firstOkAfter: { readonly since: number; readonly found: (ms: number) => void }[] = [];

  /** @returns what the call gave; undefined when it failed */
  call<T>(work: () => Promise<T>, deadlineMs?: number): Promise<T | undefined> {
    const startedAt = performance.now();
    const limit = deadlineMs === undefined ? undefined : new ControlTimer(deadlineMs);
    const settle = (): void => {
      this.#open.delete(call);
      this.#took.push(performance.now() - startedAt);
      if (limit) this.#overrun = Math.max(this.#overrun ?? 0, limit.overrun());
    };
    const call = (async () => work())().then(
      (value) => {
        settle();
        this.#ok += 1;
        this.#succeeded();
        return value;
      },
      (error: unknown) => {
        settle();
        const code = codeOf(error);
        this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1);
        return undefined;
      },
    );
    this.#open.add(call);
    return call;
  }

  /** Waits for what is open, no longer than `limitMs`. @returns how many calls hang */
  async settled(limitMs: number): Promise<number> {
    const limit = new AbortController();
    const late = sleep(limitMs, undefined, { signal: limit.signal }).catch(() => {});
    await Promise.race([Promise.all(this.#open), late]);
    limit.abort();
    return this.#open.size;
  }

  /** Milliseconds from now to the first success of any call; -1 when there is none within `limitMs`. */
  async nextSuccess(limitMs: number): Promise<number> {
    const found = new Promise<number>((resolve) =>
      this.#firstOkAfter.push({ since: performance.now(), found: resolve }),
    );
    return Promise.race([found, sleep(limitMs, -1, { ref: false })]);
  }

  get ok(): number {
    return this.#ok;
  }

  /** How many calls have settled, one way or the other. */
  get settledCount(): number {
    return [...this.#errors.values()].reduce((sum, count) => sum + count, this.#ok);
  }

  /** The longest time between two successes, milliseconds. */
  get longestGapMs(): number {
    return this.#longestGap;
  }

  /** What follows is measured by itself. */
  forgetLatencies(): void {
    this.#took.length = 0;
  }

  percentile(share: number): number {
    const sorted = this.#took.toSorted((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  }

  measures(uncaught: readonly unknown[], facts: Readonly<Record<string, Fact>>): Measures {
    return {
      ok: this.#ok,
      errors: Object.fromEntries([...this.#errors].toSorted()),
      hung: this.#open.size,
      uncaught: uncaught.length,
      p50Ms: round(this.percentile(0.5)),
      p99Ms: round(this.percentile(0.99)),
      maxMs: round(this.percentile(1)),
      ...(this.#overrun === undefined ? {} : { overrunMs: round(this.#overrun) }),
      facts,
      notes: uncaught.slice(0, 3).map((error) => `uncaught: ${textOf(error)}`),
    };
  }

  #succeeded(): void {
    const now = performance.now();
    if (this.#lastOk !== undefined) this.#longestGap = Math.max(this.#longestGap, now - this.#lastOk);
    this.#lastOk = now;
    for (const { since, found } of this.#firstOkAfter.splice(0)) found(now - since);
  }
}

export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const { code, message = '' } = error as { code?: unknown; message?: string };
  if (typeof code === 'string') return code;
  // pg's own errors carry none.
  return message.split('\n', 1)[0]?.slice(0, 60) ?? 'Error';
}

export function textOf(error: unknown): string {
  return error instanceof Error ? `${codeOf(error)} ${error.message.split('\n', 1)[0]}` : String(error);
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
