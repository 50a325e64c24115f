// Brings a database's schema and first data up to date, once, however many instances of the service start at the same time.
// Everything is one transaction under an advisory lock: a start that is killed leaves nothing half done.
import type { Database, Transaction } from '@hydrogen/database';
import type { Migration } from './migration.js';

/** One number for this purpose in each database; instances that start together wait for each other on it. */
const LOCK = 7_236_402;
/** Longest wait for another instance that is seeding, and longest seeding, milliseconds. */
const BUDGET_MS = 120_000;

/** Resolves with the names of the steps that were applied; empty when all were there. Throws DatabaseError. */
export function applySchema(db: Database, migrations: readonly Migration[]): Promise<string[]> {
  return db.transaction(
    async (tx) => {
      await waitForTurn(tx);
      await tx.query(`CREATE TABLE IF NOT EXISTS schema_version (
        version integer PRIMARY KEY,
        name text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
      )`);
      const done = new Set(
        (await tx.many<{ version: number }>('SELECT version FROM schema_version')).map((row) => row.version),
      );
      const missing = migrations.filter(({ version }) => !done.has(version));
      for (const { version, name, apply } of missing) {
        await apply(tx);
        await tx.query('INSERT INTO schema_version (version, name) VALUES ($1, $2)', [version, name]);
      }
      return missing.map(({ name }) => name);
    },
    { timeoutMs: BUDGET_MS },
  );
}

/** The configured limits of a lock and a statement are for requests; a first start may wait longer, in this transaction only. */
async function waitForTurn(tx: Transaction): Promise<void> {
  const limits = `set_config('lock_timeout', $1, true), set_config('statement_timeout', $1, true)`;
  await tx.query(`SELECT ${limits}`, [`${BUDGET_MS}ms`]);
  await tx.query('SELECT pg_advisory_xact_lock($1)', [LOCK], { timeoutMs: BUDGET_MS });
}
