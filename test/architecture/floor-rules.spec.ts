// The checker checked: a lawful made-up tree passes, and each seeded fault is found by its rule, at its place.
import { describe, expect, it } from '@jest/globals';
import { unexplainedLength, violations, type Rule } from './floor-rules.js';
import { findCircles, readGraph } from './import-graph.js';

const DB = 'libs/database/src';

const LAWFUL: Readonly<Record<string, string>> = {
  'libs/pool/src/index.ts': "export { Pool } from './pool.js';",
  'libs/pool/src/pool.ts':
    "import type { Clock } from './clock.js'; export class Pool { performance = 1; at(c: Clock) {} }",
  'libs/pool/src/clock.ts': 'export interface Clock {} export const now = () => performance.now() + Date.now();',
  'libs/pool/src/manual-clock.ts': "import type { Clock } from './clock.js'; export const real: Clock = setTimeout;",
  'libs/config/src/index.ts': "export * from './load.js';",
  'libs/config/src/load.ts': "import { Module } from '@nestjs/common'; export const env = process.env;",
  'libs/embedded/src/index.ts': "import pg from 'pg'; export const client = pg;",
  [`${DB}/index.ts`]: "export { Database } from './database.js';",
  [`${DB}/database.ts`]:
    "import '@nestjs/common'; import 'reflect-metadata'; import { Executor } from './executor/executor.js'; import { Secret } from '@hydrogen/config'; import './worker/supervisor.js'; import './postgres/socket.js'; export class Database {}",
  [`${DB}/errors/error.ts`]: 'export class E extends Error {}',
  [`${DB}/query/query.ts`]: "import { E } from '../errors/error.js'; export const q = E;",
  [`${DB}/connection/port.ts`]: "import type { q } from '../query/query.js'; import { E } from '../errors/error.js';",
  [`${DB}/postgres/socket.ts`]:
    "import pg from 'pg'; import 'node:net'; import '../connection/port.js'; import './decode.js';",
  [`${DB}/postgres/decode.ts`]: "import pg from 'pg'; process.emitWarning('x'); export const parse = pg;",
  [`${DB}/worker/entry-host.ts`]: "import type { C } from '../postgres/decode.js'; import '../connection/port.js';",
  [`${DB}/worker/database.worker.ts`]:
    "import { parentPort } from 'node:worker_threads'; import '../postgres/socket.js'; import './entry-host.js';",
  [`${DB}/worker/supervisor.ts`]:
    "import { Worker } from 'node:worker_threads'; new Worker(new URL('../../dist/worker/database.worker.js', import.meta.url)); new URL('http://x/y.js');",
  [`${DB}/executor/executor.ts`]:
    "import { Pool } from '@hydrogen/pool'; import '../connection/port.js'; export class Executor {}",
  'apps/hydrogen/src/main.ts': "import { Database } from '@hydrogen/database'; await import('./feature.js');",
  'apps/hydrogen/src/feature.ts': "import './query/query.js'; process.env;",
  'apps/hydrogen/src/query/query.ts': "import '@hydrogen/embedded'; export {};",
};

/** The lawful tree with `text` added to `path`. */
function found(path: string, text: string): { rule: Rule; path: string; what: string }[] {
  const tree = { ...LAWFUL, [path]: `${LAWFUL[path] ?? ''}\n${text}` };
  return [...violations(readGraph(new Map(Object.entries(tree))))];
}

describe('a lawful tree', () => {
  it('breaks no rule', () => {
    expect(violations(readGraph(new Map(Object.entries(LAWFUL))))).toEqual([]);
  });
});

