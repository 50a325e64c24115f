// The base of everything the pool throws. Match on `code`: classes do not survive two copies of a package.

export type PoolErrorCode =
  | 'acquire-timeout'
  | 'queue-full'
  | 'circuit-open'
  | 'closing'
  | 'closed'
  | 'lease-ended'
  | 'aborted'
  | 'step-timeout'
  | 'options'
  | 'illegal-transition';

export abstract class PoolError extends Error {
  abstract readonly code: PoolErrorCode;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}
