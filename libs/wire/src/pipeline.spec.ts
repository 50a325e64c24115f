// The order of the server's answers: lawful sequences reach their exchange, and each thing out of order is a WireError.
// The bytes go through the real reader; the exchanges write down what they hear.
import { describe, expect, it } from '@jest/globals';
import { says } from '../test-support/backend-bytes.js';
import { BackendReader } from './backend/backend-reader.js';
import type { ServerMessage } from './backend/backend-messages.js';
import { WireError } from './errors/wire.error.js';
import { Pipeline, type Exchange, type Step } from './pipeline.js';

class Recorder implements Exchange {
  readonly heard: string[] = [];
  columns: number | undefined;

  constructor(
    readonly steps: Step[],
    readonly rowCeiling = 0,
  ) {}

  answered = (step: Step): void => void this.heard.push(step);
  parametersDescribed = (oids: readonly number[]): void => void this.heard.push(`parameters ${oids.join()}`);
  described(fields: readonly { name: string }[] | undefined): void {
    this.columns = fields?.length;
    this.heard.push(fields ? `columns ${fields.map(({ name }) => name).join()}` : 'no columns');
  }
  row = (_bytes: Buffer, start: number, end: number): void => void this.heard.push(`row of ${end - start}`);
  rowSkipped = (length: number): void => void this.heard.push(`skipped ${length}`);
  completed = (tag: string): void => void this.heard.push(`complete ${tag}`);
  suspended = (): void => void this.heard.push('suspended');
  copyStarted = (direction: string): void => void this.heard.push(`copy ${direction}`);
  copied = (bytes: Buffer): void => void this.heard.push(`data ${bytes.toString()}`);
  failed = ({ code }: ServerMessage): void => void this.heard.push(`failed ${code}`);
  ready = (status: string): void => void this.heard.push(`ready ${status}`);
}

const PREPARE: Step[] = ['parse', 'describe-statement', 'bind', 'execute'];
const ONCE: Step[] = ['parse', 'bind', 'describe-portal', 'execute'];
const KNOWN: Step[] = ['bind', 'execute'];

class Session {
  readonly said: string[] = [];
  readonly pipeline = new Pipeline({
    notice: ({ message }) => void this.said.push(`notice ${message}`),
    notification: (channel) => void this.said.push(`notification ${channel}`),
    parameterStatus: (name) => void this.said.push(`parameter ${name}`),
    sessionError: ({ code }) => void this.said.push(`error ${code}`),
  });
  readonly #reader = new BackendReader(this.pipeline);

  push(steps: Step[], rowCeiling = 0): Recorder {
    const exchange = new Recorder([...steps], rowCeiling);
    this.pipeline.push(exchange);
    return exchange;
  }

  /** The server says all of it at once. */
  answer(...messages: Buffer[]): void {
    this.#reader.push(Buffer.concat(messages));
  }
}

const described = [says.parseComplete, says.parameters([23]), says.columns('a'), says.bindComplete];
const portal = [says.parseComplete, says.bindComplete, says.columns('a')];
const fatal = says.error('57P01', 'bye', { S: 'FATAL', V: 'FATAL' });

