// All entries, how many are in which state, and which are idle or lent. Every change of state goes through `move`, which keeps
// the three in step. It decides nothing.
import { IdleStack } from './idle-stack.js';
import type { Loan } from './loan.js';
import type { PoolEntry } from './pool-entry.js';
import { transition, type EntryState } from './pool-entry-state.js';

export class EntryRegistry<T extends object> {
  readonly idle = new IdleStack<PoolEntry<T>>();
  /** In order of lending, oldest first. */
  readonly leased = new Set<PoolEntry<T>>();
  readonly counts: Record<EntryState, number> = {
    connecting: 0,
    idle: 0,
    leased: 0,
    resetting: 0,
    reserved: 0,
    closing: 0,
    closed: 0,
  };
  readonly #open = new Set<PoolEntry<T>>();
  #standing = 0;
  #wanted = 0;
  #overdue = 0;
  #lastId = 0;

  /** Everything that holds a slot, closing entries included. */
  get total(): number {
    return this.#open.size;
  }

  /** Everything that is or will be of use. */
  get alive(): number {
    return this.#open.size - this.counts.closing;
  }

  /** Entries that come back by themselves, without a borrower's doing. */
  get returning(): number {
    return this.counts.reserved + this.counts.resetting;
  }

  /** Connects that are counted on. */
  get pending(): number {
    return this.counts.connecting - this.#overdue;
  }

  /** Connects that take too long, and have another beside them. */
  get overdue(): number {
    return this.#overdue;
  }

  get standing(): number {
    return this.#standing;
  }

  /** Standing leases that were asked back and have not come yet. */
  get wanted(): number {
    return this.#wanted;
  }

  add(entry: PoolEntry<T>): void {
    entry.id = ++this.#lastId;
    this.#open.add(entry);
    this.counts[entry.state]++;
  }

  all(): PoolEntry<T>[] {
    return [...this.#open];
  }

  /** @param to 'idle-cold' is idle at the place in the stack that the last use gives. @throws IllegalTransitionError */
  move(entry: PoolEntry<T>, to: EntryState | 'idle-cold'): void {
    const from = entry.state;
    const state = to === 'idle-cold' ? 'idle' : to;
    transition(entry, state);
    this.counts[from]--;
    this.counts[state]++;
    if (entry.overdue) this.countOn(entry);
    if (from === 'idle') this.idle.remove(entry);
    else if (from === 'leased') this.leased.delete(entry);
    if (to === 'idle') this.idle.push(entry);
    else if (to === 'idle-cold') this.idle.insertByLastUse(entry);
    else if (to === 'leased') this.leased.add(entry);
    else if (to === 'closed') this.forget(entry);
  }

  beginLoan(entry: PoolEntry<T>, loan: Loan): void {
    entry.loan = loan;
    entry.uses++;
    if (loan.standing) this.#standing++;
  }

  want(loan: Loan): void {
    loan.wanted = true;
    this.#wanted++;
  }

  endLoan(entry: PoolEntry<T>, loan: Loan): void {
    loan.ended = true;
    entry.loan = undefined;
    if (loan.standing) this.#standing--;
    if (loan.wanted) this.#wanted--;
  }

  /** This connect is counted on no longer. */
  giveUpOn(entry: PoolEntry<T>): void {
    entry.overdue = true;
    this.#overdue++;
  }

  private countOn(entry: PoolEntry<T>): void {
    entry.overdue = false;
    this.#overdue--;
  }

  private forget(entry: PoolEntry<T>): void {
    this.#open.delete(entry);
    this.counts.closed--;
  }
}
