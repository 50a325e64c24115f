// What a scenario works with: a fresh database, drivers on it, proxies before it, the server's processes.
// It opens all of them and ends all of them, whatever the scenario left; a scenario keeps nothing of its own.
import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDatabase, dropDatabase, superuserQuery, type ServerAddress, type StopMode } from '@hydrogen/embedded';
import type { DriverName, DriverOptions, FaultDriver } from '../drivers/driver.js';
import { openDriver } from '../drivers/open-driver.js';
import { FaultProxy, type ProxyTarget } from '../proxy/fault-proxy.js';
import { Tally } from './tally.js';

/** The server under a scenario, with the two things that only its owner can do. */
export interface LabServer extends ServerAddress {
  readonly dataFolder: string;
  pid(): Promise<number>;
  stop(mode: StopMode): Promise<void>;
  start(): Promise<void>;
}

export interface LabOptions {
  readonly server: LabServer;
  readonly driver: DriverName;
  readonly workers: number;
  readonly timeouts?: boolean;
  /** The long form: as many and as long as rivals.md had it. Short: what CI can bear. */
  readonly long: boolean;
}

const PROBE_MS = 25;
/** A driver may take so long to end before it is left behind. */
const END_MS = 3_000;

export type OpenOptions = Partial<Pick<DriverOptions, 'max' | 'connection' | 'listener' | 'shutdownMs'>> & {
  readonly via?: ProxyTarget;
};

export class Lab {
  readonly tally = new Tally();
  readonly server: LabServer;
  readonly driver: DriverName;
  readonly long: boolean;
  readonly timeouts: boolean;
  readonly #workers: number;
  readonly #name: string;
  readonly #password: string;
  readonly #drivers: FaultDriver[] = [];
  readonly #proxies: FaultProxy[] = [];
  readonly #stopped = new Set<number>();

  private constructor(options: LabOptions, name: string, password: string) {
    this.server = options.server;
    this.driver = options.driver;
    this.long = options.long;
    this.timeouts = options.timeouts ?? false;
    this.#workers = options.workers;
    this.#name = name;
    this.#password = password;
  }

  static async open(options: LabOptions): Promise<Lab> {
    const name = `fault_${randomBytes(6).toString('hex')}`;
    const password = randomBytes(12).toString('base64url');
    await createDatabase(options.server, { name, user: name, password });
    return new Lab(options, name, password);
  }

  get database(): string {
    return this.#name;
  }

  get ours(): boolean {
    return this.driver === 'hydrogen';
  }

  async open({ via, max = 10, ...options }: OpenOptions = {}): Promise<FaultDriver> {
    const { host, port } = via ?? this.server;
    const driver = await openDriver(this.driver, {
      host,
      port,
      database: this.#name,
      user: this.#name,
      password: this.#password,
      max,
      workers: this.#workers,
      timeouts: this.timeouts,
      ...options,
    });
    this.#drivers.push(driver);
    return driver;
  }

  async proxy(): Promise<FaultProxy> {
    const proxy = await FaultProxy.start(this.server);
    this.#proxies.push(proxy);
    return proxy;
  }

  /** As superuser, on a connection of its own; in the scenario's database. */
  admin(sql: string): Promise<Record<string, unknown>[]> {
    return superuserQuery(this.server, sql, this.#name);
  }

  /** Process ids of the scenario's sessions at the server. `where` is SQL over pg_stat_activity. */
  async backends(where = 'true'): Promise<number[]> {
    const rows = await superuserQuery(
      this.server,
      `select pid from pg_stat_activity where usename = '${this.#name}' and (${where}) order by pid`,
    );
    return rows.map(({ pid }) => pid as number);
  }

  /** Ends sessions in order, as an administrator does. */
  async terminate(where = 'true'): Promise<number> {
    const sql = `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${this.#name}' and (${where})`;
    return (await superuserQuery(this.server, sql)).length;
  }

  /** Ends one of them, whichever. @returns how many that were */
  async terminateOne(): Promise<number> {
    const of = `select pid from pg_stat_activity where usename = '${this.#name}' order by random() limit 1`;
    return (await superuserQuery(this.server, `select pg_terminate_backend(pid) from (${of}) as victim`)).length;
  }

  /** Signals one of the server's processes; a stopped one is continued at the end, whatever happens. */
  signal(pid: number, signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL' | 'SIGTERM'): void {
    if (signal === 'SIGSTOP') this.#stopped.add(pid);
    if (signal === 'SIGCONT') this.#stopped.delete(pid);
    process.kill(pid, signal);
  }

  /** Under whom the server runs. */
  async serverOwner(): Promise<{ uid: number; gid: number }> {
    return stat(this.server.dataFolder);
  }

  /** Asks every 10 ms. @returns milliseconds it took, -1 when it did not come to hold */
  async until(withinMs: number, holds: () => boolean | Promise<boolean>): Promise<number> {
    const startedAt = performance.now();
    while (!(await holds())) {
      if (performance.now() - startedAt > withinMs) return -1;
      await sleep(10);
    }
    return performance.now() - startedAt;
  }

  /**
   * Milliseconds until a query of the driver's succeeds; -1: none within `limitMs`. A new one is tried every 25 ms, whatever
   * became of those before: the first that is served counts.
   */
  async usable(driver: FaultDriver, limitMs: number): Promise<number> {
    const startedAt = performance.now();
    const served: number[] = [];
    const tries: Promise<void>[] = [];
    while (served.length === 0 && performance.now() - startedAt < limitMs) {
      const tried = driver.query('select 1 as n', [], { timeoutMs: limitMs }).then(
        () => void served.push(performance.now() - startedAt),
        () => {},
      );
      tries.push(tried);
      await Promise.race([tried, sleep(PROBE_MS)]);
      if (served.length === 0) await sleep(1);
    }
    // They are no part of what comes next.
    await Promise.race([Promise.all(tries), sleep(served.length === 0 ? 0 : limitMs, undefined, { ref: false })]);
    return served[0] ?? -1;
  }

  /** Ends drivers, proxies and database. A driver that does not end is left behind: the process's end is its end. */
  async close(): Promise<void> {
    for (const pid of this.#stopped) {
      try {
        process.kill(pid, 'SIGCONT');
      } catch {
        // gone meanwhile
      }
    }
    for (const proxy of this.#proxies) await proxy.heal().catch(() => {});
    const ends = this.#drivers.map(async (driver) => driver.end().catch(() => {}));
    await Promise.race([Promise.all(ends), sleep(END_MS, undefined, { ref: false })]);
    for (const proxy of this.#proxies) await proxy.close();
    await dropDatabase(this.server, this.#name);
  }
}