describe('an arrow that climbs', () => {
  it.each([
    ['errors/error.ts', '../query/query.js'],
    ['errors/error.ts', '../connection/port.js'],
    ['query/query.ts', '../connection/port.js'],
    ['connection/port.ts', '../postgres/decode.js'],
    ['connection/port.ts', '../executor/executor.js'],
    ['postgres/socket.ts', '../worker/entry-host.js'],
    ['worker/entry-host.ts', '../postgres/socket.js'],
    ['worker/entry-host.ts', '../executor/executor.js'],
    ['worker/database.worker.ts', '../executor/executor.js'],
    ['executor/executor.ts', '../postgres/decode.js'],
    ['executor/executor.ts', '../worker/entry-host.js'],
    ['executor/executor.ts', '../database.js'],
  ])('from %s to %s is found, whatever kind of import it is', (from, to) => {
    const path = `${DB}/${from}`;
    for (const [kind, text] of [
      ['value', `import '${to}';`],
      ['value', `import { type A, b } from '${to}';`],
      ['type', `import type { A } from '${to}';`],
      ['type', `import { type A } from '${to}';`],
      ['type', `let a: import('${to}').A;`],
      ['dynamic', `await import('${to}');`],
      ['dynamic', `require('${to}');`],
      ['url', `new URL('${to}', import.meta.url);`],
    ]) {
      expect(found(path, text as string)).toContainEqual({ rule: 'arrow climbs', path, what: `${kind} ${to}` });
    }
  });

  it('does not hide in an export', () => {
    expect(found(`${DB}/query/query.ts`, "export * from '../connection/port.js';").map(({ rule }) => rule)).toEqual(
      expect.arrayContaining(['arrow climbs', 'barrel inside', 'circle']),
    );
  });
});

describe('each other rule', () => {
  it.each<[Rule, string, string, string]>([
    ['package not allowed here', `${DB}/query/query.ts`, "import '@hydrogen/pool';", 'value @hydrogen/pool'],
    ['package not allowed here', `${DB}/errors/error.ts`, "import 'node:util';", 'value node:util'],
    ['package not allowed here', `${DB}/connection/port.ts`, "import '@nestjs/common';", 'value @nestjs/common'],
    ['package not allowed here', `${DB}/postgres/decode.ts`, "import '@hydrogen/pool';", 'value @hydrogen/pool'],
    ['package not allowed here', `${DB}/executor/executor.ts`, "import 'node:net';", 'value node:net'],
    ['package not allowed here', `${DB}/executor/executor.ts`, "import 'tls';", 'value tls'],
    ['package not allowed here', `${DB}/executor/executor.ts`, "import '@nestjs/common';", 'value @nestjs/common'],
    ['package not allowed here', `${DB}/executor/executor.ts`, "import '@hydrogen/config';", 'value @hydrogen/config'],
    ['package not allowed here', `${DB}/database.ts`, "import '@hydrogen/embedded';", 'value @hydrogen/embedded'],
    ['package not allowed here', `${DB}/database.ts`, "import 'node:net';", 'value node:net'],
    ['package not allowed here', 'libs/pool/src/pool.ts', "import '@hydrogen/config';", 'value @hydrogen/config'],
    ['package not allowed here', 'libs/pool/src/pool.ts', "import 'node:timers';", 'value node:timers'],
    ['package not allowed here', 'libs/config/src/load.ts', "import '@hydrogen/pool';", 'value @hydrogen/pool'],
    ['package not allowed here', 'libs/embedded/src/index.ts', "import '@hydrogen/config';", 'value @hydrogen/config'],
    ['pg outside postgres/', `${DB}/worker/entry-host.ts`, "import type { C } from 'pg';", 'type pg'],
    ['pg outside postgres/', 'apps/hydrogen/src/main.ts', "import 'pg/lib/utils.js';", 'value pg/lib/utils.js'],
    ['pg outside postgres/', 'libs/config/src/load.ts', "import 'pg';", 'value pg'],
    ['threads outside worker/', `${DB}/database.ts`, "import 'node:worker_threads';", 'value node:worker_threads'],
    ['threads outside worker/', 'apps/hydrogen/src/main.ts', "import('worker_threads');", 'dynamic worker_threads'],
    ['barrel inside', `${DB}/executor/executor.ts`, "export * from './nothing.js';", 'export ./nothing.js'],
    [
      'barrel inside',
      'apps/hydrogen/src/feature.ts',
      "export { q } from './query/query.js';",
      'export ./query/query.js',
    ],
    ['imports its own index', `${DB}/database.ts`, "import './index.js';", 'value ./index.js'],
    ['imports its own index', `${DB}/database.ts`, "import '@hydrogen/database';", 'value @hydrogen/database'],
    [
      'leaves its package',
      'apps/hydrogen/src/main.ts',
      `import '../../../${DB}/index.js';`,
      `value ../../../${DB}/index.js`,
    ],
    ['leaves its package', `${DB}/database.ts`, "import '../../pool/src/pool.js';", 'value ../../pool/src/pool.js'],
    [
      'not through the public door',
      'apps/hydrogen/src/main.ts',
      "import '@hydrogen/pool/src/x.js';",
      'value @hydrogen/pool/src/x.js',
    ],
    ['leads nowhere', `${DB}/database.ts`, "import './gone.js';", 'value ./gone.js'],
    ['leads nowhere', `${DB}/database.ts`, "import '../dist/database.js';", 'value ../dist/database.js'],
    ['time outside the clock', 'libs/pool/src/pool.ts', 'export const t = Date.now();', 'Date.now'],
    ['time outside the clock', 'libs/pool/src/pool.ts', 'export const t = new Date();', 'new Date'],
    ['time outside the clock', 'libs/pool/src/pool.ts', 'export const later = setTimeout;', 'setTimeout'],
    ['time outside the clock', 'libs/pool/src/pool.ts', 'export const t = performance.now();', 'performance.now'],
    ['time outside the clock', 'libs/pool/src/pool.ts', 'export const { now } = performance;', 'performance'],
  ])('%s: %s with %s', (rule, path, text, what) => {
    expect(found(path, text)).toContainEqual({ rule, path, what });
  });
});

