// What a server's answer to "what became of it" is worth: only the same server's, of the same history, and only when it is final.
import { describe, expect, it } from '@jest/globals';
import { executorKit, type ExecutorKit } from '../../../test-support/executor-kit.js';
import type { Row } from '../../query/query-result.js';
import { databaseError } from '../../errors/database.error.js';
import { CommitSettler, type CommitOutcome } from './commit-settler.js';

const SAME = { system: '7', timeline: '00000001', epoch: 'monday' };
const EVIDENCE = { xid: '800', identity: SAME };

/** Asks a server that gives these answers, one after the other; the last one from then on. */
async function settle(
  answers: readonly (Row | Error)[],
  timeoutMs = 1_000,
): Promise<{ outcome: CommitOutcome | undefined; asked: number; kit: ExecutorKit }> {
  const kit = executorKit();
  const { context, clock } = kit;
  let asked = 0;
  const settler = new CommitSettler({
    context,
    run: async () => {
      const answer = answers[Math.min(asked++, answers.length - 1)] as Row | Error;
      if (answer instanceof Error) throw answer;
      return { rows: [answer] } as never;
    },
  });
  let outcome: CommitOutcome | undefined;
  const settling = settler.settle(EVIDENCE, context.budget({ timeoutMs })).then((found) => (outcome = found));
  for (let ms = 0; ms < timeoutMs + 10 && outcome === undefined; ms += 5) {
    clock.advance(5);
    await clock.settle();
  }
  await settling;
  expect(settler.counts).toEqual({ committed: 0, aborted: 0, unknown: 0, [outcome as CommitOutcome]: 1 });
  return { outcome, asked, kit };
}

const lost = databaseError({ code: 'DB_CONNECTION_LOST', message: 'lost' });

describe('what became of a COMMIT', () => {
  it.each(['committed', 'aborted'])('is %s when the same server says so', async (status) => {
    expect(await settle([{ ...SAME, status }])).toMatchObject({ outcome: status, asked: 1 });
  });

  it('is aborted also behind a crash, where what was committed for good keeps its id', async () => {
    expect(await settle([{ ...SAME, epoch: 'tuesday', status: 'aborted' }])).toMatchObject({ outcome: 'aborted' });
  });

  it('is asked again while the old session may still be at work, and when the question gets lost', async () => {
    const answers = [
      { ...SAME, status: 'in progress' },
      lost,
      { ...SAME, status: 'in progress' },
      { ...SAME, status: 'committed' },
    ];
    expect(await settle(answers)).toMatchObject({ outcome: 'committed', asked: 4 });
  });

  it('is unknown when the time is over, and until then asked less and less often', async () => {
    const { outcome, asked } = await settle([lost], 2_000);
    expect(outcome).toBe('unknown');
    expect(asked).toBeGreaterThan(8);
    expect(asked).toBeLessThan(20);
  });

  it.each([
    ['another server answers', { system: '8', timeline: '00000001', status: 'committed' }],
    [
      'a standby was promoted: the same id may be another transaction of its history',
      { system: '7', timeline: '00000002', status: 'aborted' },
    ],
    ['a standby answers, which may not have it yet', { system: '7', timeline: null, status: 'aborted' }],
    ['the server has crashed, and the id may be another’s', { ...SAME, epoch: 'tuesday', status: 'committed' }],
    ['the server has forgotten', { ...SAME, status: null }],
    ['the id is of the future', databaseError({ code: 'DB_QUERY', message: 'in the future', sqlState: '22023' })],
    ['the databases are closing', databaseError({ code: 'DB_CLOSING', message: 'closing' })],
    ['the databases are closed', databaseError({ code: 'DB_CLOSED', message: 'closed' })],
  ])('is unknown at once when %s', async (_, answer) => {
    expect(await settle([answer])).toMatchObject({ outcome: 'unknown', asked: 1 });
  });

  it('is not asked at all without the transaction’s id', async () => {
    const { context } = executorKit();
    const settler = new CommitSettler({ context, run: () => Promise.reject(new Error('asked')) });
    expect(await settler.settle(undefined, context.budget({ timeoutMs: 100 }))).toBe('unknown');
    expect(settler.counts.unknown).toBe(1);
  });
});
