// An executor on fake connections and a manual clock: every connection the pool opens is at the test's hand.
import { createPool, ManualClock, type PoolObserver, type PoolOptions } from '@hydrogen/pool';
import type { Connection } from '../src/connection/connection.js';
import type { ConnectRequest, Connector } from '../src/connection/connector.js';
import { CallContext, type ExecutorLimits } from '../src/executor/call-context.js';
import { ConnectionManager } from '../src/executor/connection-manager.js';
import { DatabaseExecutor, type ExecutorOptions } from '../src/executor/database-executor.js';
import { DecodeScheduler } from '../src/executor/decode-scheduler.js';
import { FakeConnection, lost, type FakeExecution } from './fake-connection.js';

const LIMITS: ExecutorLimits = {
  acquireTimeoutMs: 1_000,
  statementTimeoutMs: 10_000,
  transactionTimeoutMs: 60_000,
  cancelTimeoutMs: 100,
  maxRows: 0,
  maxBytes: 0,
};

export interface KitOptions {
  readonly max?: number;
  readonly limits?: Partial<ExecutorLimits>;
  readonly pool?: Partial<PoolOptions>;
  readonly observer?: Partial<PoolObserver>;
  readonly executor?: Partial<ExecutorOptions>;
  /** Places that connections may have; default only `inline`. */
  readonly places?: readonly Connector['place'][];
  /** Called with each statement: the place to answer by itself. */
  readonly onExecute?: (execution: FakeExecution, connection: FakeConnection) => void;
  readonly onConnect?: (connection: FakeConnection) => void;
  readonly clock?: ManualClock;
}

export interface ExecutorKit {
  readonly executor: DatabaseExecutor;
  readonly context: CallContext;
  readonly clock: ManualClock;
  /** Every connection that was opened, in order. */
  readonly connections: FakeConnection[];
  readonly warnings: string[];
  /** Connections whose server was found to have become read-only. */
  readonly demoted: Connection[];
  /** Texts of all statements sent, with their connection's number from 1. */
  sent(): string[];
  /** The connection of that index (from 0) says that it is lost. */
  lose(index: number): void;
  /** Answers of the server that were told to health. */
  answers(): number;
}

const REQUEST = {} as ConnectRequest;

export function executorKit(options: KitOptions = {}): ExecutorKit {
  const { max = 2, places = ['inline'], clock = new ManualClock() } = options;
  const connections: FakeConnection[] = [];
  const losses: (() => void)[] = [];
  const log: string[] = [];
  const warnings: string[] = [];
  const demoted: Connection[] = [];
  const connectors = places.map((place): Connector => {
    return {
      place,
      get load() {
        return connections.filter(({ info, asked }) => info.place === place && !asked.some((a) => a.what === 'close'))
          .length;
      },
      connect: async (_request, _context, events): Promise<Connection> => {
        const number = connections.length + 1;
        const connection: FakeConnection = new FakeConnection(number, place, (execution) => {
          log.push(
            `${number}: ${[...(execution.options.prelude ?? []), execution.statement].map(({ text }) => text).join('; ')}`,
          );
          options.onExecute?.(execution, connection);
        });
        options.onConnect?.(connection);
        connections.push(connection);
        losses.push(() => events.lost(lost()));
        return connection;
      },
    };
  });
  let answers = 0;
  const context = new CallContext({
    database: 'Main',
    target: 'db:5432',
    clock,
    limits: { ...LIMITS, ...options.limits },
    onAnswer: () => void answers++,
    onDemoted: (connection) => void demoted.push(connection),
    decoder: new DecodeScheduler(clock),
  });
  const manager = new ConnectionManager({
    clock,
    connectors,
    request: async () => REQUEST,
    resetMode: 'smart',
    roundTrip: context.roundTrip,
    placement: options.executor?.placement,
  });
  const pool = createPool<Connection>(
    manager,
    {
      name: 'Main',
      min: 0,
      max,
      maxQueue: 1_000,
      connectTimeoutMs: 1_000,
      validationTimeoutMs: 1_000,
      resetTimeoutMs: 1_000,
      idleTimeoutMs: 0,
      maxLifetimeMs: 0,
      lifetimeJitter: 0,
      keepaliveMs: 0,
      validateAfterIdleMs: 0,
      leakThresholdMs: 0,
      ...options.pool,
    },
    { clock, random: () => 0.5, observer: options.observer, answers: () => context.answers },
  );
  const executor = new DatabaseExecutor(pool, context, {
    warn: (message) => warnings.push(message),
    ...options.executor,
  });
  return {
    executor,
    context,
    clock,
    connections,
    warnings,
    demoted,
    sent: () => [...log],
    answers: () => answers,
    lose: (index) => losses[index]?.(),
  };
}
