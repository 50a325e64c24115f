// What must happen without anybody asking: idle timeout, retirement, keepalive, leak reports. One unref'd timer a pool, set to
// the next thing that falls due and not at all when nothing will.
import type { Timer } from './clock.js';
import type { EntryCloser } from './entry-closer.js';
import type { EntryProver } from './entry-prover.js';
import type { LeakDetector } from './leak-detector.js';
import type { PoolCore } from './pool-core.js';
import type { PoolEntry } from './pool-entry.js';
import type { StandingRecall } from './standing-recall.js';

/** Ticks are at least this far apart: a thousand entries that fall due one by one must not mean a thousand walks. */
const MIN_GAP_MS = 50;

export class Housekeeper<T extends object> {
  #timer: Timer | undefined;
  #dueAt = Infinity;
  #lastTick = -Infinity;
  #stopped = false;

  constructor(
    private readonly core: PoolCore<T>,
    private readonly closer: EntryCloser<T>,
    private readonly prover: EntryProver<T>,
    private readonly recall: StandingRecall<T>,
    private readonly leaks: LeakDetector<T>,
  ) {}

  /** On every lend's way, so a comparison in all but a few cases. */
  wakeAt(at: number): void {
    if (at < this.#dueAt && !this.#stopped) this.arm(at);
  }

  /** O(entries). */
  review(): void {
    this.wakeAt(this.nextDue());
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  private arm(at: number): void {
    this.#timer?.cancel();
    this.#dueAt = at;
    if (at === Infinity) return;
    const ms = Math.max(at, this.#lastTick + MIN_GAP_MS) - this.core.clock.now();
    this.#timer = this.core.clock.setTimer(ms, () => this.tick(), { unref: true });
  }

  private tick(): void {
    const { core } = this;
    const now = core.clock.now();
    this.#lastTick = now;
    this.#dueAt = Infinity;
    for (const entry of core.entries.idle.coldestFirst()) this.attend(entry, now);
    this.recall.recallWhere((entry) => entry.retireAt <= now);
    const leakDue = this.leaks.scan(now);
    core.dispatch();
    this.wakeAt(Math.min(leakDue, this.nextDue()));
  }

  private attend(entry: PoolEntry<T>, now: number): void {
    const { core } = this;
    if (entry.retireAt <= now && core.retirements.take(now, core.max)) this.closer.close(entry, 'max-lifetime');
    else if (this.idleDue(entry) <= now) this.closer.close(entry, 'idle-timeout');
    else if (entry.provenAt + core.keepaliveMs <= now) this.prover.prove(entry);
  }

  private idleDue(entry: PoolEntry<T>): number {
    return this.core.entries.alive > this.core.min ? entry.lastUsedAt + this.core.idleMs : Infinity;
  }

  private nextDue(): number {
    let due = Infinity;
    for (const entry of this.core.entries.idle.coldestFirst())
      due = Math.min(due, entry.retireAt, this.idleDue(entry), entry.provenAt + this.core.keepaliveMs);
    for (const { loan, retireAt } of this.core.entries.leased)
      if (loan?.standing === true && !loan.wanted) due = Math.min(due, retireAt);
    return due;
  }
}
