// One step of a feature's schema, and how a feature names its steps. Types only.
import type { Transaction } from '@hydrogen/database';

export interface Migration {
  /** 1, 2, 3 … in the order they are applied. A step that was released is never changed; a new one is added. */
  readonly version: number;
  /** For the table `schema_version`. */
  readonly name: string;
  /** Makes the step inside the one transaction of the whole schema: it is there completely or not at all. */
  readonly apply: (tx: Transaction) => Promise<void>;
}

/** Statements one by one: the extended protocol takes one per query. */
export function statements(...texts: readonly string[]): Migration['apply'] {
  return async (tx) => {
    for (const text of texts) await tx.query(text);
  };
}
