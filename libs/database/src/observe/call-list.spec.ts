// The list of calls against a plain array, over random entering and leaving.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CallList, type ListedCall } from './call-list.js';

function call(id: number, more: Partial<ListedCall> = {}): ListedCall {
  return {
    listed: false,
    earlier: undefined,
    later: undefined,
    state: 'sent',
    statement: { text: `select ${id}` },
    budget: { id, startedAt: 0, deadline: 100 },
    sentAt: 5,
    lane: undefined,
    profile: undefined,
    connection: undefined,
    transactionTimeoutMs: undefined,
    home: undefined,
    ...more,
  };
}

describe('CallList', () => {
  it('holds who has entered and not left, in the order of entering, whatever happens twice', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(7)), { maxLength: 60 }), (steps) => {
        const calls = Array.from({ length: 8 }, (_, id) => call(id));
        const list = new CallList();
        let model: number[] = [];
        for (const [enters, id] of steps) {
          if (enters) list.add(calls[id] as ListedCall);
          else list.remove(calls[id] as ListedCall);
          model = model.filter((each) => each !== id || enters);
          if (enters && !model.includes(id)) model.push(id);
          expect(list.inflight(0).map((each) => each.id)).toEqual(model);
        }
      }),
    );
  });

  it('says nothing of a connection that a waiting call has had before', () => {
    const connection = { info: { place: 'inline' as const, processId: 7, address: 'db:5432', serverVersion: '18' } };
    const list = new CallList();
    list.add(call(1, { connection }));
    list.add(call(2, { connection, state: 'waiting', budget: { id: 2, startedAt: 0, deadline: Infinity } }));
    const [sent, waiting] = list.inflight(30);
    expect(sent).toMatchObject({ pid: 7, place: 'inline', ageMs: 30, sentMs: 25, leftMs: 70 });
    expect(waiting).toMatchObject({ pid: undefined, place: undefined, sentMs: undefined, leftMs: undefined });
  });
});
