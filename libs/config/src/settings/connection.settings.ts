// One database under `Databases.Connections`, checked and frozen. The property is the default, the decorator the bounds.
// A key is added here, in docs/configuration.md and nowhere else; the loader, the report and the messages follow.
import { CircuitSettings } from './circuit.settings.js';
import { HostSettings, TARGET_SESSIONS, type TargetSession } from './host.settings.js';
import {
  Block,
  Choice,
  Decimal,
  Flag,
  Integer,
  List,
  MAX_MS,
  OptionalText,
  Password,
  RequiredText,
} from './key-decorators.js';
import { LanesSettings } from './lanes.settings.js';
import type { PasswordSource } from './password-source.js';
import { ResultsSettings } from './results.settings.js';
import { TlsSettings } from './tls.settings.js';
import { TransactionsSettings } from './transactions.settings.js';

export type ResetMode = 'none' | 'smart' | 'discard-all';
export type TypeMode = 'pg' | 'lossless';

export class ConnectionSettings {
  /** false: stays listed, is never connected, and its missing variables are no errors. Default true. */
  @Flag()
  readonly Enabled: boolean = true;

  /** Kind of server (second spelling: Engine). `postgresql` is another word for it. Default `postgres`. */
  @Choice(['postgres'], { alias: 'Engine', synonyms: { postgresql: 'postgres' } })
  readonly Type: 'postgres' = 'postgres' as const;

  /** Name, address, or folder of a unix socket (begins with `/`). Required. */
  @RequiredText()
  readonly Host: string = '';

  /** TCP port. Default 5432; 1 to 65535. */
  @Integer(1, 65_535)
  readonly Port: number = 5432;

  /**
   * Several servers of one database in the place of Host: a list of `{ Host, Port, Weight }`, or a text such as
   * `a:5432, b:5433`. In order, or by weight where one has a weight. Default: none, there is Host.
   */
  @List(HostSettings)
  readonly Hosts?: readonly HostSettings[];

  /**
   * What a session must be to be taken: libpq's target_session_attrs. Default `any`; with several Hosts `read-write`.
   */
  @Choice(TARGET_SESSIONS)
  readonly TargetSession: TargetSession = 'any';

  /**
   * While connections are open their host's name is looked up so often, milliseconds; those at addresses that are no longer
   * listed are given up. 0 = off. Default 10000; 0 to 2147483647.
   */
  @Integer(0, MAX_MS)
  readonly DnsRecheckMs: number = 10_000;

  /** Name of the database on the server. Required. */
  @RequiredText()
  readonly Database: string = '';

  /** Role to log in as (second spelling: User). Required. */
  @RequiredText({ alias: 'User' })
  readonly Username: string = '';

  /** Its password (second spelling: Pass): text, function or file. Default: none is sent. */
  @Password({ alias: 'Pass' })
  readonly Password?: PasswordSource;

  /** Most sessions on the server, whatever `Workers` is. Default 10; 1 to 10000. */
  @Integer(1, 10_000)
  readonly MaxConnections: number = 10;

  /** Sessions kept open without work. Default 0; 0 to MaxConnections. */
  @Integer(0, 10_000)
  readonly MinConnections: number = 0;

  /** Calls that may wait for a connection; the next one is refused. Default 20 x MaxConnections; 0 to 1000000. */
  @Integer(0, 1_000_000)
  readonly MaxQueue: number = 200;

  /** Budget of one attempt to connect, milliseconds. Default 5000; 1 to 120000. */
  @Integer(1, 120_000)
  readonly ConnectTimeoutMs: number = 5000;

  /** Longest wait for a connection, milliseconds. Default 5000; 1 to 120000. Keep it under the caller's own limit. */
  @Integer(1, 120_000)
  readonly AcquireTimeoutMs: number = 5000;

  /** Longest run of one statement, milliseconds. 0 = off. Default 30000; 0 to 2147483647. */
  @Integer(0, MAX_MS)
  readonly StatementTimeoutMs: number = 30_000;

  /** Longest wait for a lock, milliseconds. 0 = off. Default 10000; 0 to 2147483647. Shorter than StatementTimeoutMs. */
  @Integer(0, MAX_MS)
  readonly LockTimeoutMs: number = 10_000;