describe('a lawful answer', () => {
  it('to a statement that is prepared and run is heard step by step', () => {
    const session = new Session();
    const exchange = session.push(PREPARE);
    session.answer(...described, says.row('1'), says.complete('SELECT 1'), says.ready());
    expect(exchange.heard).toEqual([
      'parse',
      'parameters 23',
      'columns a',
      'describe-statement',
      'bind',
      'row of 12',
      'complete SELECT 1',
      'execute',
      'ready I',
    ]);
    expect(session.pipeline.size).toBe(0);
  });

  it('may have no columns, or no statement', () => {
    const session = new Session();
    const write = session.push(ONCE);
    const empty = session.push(PREPARE);
    session.answer(says.parseComplete, says.bindComplete, says.noData, says.complete('DELETE 0'), says.ready());
    session.answer(
      says.parseComplete,
      says.parameters([]),
      says.noData,
      says.bindComplete,
      says.emptyQuery,
      says.ready(),
    );
    expect(write.heard.slice(2)).toEqual(['no columns', 'describe-portal', 'complete DELETE 0', 'execute', 'ready I']);
    expect(empty.heard.slice(-3)).toEqual(['complete ', 'execute', 'ready I']);
  });

  it('to a known statement needs no description of its columns', () => {
    const session = new Session();
    const exchange = session.push(KNOWN);
    exchange.columns = 1;
    session.answer(says.bindComplete, says.row(null), says.complete('SELECT 1'), says.ready('T'));
    expect(exchange.heard).toEqual(['bind', 'row of 11', 'complete SELECT 1', 'execute', 'ready T']);
  });

  it('to many exchanges reaches each its own, an error in one skips its own rest alone', () => {
    const session = new Session();
    const all = Array.from({ length: 3000 }, () => session.push(ONCE));
    expect(session.pipeline.size).toBe(3000);
    all.forEach((_, n) => {
      if (n % 3 === 0) session.answer(says.parseComplete, says.error('22012'), says.ready());
      else session.answer(...portal, says.row('1'), says.complete('SELECT 1'), says.ready());
      expect(session.pipeline.size).toBe(2999 - n);
      expect(session.pipeline.current).toBe(all[n + 1]);
    });
    expect(all[3]?.heard).toEqual(['parse', 'failed 22012', 'ready I']);
    expect(all[2999]?.heard).toEqual(all[1]?.heard);
    expect(session.pipeline.waiting).toEqual([]);
  });

  it('to a batch goes on from part to part', () => {
    const session = new Session();
    const exchange = session.push([...ONCE, ...ONCE]);
    session.answer(
      ...portal,
      says.complete('SELECT 0'),
      ...portal,
      says.row('2'),
      says.complete('SELECT 1'),
      says.ready(),
    );
    expect(exchange.heard.filter((each) => each.startsWith('complete'))).toEqual([
      'complete SELECT 0',
      'complete SELECT 1',
    ]);
  });

  it('may end with an error behind the last step: COMMIT itself failed', () => {
    const session = new Session();
    const exchange = session.push(ONCE);
    session.answer(says.parseComplete, says.bindComplete, says.noData, says.complete('INSERT 0 1'));
    session.answer(says.error('23505'), says.ready());
    expect(exchange.heard.slice(-3)).toEqual(['execute', 'failed 23505', 'ready I']);
  });

  it('of a cursor goes on with each execute that is asked for', () => {
    const session = new Session();
    const exchange = session.push(ONCE);
    session.answer(...portal, says.row('1'), says.portalSuspended);
    exchange.steps.push('execute');
    session.answer(says.row('2'), says.portalSuspended);
    exchange.steps.push('execute');
    session.answer(says.complete('SELECT 2'), says.ready());
    expect(exchange.heard.slice(4)).toEqual([
      'row of 12',
      'execute',
      'suspended',
      'row of 12',
      'execute',
      'suspended',
      'complete SELECT 2',
      'execute',
      'ready I',
    ]);
  });

  it('may be COPY, either way', () => {
    const session = new Session();
    const [into, out, broken] = [session.push(ONCE), session.push(ONCE), session.push(ONCE)];
    const start = [says.parseComplete, says.bindComplete, says.noData];
    session.answer(...start, says.copyIn(0), says.complete('COPY 3'), says.ready());
    session.answer(...start, says.copyOut(0), says.copyData('x'), says.copyData('y'), says.copyDone);
    session.answer(says.complete('COPY 2'), says.ready());
    session.answer(...start, says.copyOut(0), says.copyData('x'), says.error('57014'), says.ready());
    expect(into.heard.slice(4)).toEqual(['copy in', 'complete COPY 3', 'execute', 'ready I']);
    expect(out.heard.slice(4)).toEqual(['copy out', 'data x', 'data y', 'complete COPY 2', 'execute', 'ready I']);
    expect(broken.heard.slice(4)).toEqual(['copy out', 'data x', 'failed 57014', 'ready I']);
  });

  it('has rows above the ceiling told by their length', () => {
    const session = new Session();
    const exchange = session.push(ONCE, 20);
    session.answer(...portal, says.row('x'.repeat(50)), says.row('y'), says.complete('SELECT 2'), says.ready());
    expect(exchange.heard.slice(4, 6)).toEqual(['skipped 60', 'row of 12']);
  });

  it('to nothing but Sync is ReadyForQuery', () => {
    const session = new Session();
    const ping = session.push([]);
    session.answer(says.ready('E'));
    expect(ping.heard).toEqual(['ready E']);
  });
});

