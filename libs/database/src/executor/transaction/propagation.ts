// What `transaction()` does with the transaction that is running already: Spring's seven words, as a table.
import { databaseError } from '../../errors/database.error.js';
import type { Propagation } from '../../query/query-options.js';

/** join: as a part of it. nest: in a savepoint. begin: a new one, on another connection if one runs. without: outside of any. */
export type Way = 'join' | 'nest' | 'begin' | 'without' | 'refuse';

const TABLE: Readonly<Record<Propagation, { readonly running: Way; readonly none: Way }>> = {
  REQUIRED: { running: 'join', none: 'begin' },
  REQUIRES_NEW: { running: 'begin', none: 'begin' },
  NESTED: { running: 'nest', none: 'begin' },
  SUPPORTS: { running: 'join', none: 'without' },
  MANDATORY: { running: 'join', none: 'refuse' },
  NEVER: { running: 'refuse', none: 'without' },
  NOT_SUPPORTED: { running: 'without', none: 'without' },
};

/** @throws DB_PARAMETERS for a word that is none; DB_TX_PROPAGATION where the word forbids what is */
export function wayOf(propagation: Propagation, running: boolean): Exclude<Way, 'refuse'> {
  const row = Object.hasOwn(TABLE, propagation) ? TABLE[propagation] : undefined;
  if (row === undefined) {
    const message = `propagation must be one of ${Object.keys(TABLE).join(', ')}, got ${propagation as string}`;
    throw databaseError({ code: 'DB_PARAMETERS', message });
  }
  const way = running ? row.running : row.none;
  if (way !== 'refuse') return way;
  const why = running ? 'must not run inside of a transaction' : 'must run inside of a transaction, and there is none';
  throw databaseError({ code: 'DB_TX_PROPAGATION', message: `propagation ${propagation}: this ${why}` });
}