  /** Longest silence inside a transaction, milliseconds. 0 = off. Default 30000; 0 to 2147483647. */
  @Integer(0, MAX_MS)
  readonly IdleInTransactionTimeoutMs: number = 30_000;

  /** Longest transaction, milliseconds. 0 = off. Default 60000; 0 to 2147483647. */
  @Integer(0, MAX_MS)
  readonly TransactionTimeoutMs: number = 60_000;

  /**
   * How long a cancel may take before the connection is destroyed, milliseconds; 250 while the server answers nobody. 0 = do not
   * wait. Default 1000; 0 to 60000.
   */
  @Integer(0, 60_000)
  readonly CancelTimeoutMs: number = 1000;

  /** An idle connection above MinConnections is closed after it, milliseconds. 0 = never. Default 60000; 0 to 2147483647. */
  @Integer(0, MAX_MS)
  readonly IdleTimeoutMs: number = 60_000;

  /** Age at which a connection is replaced, milliseconds. 0 = never. Default 1800000; 0 to 2147483647. */
  @Integer(0, MAX_MS)
  readonly MaxLifetimeMs: number = 1_800_000;

  /** Share of MaxLifetimeMs by which lifetimes differ, so that they do not end together. Default 0.2; 0 to 1. */
  @Decimal(0, 1)
  readonly LifetimeJitter: number = 0.2;

  /** An idle connection is asked for a sign of life so often, milliseconds. 0 = off. Default 120000; 0 to 2147483647. */
  @Integer(0, MAX_MS)
  readonly KeepaliveMs: number = 120_000;

  /** A connection idle for longer is checked before it is lent, milliseconds. 0 = never. Default 1000; 0 to 2147483647. */
  @Integer(0, MAX_MS)
  readonly ValidateAfterIdleMs: number = 1000;

  /** Budget of that check, milliseconds. Default 1000; 1 to 120000. */
  @Integer(1, 120_000)
  readonly ValidationTimeoutMs: number = 1000;

  /** A lease held for longer is reported with the borrower's stack, milliseconds. 0 = off. Default 30000; 0 to 2147483647. */
  @Integer(0, MAX_MS)
  readonly LeakThresholdMs: number = 30_000;

  /** How often a server that refuses the login is asked again. */
  @Block(CircuitSettings)
  readonly Circuit: CircuitSettings = new CircuitSettings();

  /** What is reset between borrowers: nothing, what was touched, or everything. Default `smart`. */
  @Choice(['none', 'smart', 'discard-all'])
  readonly ResetOnRelease: ResetMode = 'smart';

  /** Name shown in pg_stat_activity. Default `hydrogen`. The server cuts it at 63 bytes. */
  @OptionalText()
  readonly ApplicationName: string = 'hydrogen';

  /** Encryption and trust. */
  @Block(TlsSettings)
  readonly Tls: TlsSettings = new TlsSettings();

  /**
   * Connections that plain reads share, at most; 0 = none, every statement has one of its own.
   * Default MaxConnections - 1, at least 1 and at most 4; 0 to 64.
   */
  @Integer(0, 64)
  readonly Pipelines: number = 4;

  /** Autocommit INSERT, UPDATE, DELETE and MERGE share a connection too, one of their own. Needs two. Default false. */
  @Flag()
  readonly PipelineWrites: boolean = false;

  /** How classes of work share the connections. */
  @Block(LanesSettings)
  readonly Lanes: LanesSettings = new LanesSettings();

  /** Prepared statements kept on each connection. 0 = none. Default 100; 0 to 10000. */
  @Integer(0, 10_000)
  readonly PreparedCacheSize: number = 100;

  /**
   * What values become. `pg`: as in node-postgres. `lossless`: int8 is a bigint, and what no JavaScript value holds
   * exactly is a text. Default `pg`.
   */
  @Choice(['pg', 'lossless'])
  readonly Types: TypeMode = 'pg';

  /** What applies to transactions whose call does not say otherwise. */
  @Block(TransactionsSettings)
  readonly Transactions: TransactionsSettings = new TransactionsSettings();

  /** Ceilings of buffered results. */
  @Block(ResultsSettings)
  readonly Results: ResultsSettings = new ResultsSettings();
}
