// @Transactional through services of several modules, in controllers, and the adapter for @nestjs-cls/transactional.
import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Injectable, Module, UseGuards, type CanActivate } from '@nestjs/common';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import request from 'supertest';
import { DatabaseError, InjectDatabase, Transactional, type Database } from '@hydrogen/database';
import { openModule, type OpenModule } from '../support/module.js';

let open: OpenModule;
afterEach(() => open.close());

@Injectable()
class Accounts {
  constructor(@InjectDatabase('Main') private readonly db: Database) {}

  /** Knows nothing of transactions. */
  async add(n: number): Promise<void> {
    await this.db.query('insert into t values ($1)', [n]);
  }
}

@Injectable()
class Journal {
  @InjectDatabase('Main') private readonly db!: Database;

  @Transactional({ db: 'Main', propagation: 'MANDATORY' })
  async note(n: number): Promise<string> {
    await this.db.query('insert into t values ($1)', [n]);
    if (n < 0) throw new Error('no such account');
    return this.db.one<{ x: string }>('select pg_current_xact_id()::text as x').then(({ x }) => x);
  }
}

@Module({ providers: [Accounts], exports: [Accounts] })
class AccountsModule {}
@Module({ providers: [Journal], exports: [Journal] })
class JournalModule {}

@Injectable()
class Transfers {
  constructor(
    private readonly accounts: Accounts,
    private readonly journal: Journal,
  ) {}

  @Transactional({ db: 'Main', isolation: 'repeatable read' })
  async move(from: number, to: number): Promise<string> {
    await this.accounts.add(from);
    return this.journal.note(to);
  }

  withoutOne(n: number): Promise<string> {
    return this.journal.note(n);
  }
}

class Closed implements CanActivate {
  canActivate = (): boolean => false;
}

@Controller()
class Routes {
  constructor(private readonly transfers: Transfers) {}

  @Get('above')
  @Transactional({ db: 'Main', isolation: 'repeatable read' })
  above(): Promise<string> {
    return this.transfers.move(1, 2);
  }

  @Transactional({ db: 'Main', isolation: 'repeatable read' })
  @Get('below')
  @UseGuards(Closed)
  below(): Promise<string> {
    return this.transfers.move(1, 2);
  }
}

async function start(metadata: object = {}): Promise<Transfers> {
  open = await openModule({
    connection: { MaxConnections: 1 },
    metadata: { imports: [AccountsModule, JournalModule], providers: [Transfers], controllers: [Routes], ...metadata },
  });
  await open.db.query('create table t (n int)');
  return open.module.get(Transfers);
}

const stored = async (): Promise<unknown[]> => (await open.db.many('select n from t order by n')).map(({ n }) => n);

describe('@Transactional', () => {
  it('takes two services of two modules into one transaction, on one connection', async () => {
    const transfers = await start();
    expect(await transfers.move(1, 2)).toMatch(/^\d+$/);
    expect(await stored()).toEqual([1, 2]);
  });

  it('undoes both when the second throws', async () => {
    const transfers = await start();
    await expect(transfers.move(1, -2)).rejects.toThrow('no such account');
    expect(await stored()).toEqual([]);
  });

  it('MANDATORY without one is an error of the caller', async () => {
    const transfers = await start();
    await expect(transfers.withoutOne(1)).rejects.toMatchObject({ code: 'DB_TX_PROPAGATION' });
  });

  it('leaves routes and guards where they are, above or below it', async () => {
    await start();
    const app = open.module.createNestApplication();
    await app.init();
    await request(app.getHttpServer()).get('/above').expect(200);
    await request(app.getHttpServer()).get('/below').expect(403);
    expect(await stored()).toEqual([1, 2]);
    await app.close();
  });

  it('of a class that Nest did not make says so', async () => {
    const transfers = await start();
    const own = new Transfers(undefined as never, undefined as never);
    const error = await own.move(1, 2).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DatabaseError);
    expect((error as DatabaseError).message).toContain("@Transactional({ db: 'Main' }) on move");
    await transfers.move(1, 2);
  });

  it('of an unknown database fails when the module is built, with the nearest name', async () => {
    @Injectable()
    class Wrong {
      @Transactional({ db: 'Mian' })
      async nothing(): Promise<void> {}
    }
    await start();
    await expect(openModule({ metadata: { providers: [Wrong] } })).rejects.toThrow("did you mean 'Main'");
  });

  it('takes one database: two are a type error', () => {
    // @ts-expect-error two databases are two transactions
    expect(() => Transactional({ db: ['Main', 'Other'] })).toBeDefined();
  });
});

describe('the adapter for @nestjs-cls/transactional', () => {
  it('gives its decorators a transaction of ours, and the database outside of any', async () => {
    await start();
    const { host, port, user, password, database } = open.target;
    const connection = { Host: host, Port: port, Username: user, Password: password, Database: database };
    // In a process of its own: that package is CommonJS and requires Nest, which Jest cannot follow on Node 20.
    const script = fileURLToPath(new URL('../support/cls-transactional.js', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(connection)]);
    expect(JSON.parse(stdout)).toEqual({ failed: 'no such account', undone: [], kept: [1, 2, 3], apart: [1, 2, 3, 5] });
  });
});
