// What is known of a worker thread without asking it.

/** A worker thread as seen from the main thread. */
export interface WorkerStats {
  readonly id: number;
  /** Connections with a statement that has no answer yet. */
  readonly busy: number;
  /** Statements behind these, on the same connections. */
  readonly queued: number;
  /** Statements answered since the service started, by all threads that had this id. */
  readonly done: number;
  readonly connections: number;
  readonly restarts: number;
  /** JavaScript heap, megabytes, at most a beat old. */
  readonly heapUsedMb: number;
  /** Event-loop utilization since its start, 0..1. */
  readonly elu: number;
  /** It keeps dying and is started with delay. */
  readonly quarantined: boolean;
}
