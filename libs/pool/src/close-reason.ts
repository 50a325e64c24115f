// Why an entry left the pool: a label on a metric and a word in a log line, so the list is closed.
// docs/lifecycle.md explains each; a spec compares the two.

/** Every reason, in the order of the documentation. */
export const CLOSE_REASONS = [
  'idle-timeout',
  'max-lifetime',
  'broken',
  'reset-failed',
  'evicted',
  'leaked',
  'max-uses',
  'shutdown',
] as const;

export type CloseReason = (typeof CLOSE_REASONS)[number];
