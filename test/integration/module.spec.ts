// How the module is put into an application: registering, injecting, names, and two applications in one process.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Inject, Injectable, Module, Scope, type DynamicModule } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  Database,
  DatabaseManager,
  DatabaseModule,
  getDatabaseToken,
  InjectDatabase,
  InjectDatabaseManager,
  QueryExecutor,
  type DatabasesConfig,
} from '@hydrogen/database';
import { HYDROGEN_CONFIG, HydrogenConfigModule, type LoadedConfig } from '@hydrogen/config';
import { ConfigService } from '@nestjs/config';
import { connectionOf } from '../support/module.js';
import { silentLogger } from '../support/silent-logger.js';
import { createTestDatabase, type TestDatabase } from '../support/server.js';

@Injectable()
class OidcService {
  constructor(@InjectDatabase('OIDC') readonly db: Database) {}
}
@Module({ providers: [OidcService], exports: [OidcService] })
class OidcModule {}

describe('DatabaseModule', () => {
  let oidc: TestDatabase;
  let canvas: TestDatabase;
  let config: DatabasesConfig;

  beforeAll(async () => {
    [oidc, canvas] = await Promise.all([createTestDatabase('oidc'), createTestDatabase('canvas')]);
    config = { Startup: 'lazy', Connections: { OIDC: connectionOf(oidc), Canvas: connectionOf(canvas) } };
  });
  afterAll(() => Promise.all([oidc.drop(), canvas.drop()]));

  const build = async (
    imports: (DynamicModule | Promise<DynamicModule> | (new () => unknown))[],
    providers: (new (...args: never[]) => unknown)[] = [],
  ) => Test.createTestingModule({ imports, providers }).setLogger(silentLogger).compile();
  const failureOf = (building: Promise<unknown>): Promise<Error> =>
    building.then(
      () => {
        throw new Error('was built');
      },
      (error: Error) => error,
    );

  it('gives a feature module that imports nothing its database, the same object everywhere', async () => {
    const module = await build([DatabaseModule.forRoot({ config, env: {} }), OidcModule]);
    const { db } = module.get(OidcService);
    expect(await db.one('select current_database() as name')).toEqual({ name: oidc.database });
    const manager = module.get(DatabaseManager);
    expect(manager.get('OIDC')).toBe(db);
    expect(module.get(getDatabaseToken('OIDC'))).toBe(db);
    expect(manager.names()).toEqual(['OIDC', 'Canvas']);
    expect(module.get(QueryExecutor)).toBeInstanceOf(QueryExecutor);
    await module.close();
  });

  it('fails when the module is built on an unknown name, with the nearest and the place', async () => {
    @Injectable()
    class BadService {
      constructor(@InjectDatabase('ODIC') readonly db: Database) {}
    }
    @Module({ providers: [BadService] })
    class BadModule {}
    const message =
      "no database 'ODIC'; did you mean 'OIDC'? configured: OIDC, Canvas (injected in BadService of BadModule)";
    for (const root of [
      DatabaseModule.forRoot({ config, env: {} }),
      DatabaseModule.forRootAsync({ useFactory: () => ({ config, env: {} }) }),
    ]) {
      expect(await failureOf(build([root, BadModule]))).toMatchObject({ code: 'DB_UNKNOWN', message });
    }
    // The name stays recorded, yet it is nobody's in an application that does not use it.
    const module = await build([DatabaseModule.forRoot({ config, env: {} }), OidcModule]);
    await module.close();
  });

  it('finds an unknown name in properties, controllers, factories, subclasses and request scope', async () => {
    class Base {
      @InjectDatabase('Unknown1') readonly db!: Database;
    }
    @Injectable()
    class Inherited extends Base {}
    @Controller()
    class BadController {
      constructor(@InjectDatabase('Unknown2') readonly db: Database) {}
    }
    @Injectable({ scope: Scope.REQUEST })
    class PerRequest {
      constructor(@InjectDatabase('Unknown3') readonly db: Database) {}
    }
    @Module({ providers: [Inherited] })
    class A {}
    @Module({ controllers: [BadController] })
    class B {}
    @Module({ providers: [PerRequest] })
    class C {}
    @Module({
      providers: [{ provide: 'made', inject: [getDatabaseToken('Unknown4')], useFactory: (db: unknown) => db }],
    })
    class D {}
    for (const [bad, where] of [
      [A, 'Inherited of A'],
      [B, 'BadController of B'],
      [C, 'PerRequest of C'],
      [D, 'made of D'],
    ] as const) {
      const error = await failureOf(build([DatabaseModule.forRoot({ config, env: {} }), bad]));
      expect(error.message).toContain(`(injected in ${where})`);
    }
  });

  it('forRootAsync takes a factory, a class and an existing provider', async () => {
    class Options {
      createDatabaseOptions() {
        return { config, env: {} };
      }
    }
    @Module({ providers: [Options, { provide: 'CONFIG', useFactory: () => config }], exports: [Options, 'CONFIG'] })
    class OptionsModule {}
    for (const root of [
      DatabaseModule.forRootAsync({
        imports: [OptionsModule],
        inject: ['CONFIG'],
        useFactory: (given: DatabasesConfig) => ({ config: given, env: {} }),
      }),
      DatabaseModule.forRootAsync({ useClass: Options }),
      DatabaseModule.forRootAsync({ imports: [OptionsModule], useExisting: Options }),
    ]) {
      const module = await build([root, OidcModule]);
      expect(await module.get(OidcService).db.one('select 1 as n')).toEqual({ n: 1 });
      await module.close();
    }
  });

  it('takes what HydrogenConfigModule has loaded, and ConfigService reads the same', async () => {
    const module = await build([
      HydrogenConfigModule.forRoot({ config, env: {}, isGlobal: true }),
      DatabaseModule.forRootAsync({
        inject: [HYDROGEN_CONFIG],
        useFactory: (loaded: LoadedConfig) => ({ config: loaded }),
      }),
      OidcModule,
    ]);
    expect(await module.get(OidcService).db.one('select 1 as n')).toEqual({ n: 1 });
    const service = module.get(ConfigService);
    expect(service.get('hydrogen.Databases.Connections.OIDC.Host')).toBe(oidc.host);
    expect(String(service.get('hydrogen.Databases.Connections.OIDC.Password'))).toBe('[secret]');
    await module.close();
  });

  it('with isGlobal: false only forFeature brings a database, and it knows its names', async () => {
    @Injectable()
    class Service {
      constructor(@InjectDatabase('Canvas') readonly db: Database) {}
    }
    @Module({ imports: [DatabaseModule.forFeature(['Canvas'])], providers: [Service] })
    class Feature {}
    @Module({ providers: [Service] })
    class Without {}
    @Module({ imports: [DatabaseModule.forFeature(['Canvsa'])] })
    class Wrong {}
    const root = (): Promise<DynamicModule> => DatabaseModule.forRoot({ config, env: {}, isGlobal: false });
    const module = await build([root(), Feature]);
    expect(await module.get(Service, { strict: false }).db.one('select current_database() as name')).toEqual({
      name: canvas.database,
    });
    await module.close();
    expect((await failureOf(build([root(), Without]))).message).toContain('hydrogen:database:Canvas');
    expect(await failureOf(build([root(), Wrong]))).toMatchObject({
      code: 'DB_UNKNOWN',
      message: "no database 'Canvsa'; did you mean 'Canvas'? configured: OIDC, Canvas",
    });
  });

  it('refuses to be registered twice', async () => {
    const twice = build([
      DatabaseModule.forRoot({ config, env: {} }),
      DatabaseModule.forRootAsync({ useFactory: () => ({ config, env: {} }) }),
    ]);
    expect((await failureOf(twice)).message).toContain('imported more than once');
  });

  it('two applications in one process do not see each other', async () => {
    const other: DatabasesConfig = { Startup: 'lazy', Connections: { OIDC: connectionOf(canvas) } };
    const [one, two] = await Promise.all([
      build([DatabaseModule.forRoot({ config, env: {} }), OidcModule]),
      build([DatabaseModule.forRoot({ config: other, env: {} }), OidcModule]),
    ]);
    expect(await one.get(OidcService).db.one('select current_database() as name')).toEqual({ name: oidc.database });
    expect(await two.get(OidcService).db.one('select current_database() as name')).toEqual({ name: canvas.database });
    await one.close();
    expect(await two.get(OidcService).db.one('select 1 as n')).toEqual({ n: 1 });
    await two.close();
  });

  it('can be overridden in a test by its token', async () => {
    const fake = { one: () => Promise.resolve({ n: 2 }) };
    const module = await Test.createTestingModule({
      imports: [DatabaseModule.forRoot({ config, env: {} }), OidcModule],
    })
      .overrideProvider(getDatabaseToken('OIDC'))
      .useValue(fake)
      .compile();
    expect(module.get(OidcService).db).toBe(fake);
    await module.close();
  });

  it('an invalid configuration rejects with every problem, and is no unhandled rejection before Nest awaits it', async () => {
    const root = DatabaseModule.forRoot({
      config: { Connections: { OIDC: { Host: '{$env.NO_HOST}', MaxConection: 1 } as never } },
      env: {},
    });
    await new Promise((resolve) => setImmediate(resolve));
    const error = await failureOf(build([root]));
    expect(error).toMatchObject({ code: 'DB_CONFIG_INVALID' });
    expect(error.message.split('\n')).toEqual(
      expect.arrayContaining([
        'Databases.Connections.OIDC.Host: environment variable NO_HOST is not set',
        'Databases.Connections.OIDC.MaxConection: unknown key, did you mean MaxConnections?',
      ]),
    );
  });

  it('a disabled database is listed and answers DB_DISABLED', async () => {
    const module = await build([
      DatabaseModule.forRoot({
        config: { ...config, Connections: { ...config.Connections, Off: { Enabled: false } } },
        env: {},
      }),
    ]);
    const manager = module.get(DatabaseManager);
    expect(manager.names()).toEqual(['OIDC', 'Canvas', 'Off']);
    await expect(manager.get('Off').query('select 1')).rejects.toMatchObject({ code: 'DB_DISABLED' });
    expect(manager.report().databases.map(({ name, status }) => [name, status])).toContainEqual(['Off', 'disabled']);
    await module.close();
  });

  it('the manager adds and removes databases while running', async () => {
    @Injectable()
    class Holder {
      constructor(
        @InjectDatabaseManager() readonly manager: DatabaseManager,
        @Inject(QueryExecutor) readonly executor: QueryExecutor,
      ) {}
    }
    const module = await build([DatabaseModule.forRoot({ config, env: {} })], [Holder]);
    const { manager, executor } = module.get(Holder);
    const added = await manager.add('Reports', connectionOf(canvas));
    expect(await added.one('select current_database() as name')).toEqual({ name: canvas.database });
    expect((await executor.execute({ database: 'Reports', sql: 'select 1 as n' })).rows).toEqual([{ n: 1 }]);
    await expect(manager.add('Reports', connectionOf(canvas))).rejects.toMatchObject({ code: 'DB_CONFIG_INVALID' });
    await manager.remove('Reports');
    await expect(added.query('select 1')).rejects.toMatchObject({ code: 'DB_CLOSED' });
    expect(() => manager.get('Reports')).toThrow("no database 'Reports'");
    await module.close();
  });
});
