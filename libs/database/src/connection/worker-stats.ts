// What is known of a worker thread without asking it.

/** A worker thread as seen from the main thread. */
export interface WorkerStats {
  readonly id: number;
  /** Statements queued or running in it. */
  readonly busy: number;
  readonly connections: number;
  readonly restarts: number;
  /** Event-loop utilization since its start, 0..1. */
  readonly elu: number;
  /** It keeps dying and is started with delay. */
  readonly quarantined: boolean;
}