it('nobody waits any more once they were given up', () => {
  const session = new Session();
  const [first, second, third] = [session.push([]), session.push(KNOWN), session.push(KNOWN)];
  session.answer(says.ready());
  expect(session.pipeline.abandon()).toEqual([second, third]);
  expect(session.pipeline).toMatchObject({ size: 0, current: undefined, waiting: [] });
  expect(first.heard).toEqual(['ready I']);
});

describe('what belongs to no exchange', () => {
  it('is heard by the session, at any time', () => {
    const session = new Session();
    const exchange = session.push(ONCE);
    const asides = [says.notice('n'), says.notification('c'), says.parameterStatus('TimeZone', 'UTC')];
    session.answer(...asides, ...portal.flatMap((each) => [each, ...asides]), says.row('1'), ...asides);
    session.answer(says.complete('SELECT 1'), ...asides, says.ready(), ...asides);
    expect(exchange.heard.at(-1)).toBe('ready I');
    expect(session.said).toHaveLength(21);
    expect(session.said.slice(0, 3)).toEqual(['notice n', 'notification c', 'parameter TimeZone']);
  });

  it('is an error while nothing was asked: the session is about to end', () => {
    const session = new Session();
    session.answer(fatal);
    expect(session.said).toEqual(['error 57P01']);
  });

  it('is a FATAL error behind an error of a statement: the session was ended before its Sync came', () => {
    const session = new Session();
    const exchange = session.push(ONCE);
    session.answer(says.parseComplete, says.error('22012'), fatal);
    expect(exchange.heard).toEqual(['parse', 'failed 22012']);
    expect(session.said).toEqual(['error 57P01']);
  });
});