describe('what the worker reaches', () => {
  const entry = `${DB}/worker/database.worker.ts`;
  it.each([
    ["import '@nestjs/common';", '@nestjs/common'],
    ["import type { A } from '@nestjs/common';", '@nestjs/common'],
    ["import 'reflect-metadata';", 'reflect-metadata'],
    ["import '@hydrogen/config';", '@hydrogen/config'],
    ["import '@hydrogen/pool';", '@hydrogen/pool'],
    ["import { env } from 'node:process';", 'node:process'],
    ['process.env.PGPASSWORD;', 'process.env'],
    ["process['env'];", 'process.env'],
    ['const { env } = process;', 'process'],
    ['globalThis.process;', 'globalThis.process'],
  ])('%s is found three imports away, with the way to it', (text, what) => {
    const path = `${DB}/connection/port.ts`;
    const way = `${entry} → ${DB}/postgres/socket.ts → ${path}`;
    expect(found(path, text)).toContainEqual({ rule: 'worker reaches too far', path, what: `${what} by ${way}` });
  });
});

/** Of a tree given as path → text. */
const circlesOf = (tree: Record<string, string>): readonly (readonly string[])[] =>
  findCircles(readGraph(new Map(Object.entries(tree))));

describe('circles', () => {
  it('are shown as a path back to its beginning, also when only types go round', () => {
    const circles = circlesOf({
      'a/start.ts': "import './one.js';",
      'a/one.ts': "import type { T } from './two.js';",
      'a/two.ts': "export { x } from './three.js';",
      'a/three.ts': "let a: import('./one.js').A;",
      'a/alone.ts': "import './one.js';",
    });
    expect(circles).toEqual([['a/one.ts', 'a/two.ts', 'a/three.ts', 'a/one.ts']]);
  });

  it('are found apart from one another, and a file that imports itself is one', () => {
    expect(circlesOf({ 'a/x.ts': "import './x.js'; import './y.js';", 'a/y.ts': "import './x.js';" })).toEqual([
      ['a/x.ts', 'a/x.ts'],
      ['a/x.ts', 'a/y.ts', 'a/x.ts'],
    ]);
  });

  it('are not seen where two ways lead to one file', () => {
    expect(
      circlesOf({ 'a/x.ts': "import './y.js'; import './z.js';", 'a/y.ts': "import './z.js';", 'a/z.ts': '' }),
    ).toEqual([]);
  });
});

/** A tree of one file of so many lines. */
const file = (first: string, lines: number): ReadonlyMap<string, string> =>
  new Map([['x.ts', `${[first, ...Array.from({ length: lines - 1 }, () => 'code();')].join('\n')}\n`]]);

describe('length', () => {
  it('is bounded at 250 lines, unless the first lines explain it', () => {
    expect(unexplainedLength(file('// A tidy file.', 250))).toEqual([]);
    expect(unexplainedLength(file('// A grown file.', 251))).toEqual(['x.ts: 251 lines']);
    expect(unexplainedLength(file('// It is long because the protocol has forty messages.', 400))).toEqual([]);
    expect(unexplainedLength(file("const long = 'of code';", 251))).toEqual(['x.ts: 251 lines']);
  });
});
