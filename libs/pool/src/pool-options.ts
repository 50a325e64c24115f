// The pool's options, their defaults and bounds. One door: resolvePoolOptions checks, fills in and freezes.
// All durations are milliseconds; 0 means off where a line says so.
import { PoolOptionsError } from './errors/pool-options.error.js';

export interface PoolOptions {
  /** Shown in every message. */
  readonly name: string;
  /** Kept open without a request · 0..max. */
  readonly min: number;
  /** Never exceeded, connecting and closing entries included · 1 or more. */
  readonly max: number;
  /** Waiters beyond what the pool could still open · 0 or more; the next one gets QueueFullError at once. */
  readonly maxQueue: number;
  /** Longest wait whatever the borrower's deadline · default Infinity. */
  readonly acquireTimeoutMs?: number;
  /** Budget of one create · above 0. */
  readonly connectTimeoutMs: number;
  /** Budget of one validate · above 0. */
  readonly validationTimeoutMs: number;
  /** Budget of one reset · above 0. */
  readonly resetTimeoutMs: number;
  /** Budget of one destroy, after which the slot is free again · above 0 · default 5000. */
  readonly destroyTimeoutMs?: number;
  /** Unused for so long: closed, but never below min · 0 = never. */
  readonly idleTimeoutMs: number;
  /** Retired at this age, never while lent · 0 = never. Should be longer than idleTimeoutMs. */
  readonly maxLifetimeMs: number;
  /** Share of maxLifetimeMs by which an entry's life is cut at random, so that they do not all end together · 0..1. */
  readonly lifetimeJitter: number;
  /** Idle and unproved for so long: validated in the background · 0 = off. */
  readonly keepaliveMs: number;
  /** Idle and unproved for longer than this: validated before it is lent · 0 = never. */
  readonly validateAfterIdleMs: number;
  /** Lease older than this: reported once · 0 = off. */
  readonly leakThresholdMs: number;
  /** Closed after so many lends · 0 = no limit · default 0. */
  readonly maxUses?: number;
  /**
   * Creates in flight at once, hedges apart · 1 or more · default 4. Before the first success, and after a refusal, it is one: a
   * wrong password must not be four logins.
   */
  readonly connectConcurrency?: number;
  /**
   * After a create that was refused (`CreateFailure`) one more is tried in this time; meanwhile borrowers whom nothing that is open
   * can serve get CircuitOpenError · 0 = tried with backoff, as other failures · default 5000.
   */
  readonly circuitMs?: number;
  /** While somebody waits, a create that takes longer gets a second one beside it, within max · 0 = never · default 500. */
  readonly hedgeAfterMs?: number;
}

export type ResolvedPoolOptions = Required<PoolOptions>;

const DEFAULTS = {
  acquireTimeoutMs: Infinity,
  destroyTimeoutMs: 5000,
  maxUses: 0,
  connectConcurrency: 4,
  circuitMs: 5000,
  hedgeAfterMs: 500,
};
const POSITIVE = [
  'connectTimeoutMs',
  'validationTimeoutMs',
  'resetTimeoutMs',
  'destroyTimeoutMs',
  'acquireTimeoutMs',
] as const;
const NOT_NEGATIVE = [
  'idleTimeoutMs',
  'maxLifetimeMs',
  'keepaliveMs',
  'validateAfterIdleMs',
  'leakThresholdMs',
  'circuitMs',
  'hedgeAfterMs',
] as const;

/** @throws PoolOptionsError that lists every problem. */
export function resolvePoolOptions(options: PoolOptions): ResolvedPoolOptions {
  const all: ResolvedPoolOptions = {
    ...options,
    acquireTimeoutMs: options.acquireTimeoutMs ?? DEFAULTS.acquireTimeoutMs,
    destroyTimeoutMs: options.destroyTimeoutMs ?? DEFAULTS.destroyTimeoutMs,
    maxUses: options.maxUses ?? DEFAULTS.maxUses,
    connectConcurrency: options.connectConcurrency ?? DEFAULTS.connectConcurrency,
    circuitMs: options.circuitMs ?? DEFAULTS.circuitMs,
    hedgeAfterMs: options.hedgeAfterMs ?? DEFAULTS.hedgeAfterMs,
  };
  const problems = limitProblems(all.min, all.max);
  for (const key of POSITIVE) if (!(all[key] > 0)) problems.push(`${key} must be above 0, got ${all[key]}`);
  for (const key of NOT_NEGATIVE) if (!(all[key] >= 0)) problems.push(`${key} must be 0 or more, got ${all[key]}`);
  for (const key of ['maxQueue', 'maxUses'] as const)
    if (!(all[key] >= 0) || all[key] % 1 > 0) problems.push(`${key} must be a whole number from 0, got ${all[key]}`);
  if (!Number.isInteger(all.connectConcurrency) || all.connectConcurrency < 1)
    problems.push(`connectConcurrency must be a whole number from 1, got ${all.connectConcurrency}`);
  if (!(all.lifetimeJitter >= 0 && all.lifetimeJitter <= 1))
    problems.push(`lifetimeJitter must be 0..1, got ${all.lifetimeJitter}`);
  if (problems.length > 0) throw new PoolOptionsError(all.name, problems);
  return Object.freeze(all);
}

/** Problems of a pair of limits; empty when sound. Shared with `resize`. */
export function limitProblems(min: number, max: number): string[] {
  const problems: string[] = [];
  if (!Number.isInteger(max) || max < 1) problems.push(`max must be a whole number from 1, got ${max}`);
  if (!Number.isInteger(min) || min < 0) problems.push(`min must be a whole number from 0, got ${min}`);
  else if (min > max) problems.push(`min ${min} is above max ${max}`);
  return problems;
}