describe('out of order', () => {
  const start = [says.parseComplete, says.bindComplete, says.noData];
  it.each<[string, Step[], Buffer[]]>([
    ['ReadyForQuery when nothing was asked', [], [says.ready(), says.ready()]],
    ['ReadyForQuery before anything', ONCE, [says.ready()]],
    ['ReadyForQuery before CommandComplete', ONCE, [...portal, says.row('1'), says.ready()]],
    ['a second error', ONCE, [says.error('22012'), says.error('22012')]],
    ['a row behind an error', ONCE, [...portal, says.error('22012'), says.row('1')]],
    ['CommandComplete behind an error', ONCE, [...portal, says.error('22012'), says.complete('SELECT 0')]],
    ['a row of a statement without columns', ONCE, [...start, says.row('1')]],
    ['a row before BindComplete', PREPARE, [...described.slice(0, 3), says.row('1')]],
    ['a row of a known statement that has none', KNOWN, [says.bindComplete, says.row('1')]],
    ['a row behind CommandComplete', ONCE, [...portal, says.complete('SELECT 0'), says.row('1')]],
    ['a row while nothing was asked', [], [says.ready(), says.row('1')]],
    ['a row of more cells than columns', ONCE, [...portal, says.row('1', '2')]],
    ['a row of fewer cells than columns', ONCE, [...portal, says.row()]],
    ['a row above the ceiling before its time', KNOWN, [says.row('x'.repeat(200))]],
    ['a row above the ceiling of a statement without columns', ONCE, [...start, says.row('x'.repeat(200))]],
    ['a row above the ceiling in the middle of COPY', ONCE, [...portal, says.copyOut(), says.row('x'.repeat(200))]],
    ['CommandComplete before BindComplete', ONCE, [says.parseComplete, says.complete('SELECT 0')]],
    ['CommandComplete twice', ONCE, [...portal, says.complete('SELECT 0'), says.complete('SELECT 0')]],
    ['CommandComplete while nothing was asked', [], [says.ready(), says.complete('SELECT 0')]],
    ['CommandComplete before CopyDone', ONCE, [...start, says.copyOut(), says.complete('COPY 0')]],
    ['EmptyQueryResponse before BindComplete', ONCE, [says.parseComplete, says.emptyQuery]],
    ['ParseComplete unasked', KNOWN, [says.parseComplete]],
    ['ParseComplete twice', ONCE, [says.parseComplete, says.parseComplete]],
    ['BindComplete before ParseComplete', ONCE, [says.bindComplete]],
    ['CloseComplete unasked', ONCE, [says.closeComplete]],
    ['PortalSuspended before BindComplete', ONCE, [says.parseComplete, says.portalSuspended]],
    ['PortalSuspended twice', ONCE, [...portal, says.portalSuspended, says.portalSuspended]],
    ['RowDescription unasked', KNOWN, [says.columns('a')]],
    ['RowDescription twice', ONCE, [...portal, says.columns('a')]],
    ['RowDescription behind an error', ONCE, [...portal.slice(0, 2), says.error('XX000'), says.columns('a')]],
    ['RowDescription before ParameterDescription', PREPARE, [says.parseComplete, says.columns('a')]],
    ['NoData before ParameterDescription', PREPARE, [says.parseComplete, says.noData]],
    ['NoData unasked', KNOWN, [says.noData]],
    ['NoData behind RowDescription', ONCE, [...portal, says.noData]],
    ['ParameterDescription unasked', ONCE, [says.parseComplete, says.parameters([])]],
    ['ParameterDescription twice', PREPARE, [says.parseComplete, says.parameters([]), says.parameters([])]],
    ['CopyInResponse before BindComplete', ONCE, [says.parseComplete, says.copyIn()]],
    ['CopyOutResponse twice', ONCE, [...start, says.copyOut(), says.copyOut()]],
    ['CopyInResponse in the middle of COPY', ONCE, [...start, says.copyOut(), says.copyIn()]],
    ['CopyData unasked', ONCE, [...start, says.copyData('x')]],
    ['CopyData while the client copies', ONCE, [...start, says.copyIn(), says.copyData('x')]],
    ['CopyData behind an error', ONCE, [...start, says.copyOut(), says.error('57014'), says.copyData('x')]],
    ['CopyData behind CopyDone', ONCE, [...start, says.copyOut(), says.copyDone, says.copyData('x')]],
    ['CopyData while nothing was asked', [], [says.ready(), says.copyData('x')]],
    ['CopyDone unasked', ONCE, [...start, says.copyDone]],
    ['CopyDone while the client copies', ONCE, [...start, says.copyIn(), says.copyDone]],
    ['PortalSuspended in the middle of COPY', ONCE, [...start, says.copyOut(), says.portalSuspended]],
    ['a row in the middle of COPY', ONCE, [...portal, says.copyOut(), says.row('1')]],
  ])('%s is a WireError', (_, steps, messages) => {
    const session = new Session();
    session.push(steps, 100);
    session.answer(...messages.slice(0, -1));
    expect(() => session.answer(messages.at(-1) as Buffer)).toThrow(WireError);
  });

  it('is told by what was expected', () => {
    const session = new Session();
    session.push(ONCE);
    expect(() => session.answer(says.ready())).toThrow('the server sent ReadyForQuery, expected was parse');
  });
});
