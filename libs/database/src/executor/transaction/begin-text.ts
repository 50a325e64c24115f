// The text of BEGIN. Its words are the caller's, so each is checked.
import { databaseError } from '../../errors/database.error.js';
import type { TransactionOptions } from '../../query/query-options.js';

const ISOLATION = new Set(['read committed', 'repeatable read', 'serializable']);

/** @throws DB_PARAMETERS for an isolation level that is none */
export function beginText({ isolation, readOnly, deferrable }: TransactionOptions): string {
  if (isolation !== undefined && !ISOLATION.has(isolation)) {
    const message = `isolation must be one of ${[...ISOLATION].join(', ')}, got ${isolation as string}`;
    throw databaseError({ code: 'DB_PARAMETERS', message });
  }
  return [
    'begin',
    isolation && `isolation level ${isolation}`,
    readOnly === undefined ? '' : readOnly ? 'read only' : 'read write',
    deferrable === undefined ? '' : deferrable ? 'deferrable' : 'not deferrable',
  ]
    .filter(Boolean)
    .join(' ');
}
