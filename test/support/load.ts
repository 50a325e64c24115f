// Callers that go on and on, each waiting for its answer: what a service looks like to a pool. It counts, and judges nothing.

export interface Load {
  /** Calls that were answered. */
  readonly done: number;
  /** What failed, by caller. */
  readonly errors: readonly unknown[][];
  /** Ends when each has had its last answer. */
  stop(): Promise<void>;
}

export function startLoad(callers: number, call: (caller: number) => Promise<unknown>): Load {
  let running = true;
  let done = 0;
  const errors: unknown[][] = Array.from({ length: callers }, () => []);
  const ends = errors.map(async (mine, caller) => {
    while (running) {
      try {
        await call(caller);
        done++;
      } catch (error) {
        mine.push(error);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
  return {
    get done() {
      return done;
    },
    errors,
    stop: async () => {
      running = false;
      await Promise.all(ends);
    },
  };
}
