// Takes entries out of use by somebody's choice, not by their age: all that fit at once, or one by one, each after another has
// been opened in its place. Which of them is the caller's matter; a lent one goes when it comes back, and its holder may ask to be told.
import type { EntryCloser } from './entry-closer.js';
import type { PoolCore } from './pool-core.js';
import type { PoolEntry } from './pool-entry.js';
import type { StandingRecall } from './standing-recall.js';
import { tellHolder } from './tell-holder.js';
import type { WarmUp } from './warm-up.js';

export class EntryReplacer<T extends object> {
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly core: PoolCore<T>,
    private readonly closer: EntryCloser<T>,
    private readonly recall: StandingRecall<T>,
    private readonly warmUp: WarmUp<T>,
  ) {}

  outdate(where: (resource: T) => boolean): void {
    for (const entry of this.candidates(where)) this.retire(entry);
    this.core.dispatch();
  }

  /** One after the other, whoever asks: each counts on what the one before has left. */
  replace(where: (resource: T) => boolean): Promise<T | undefined> {
    const replaced = this.#last.then(() => this.replaceOne(where));
    this.#last = replaced.catch(() => undefined);
    return replaced;
  }

  private async replaceOne(where: (resource: T) => boolean): Promise<T | undefined> {
    const { core } = this;
    if (core.state !== 'running' || this.candidates(where).length === 0) return undefined;
    const { alive, total } = core.entries;
    const roomFirst = total < core.max;
    if (roomFirst && !(await this.reach(alive + 1))) return undefined;
    const [entry] = this.candidates(where);
    if (entry === undefined) return undefined;
    const { resource } = entry;
    this.retire(entry);
    core.dispatch();
    if (!roomFirst) await this.reach(alive);
    return resource;
  }

  /** Settles when so many are open, or could not be opened in the time of one connect. */
  private async reach(count: number): Promise<boolean> {
    const { core } = this;
    core.atLeast = count;
    try {
      await this.warmUp.until(core.clock.now() + core.options.connectTimeoutMs);
      return true;
    } catch {
      return false;
    } finally {
      core.atLeast = 0;
    }
  }

  /** Idle ones first: they can go now. */
  private candidates(where: (resource: T) => boolean): PoolEntry<T>[] {
    const { entries } = this.core;
    const idle = new Set(entries.idle.coldestFirst());
    const others = entries.all().filter((entry) => !idle.has(entry) && HELD.has(entry.state));
    return [...idle, ...others].filter((entry) => !entry.outdated && where(entry.resource));
  }

  private retire(entry: PoolEntry<T>): void {
    entry.outdated = true;
    if (entry.state === 'idle') return this.closer.close(entry, 'evicted');
    this.recall.recallWhere((each) => each === entry);
    if (entry.loan !== undefined) tellHolder(this.core, entry.loan, entry.loan.options.onOutdated);
  }
}

/** Out of the pool's hands, but to come back. */
const HELD: ReadonlySet<PoolEntry<object>['state']> = new Set(['leased', 'resetting', 'reserved'] as const);
