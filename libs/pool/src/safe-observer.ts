// Stands between the pool and its observer: fills in missing methods and swallows what they throw.
// A recorder that breaks must not break a lease; there is nobody here to tell.
import type { PoolObserver } from './pool-observer.js';

type Complete = Required<PoolObserver>;

export class SafeObserver implements Complete {
  constructor(private readonly inner: PoolObserver) {}

  created(...args: Parameters<Complete['created']>): void {
    this.tell(() => this.inner.created?.(...args));
  }
  closed(...args: Parameters<Complete['closed']>): void {
    this.tell(() => this.inner.closed?.(...args));
  }
  /** Written out, like `released`: these two are on every lend's way. */
  acquired(waitMs: number, lane?: string): void {
    try {
      this.inner.acquired?.(waitMs, lane);
    } catch {
      // see the head of this file
    }
  }
  released(useMs: number): void {
    try {
      this.inner.released?.(useMs);
    } catch {
      // see the head of this file
    }
  }
  timedOut(...args: Parameters<Complete['timedOut']>): void {
    this.tell(() => this.inner.timedOut?.(...args));
  }
  leaked(...args: Parameters<Complete['leaked']>): void {
    this.tell(() => this.inner.leaked?.(...args));
  }
  leakReturned(...args: Parameters<Complete['leakReturned']>): void {
    this.tell(() => this.inner.leakReturned?.(...args));
  }
  createFailed(...args: Parameters<Complete['createFailed']>): void {
    this.tell(() => this.inner.createFailed?.(...args));
  }
  doubleRelease(...args: Parameters<Complete['doubleRelease']>): void {
    this.tell(() => this.inner.doubleRelease?.(...args));
  }
  stateChanged(...args: Parameters<Complete['stateChanged']>): void {
    this.tell(() => this.inner.stateChanged?.(...args));
  }
  resized(...args: Parameters<Complete['resized']>): void {
    this.tell(() => this.inner.resized?.(...args));
  }
  ceilingMoved(...args: Parameters<Complete['ceilingMoved']>): void {
    this.tell(() => this.inner.ceilingMoved?.(...args));
  }
  reclaimed(...args: Parameters<Complete['reclaimed']>): void {
    this.tell(() => this.inner.reclaimed?.(...args));
  }
  callbackFailed(...args: Parameters<Complete['callbackFailed']>): void {
    this.tell(() => this.inner.callbackFailed?.(...args));
  }

  private tell(call: () => void): void {
    try {
      call();
    } catch {
      // see the head of this file
    }
  }
}
