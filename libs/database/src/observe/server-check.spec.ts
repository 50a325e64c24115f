// What is made of a server's answers, and what becomes of a question that is not answered.
import { describe, expect, it } from '@jest/globals';
import { databaseError } from '../errors/database.error.js';
import { FakeConnection, type FakeExecution } from '../../test-support/fake-connection.js';
import { checkServer, judge } from './server-check.js';

const NOW = 1_790_000_000_000;
const good = {
  version: '180004',
  recovery: 'false',
  role: 'app',
  superuser: 'off',
  database: 'app',
  schema: 'public',
  path: '"$user", public',
  epoch: String(NOW / 1000),
};
const judged = (more: Partial<Record<keyof typeof good, string | null>>) => judge({ ...good, ...more }, NOW, NOW);

describe('judge', () => {
  it('says go, and what was found, when all is as expected', () => {
    expect(judged({})).toEqual({
      verdict: 'go',
      remarks: [],
      role: 'app',
      superuser: false,
      database: 'app',
      schema: 'public',
      searchPath: '"$user", public',
      inRecovery: false,
      clockSkewMs: 0,
    });
  });

  it.each([
    [{ version: '120022' }, 'no-go', /older than PostgreSQL 13/],
    [{ recovery: 'true' }, 'warn', /a standby: writes will fail/],
    [{ schema: null, path: 'app' }, 'warn', /search_path \(app\) names no schema/],
    [{ epoch: String(NOW / 1000 + 7.5) }, 'warn', /clock is 7\.5 s ahead/],
    [{ epoch: String(NOW / 1000 - 7.5) }, 'warn', /clock is 7\.5 s behind/],
  ] as const)('of %j says %s', (more, verdict, remark) => {
    const report = judged(more);
    expect(report.verdict).toBe(verdict);
    expect(report.remarks).toEqual([expect.stringMatching(remark)]);
  });

  it('says all that is wrong, and the worst of it', () => {
    expect(judged({ version: '90624', recovery: 'true' })).toMatchObject({
      verdict: 'no-go',
      remarks: [expect.stringContaining('13'), expect.stringContaining('standby')],
    });
  });

  it('does not take a slow answer for a wrong clock', () => {
    const { verdict, clockSkewMs } = judge({ ...good, epoch: String(NOW / 1000) }, NOW, NOW + 12_000);
    expect([verdict, clockSkewMs]).toEqual(['go', -6_000]);
  });
});

describe('checkServer', () => {
  const asked = (onExecute: (execution: FakeExecution) => void): FakeConnection =>
    new FakeConnection(1, 'inline', onExecute);
  const step = (signal = new AbortController().signal) => ({ budgetMs: 1_000, signal });

  it('reports a server that will not say, for it may work all the same', async () => {
    const refused = databaseError({ code: 'DB_SYNTAX', message: 'no such function', sqlState: '42883' });
    const connection = asked(({ sink }) => queueMicrotask(() => sink.fail(refused)));
    expect(await checkServer(connection, step())).toEqual({
      verdict: 'unknown',
      remarks: ['the server would not say: no such function'],
    });
  });

  it('fails with the connection', async () => {
    const lost = databaseError({ code: 'DB_CONNECTION_LOST', message: 'gone' });
    const connection = asked(({ sink }) => queueMicrotask(() => sink.fail(lost)));
    await expect(checkServer(connection, step())).rejects.toBe(lost);
  });

  it('waits no longer than the connect may take', async () => {
    const late = new AbortController();
    const checking = checkServer(
      asked(() => {}),
      step(late.signal),
    );
    const reason = new Error('late');
    late.abort(reason);
    await expect(checking).rejects.toBe(reason);
    await expect(
      checkServer(
        asked(() => {}),
        step(AbortSignal.abort(reason)),
      ),
    ).rejects.toBe(reason);
  });
});
