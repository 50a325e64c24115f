// Transactions that are open, and one report for each that has used half of its time: whoever waits for what it has locked wants to
// know who holds it, while there is still time to look.
import type { Budget } from './budget.js';
import { Expiring, type DeadlineQueue } from './deadline-queue.js';

/** Figures at one instant. */
export interface TransactionFigures {
  readonly open: number;
  /** Age of the one that has been open longest, milliseconds; 0 = none is. */
  readonly oldestMs: number;
}

export type LongTransactionReport = (ageMs: number, limitMs: number, stack: string | undefined) => void;

export class TransactionWatch {
  /** In the order of their begin. */
  readonly #open = new Set<OpenTransaction>();

  constructor(
    private readonly deadlines: DeadlineQueue,
    private readonly report: LongTransactionReport,
  ) {}

  /** @returns to be called at its end */
  begin(budget: Budget, stack: Error): () => void {
    const { startedAt, deadline } = budget;
    const each = new OpenTransaction(budget, () => {
      this.report(budget.elapsedMs, deadline - startedAt, stack.stack);
    });
    this.#open.add(each);
    if (deadline < Infinity) this.deadlines.add(each, startedAt + (deadline - startedAt) / 2, startedAt);
    return () => {
      this.#open.delete(each);
      this.deadlines.remove(each);
    };
  }

  figures(): TransactionFigures {
    const [oldest] = this.#open;
    return { open: this.#open.size, oldestMs: oldest?.budget.elapsedMs ?? 0 };
  }
}

class OpenTransaction extends Expiring {
  constructor(
    readonly budget: Budget,
    private readonly onHalf: () => void,
  ) {
    super();
  }

  expire(): void {
    this.onHalf();
  }
}
