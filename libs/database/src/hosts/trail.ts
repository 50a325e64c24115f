// What one connect met on its way from host to host, and the error that tells it host by host when none would do.
import { encodeCause, encodeError } from '../errors/error.codec.js';
import { DatabaseError, databaseError } from '../errors/database.error.js';
import { describeHost, type Host, type Site, type TargetSession } from './host.js';

export class Trail {
  readonly #database: string;
  readonly #target: TargetSession;
  readonly #errors: DatabaseError[] = [];
  /** Those that answered and were not what was wanted. */
  readonly unfit: Site[] = [];

  constructor(database: string, target: TargetSession) {
    this.#database = database;
    this.#target = target;
  }

  failed(error: unknown): void {
    this.#errors.push(error instanceof DatabaseError ? error : this.#say(String(error)));
  }

  unresolved(host: Host, error: unknown): void {
    const cause = encodeCause(error);
    this.#errors.push(this.#say(`cannot connect to ${describeHost(host)}: ${cause.message}`, cause));
  }

  /** The attempt had a part of the time only. */
  mute(site: Site, ms: number): void {
    const host = describeHost(site.host);
    const message = `${this.#database}: ${host} did not answer within ${Math.round(ms)} ms, its share of ConnectTimeoutMs`;
    this.#errors.push(databaseError({ code: 'DB_CONNECT_TIMEOUT', message, database: this.#database }));
  }

  refused(site: Site, why: string): void {
    this.unfit.push(site);
    this.#errors.push(this.#say(`${describeHost(site.host)} ${why} (TargetSession ${this.#target})`));
  }

  /** One alone is told as it is. Several: of one code only if they agree, for a code says what may be done about it. */
  error(): DatabaseError {
    const [first, ...others] = this.#errors;
    if (first === undefined) return this.#say('there is no host to connect to');
    if (others.length === 0) return first;
    const agreed = others.every(({ code, sqlState }) => code === first.code && sqlState === first.sqlState);
    const prefix = `${this.#database}: `;
    const reasons = this.#errors.map(({ message }) =>
      message.startsWith(prefix) ? message.slice(prefix.length) : message,
    );
    const message = `${prefix}no host gives a session: ${reasons.join('; ')}`;
    const base = agreed ? encodeError(first) : ({ code: 'DB_CONNECT_FAILED', database: this.#database } as const);
    return databaseError({ ...base, message, stack: undefined, cause: undefined }, { cause: first });
  }

  #say(message: string, cause?: ReturnType<typeof encodeCause>): DatabaseError {
    const database = this.#database;
    return databaseError({ code: 'DB_CONNECT_FAILED', message: `${database}: ${message}`, database, cause });
  }
}
