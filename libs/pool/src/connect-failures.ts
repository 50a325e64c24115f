// What a failed create means for those who wait and for the next attempt: later (backoff), once a window (circuit), or not above
// what is open (ceiling). The manager says which of the three it is.
import type { ConnectBackoff } from './connect-backoff.js';
import { servable } from './entry-fitness.js';
import type { PoolCore } from './pool-core.js';
import type { CreateFailure } from './resource-manager.js';
import type { StandingRecall } from './standing-recall.js';
import type { WarmUp } from './warm-up.js';

export class ConnectFailures<T extends object> {
  constructor(
    private readonly core: PoolCore<T>,
    private readonly backoff: ConnectBackoff,
    private readonly warmUp: WarmUp<T>,
    private readonly recall: StandingRecall<T>,
  ) {}

  /** Somebody waits for a connect. */
  get urgent(): boolean {
    return this.core.queue.size > 0 || this.warmUp.waiting;
  }

  /** @param renewed it was given up for a fresh one, which has its own pace and is to be made now */
  count(error: unknown, renewed: boolean): void {
    const { core } = this;
    core.lastConnectError = error;
    if (renewed) this.backoff.renewed();
    else this.backoff.failed(this.urgent);
    const { attempts } = this.backoff;
    const meaning = this.meaningOf(error);
    if (meaning === 'refused') this.refused(error);
    else if (meaning === 'fatal') this.tellAll(error);
    else if (meaning === 'full') this.full();
    core.observer.createFailed(error, attempts, core.circuit.open ? core.circuit.leftMs : this.backoff.leftMs);
  }

  /** Waiters who are left with nothing that could serve them while the circuit is open. */
  refuseHopeless(): void {
    const { circuit, queue, options } = this.core;
    if (!circuit.open || queue.size === 0 || servable(this.core)) return;
    queue.refuseAll(() => circuit.refusal(options.name));
  }

  /** Those who are here now learn the reason itself: it was their attempt. */
  private refused(error: unknown): void {
    const { circuit } = this.core;
    circuit.refused(error);
    // The window is the pause.
    if (circuit.open) this.backoff.stop();
    this.tellAll(error);
  }

  private tellAll(error: unknown): void {
    if (!servable(this.core)) this.core.queue.refuseAll(() => error);
    this.warmUp.refuseAll(() => error);
  }

  private full(): void {
    const { entries, room } = this.core;
    room.full(entries.total - entries.counts.connecting);
    // Sharers that hold all there is must let others have a turn: nothing more will be opened.
    if (entries.standing >= this.core.ceiling) this.recall.recallWhere(() => true);
  }

  private meaningOf(error: unknown): CreateFailure {
    try {
      return this.core.manager.classifyFailure?.(error) ?? 'retry';
    } catch {
      return 'retry';
    }
  }
}
