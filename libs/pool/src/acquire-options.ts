// What a borrower may ask for. Plain data and callbacks; no default is hidden here.

export interface AcquireOptions {
  /** Instant on the pool's clock at which waiting ends with AcquireTimeoutError; `Infinity` = as long as `acquireTimeoutMs` lets. */
  readonly deadline: number;
  /** Ends the wait with AcquireAbortedError. Never cancels a connect, and has no effect once the lease is granted. */
  readonly signal?: AbortSignal;
  /** Class of work, handed to the observer. */
  readonly lane?: string;
  /** Identity of the asking context, for reports; the pool only keeps it. */
  readonly owner?: object;
  /**
   * Wish: an idle resource of that place first; where there is none and the pool may grow, one is made there (the wish is handed
   * to `create`); else any idle one. A full pool never makes anyone wait for a place.
   */
  readonly place?: string;
  /** Wish: an idle resource for which this is true first. Never a reason to wait. */
  readonly prefer?: (resource: object) => boolean;
  /**
   * Makes this a *standing* lease (a resource in shared use). Called once, in a microtask, when the pool wants it back: somebody
   * waits and the pool may not grow, the resource is too old, lost or was recycled, the pool shrinks, pauses or drains. The holder stops taking
   * work, lets what runs end, and releases. Standing leases are neither leaks nor holders. `lease.wanted` says the same.
   */
  readonly onWanted?: () => void;
  /**
   * Makes this a *kept* lease: held for good by design (a listener), so it is no leak. Called once, in a microtask, when the
   * resource reports its death while it is held; it is for the holder to discard it.
   */
  readonly onLost?: (reason: Error) => void;
  /**
   * For a lease that is not given back by itself: called once, in a microtask, when its resource is to be replaced (`recycle`,
   * `replace`) while it is held. It stays usable, and is closed when it is given back. Nobody is told of its age.
   */
  readonly onOutdated?: () => void;
  /** Acquiring stack for leak and holder reports. Capturing costs microseconds, so it is the caller's choice. */
  readonly stack?: string | Error;
}
