// What an executor tells of its callers' leases and transactions. Facts; what is made of them is the observer's matter.

export interface ExecutorReports {
  /** A connection was given back inside an open transaction, which is rolled back. */
  dirtyRelease(stack?: string): void;
  /** A lease was not given back by the end of the request that acquired it, and was taken back. */
  forgottenLease(stack?: string): void;
  /** A transaction has used half of its time. */
  longTransaction(ageMs: number, limitMs: number, stack?: string): void;
  /** An HTTP request was made inside of a transaction. */
  externalIo(target: string, stack?: string): void;
}
