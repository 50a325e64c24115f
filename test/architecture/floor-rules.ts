// The rules of the house (docs, "Floors") over a graph of imports. A rule says what stands where; how imports are read
// is import-graph's matter. Each rule is proved on a made-up tree in floor-rules.spec.ts.
import { findCircles, reach, type Graph, type Import, type SourceFile, type Sources } from './import-graph.js';

export type Rule =
  | 'arrow climbs'
  | 'circle'
  | 'package not allowed here'
  | 'pg outside postgres/'
  | 'threads outside worker/'
  | 'worker reaches too far'
  | 'barrel inside'
  | 'imports its own index'
  | 'leaves its package'
  | 'not through the public door'
  | 'leads nowhere'
  | 'time outside the clock';

export interface Violation {
  readonly rule: Rule;
  readonly path: string;
  readonly what: string;
}

const DATABASE = 'libs/database/src/';
export const WORKER_ENTRY = `${DATABASE}worker/database.worker.ts`;

/** Rooms of libs/database, from the ground: which rooms a room may import, and which packages. */
const ROOMS: Readonly<Record<string, { readonly rooms: readonly string[]; readonly packages: RegExp }>> = {
  errors: { rooms: ['errors'], packages: /^$/ },
  query: { rooms: ['query', 'errors'], packages: /^$/ },
  connection: { rooms: ['connection', 'query', 'errors'], packages: /^$/ },
  scope: { rooms: ['scope'], packages: /^node:async_hooks$/ },
  postgres: { rooms: ['postgres', 'connection', 'query', 'errors'], packages: /^(?:pg|@hydrogen\/wire|node:.*)$/ },
  // Above the border of threads, beside worker/: it opens sessions through a connector and owns no socket. node:net for isIP only.
  hosts: { rooms: ['hosts', 'connection', 'errors'], packages: /^(?:@hydrogen\/pool|node:(?:dns|net))$/ },
  worker: { rooms: ['worker', 'connection', 'query', 'errors'], packages: /^node:.*$/ },
  // What happened, counted and told: it is asked and told by those above, and touches nothing that moves.
  observe: {
    rooms: ['observe', 'connection', 'query', 'errors'],
    packages: /^(?:@hydrogen\/pool|node:diagnostics_channel)$/,
  },
  executor: {
    rooms: ['executor', 'observe', 'scope', 'connection', 'query', 'errors'],
    packages: /^(?:@hydrogen\/pool|node:(?!net$|tls$|dgram$|worker_threads$).*)$/,
  },
};
const TOP_PACKAGES =
  /^(?:@nestjs\/.*|reflect-metadata|rxjs|@hydrogen\/(?:config|pool)|node:(?!net$|tls$|dgram$|worker_threads$).*)$/;
/** What the worker's floor may take of postgres/ outside its entry. */
const SHARED_WITH_MAIN = [`${DATABASE}postgres/decode.ts`, `${DATABASE}postgres/cancel.ts`];

/** The ground floor and the packages each of its libraries may not know. */
const GROUND: Readonly<Record<string, RegExp>> = {
  pool: /^(?:@nestjs\/.*|@hydrogen\/.*|pg|reflect-metadata|node:.*)$/,
  // node:net for isIP only: a configuration opens no socket, and without tls and pg it has nothing to say on one.
  config: /^(?:@hydrogen\/.*|pg|node:(?:tls|worker_threads))$/,
  wire: /^(?:@nestjs\/.*|@hydrogen\/.*|pg|node:(?:net|tls|timers.*|worker_threads))$/,
  embedded: /^(?:@hydrogen\/.*|@nestjs\/.*)$/,
};

const CLOCKS = /^(?:(?:new )?Date$|Date\.|performance(?:$|\.)|set(?:Timeout|Interval|Immediate)$|process\.hrtime$)/;
const FAR_FROM_WORKER = /^(?:@nestjs\/.*|reflect-metadata|@hydrogen\/(?:config|pool|embedded|database)|node:process)$/;
const ENVIRONMENT = /^(?:process$|process\.env$|globalThis\.process$)/;

export function violations(graph: Graph): readonly Violation[] {
  const each = [...graph.values()].flatMap((file) => RULES.flatMap((check) => check(file)));
  const circles = findCircles(graph).map((circle): Violation => {
    return { rule: 'circle', path: circle[0] as string, what: circle.join(' → ') };
  });
  return [...each, ...circles, ...workerReach(graph)];
}

const LONGEST = 250;

/** Files that are too long to have one reason to change, unless their first lines say why they are so long. */
export function unexplainedLength(sources: Sources): readonly string[] {
  return [...sources].flatMap(([path, text]) => {
    const lines = text.trimEnd().split('\n');
    const explained = lines
      .slice(0, 5)
      .some((line) => /^\s*(?:\/\/|\*).*\b(?:long|lines|one piece|one file)\b/.test(line));
    return lines.length > LONGEST && !explained ? [`${path}: ${lines.length} lines`] : [];
  });
}

type Check = (file: SourceFile) => Violation[];

const RULES: readonly Check[] = [
  everyImport('leads nowhere', (_file, { broken }) => broken === true),
  everyImport('leaves its package', ({ path }, { target }) => target !== undefined && homeOf(target) !== homeOf(path)),
  everyImport('not through the public door', (_file, { specifier }) => /^@hydrogen\/[^/]+\//.test(specifier)),
  everyImport('imports its own index', ({ path }, { target, specifier }) => {
    const home = homeOf(path);
    return target === `${home}src/index.ts` || packageOf(specifier) === home.replace(/^libs\/(.*)\/$/, '@hydrogen/$1');
  }),
  everyImport(
    'barrel inside',
    ({ path }, { kind }) => kind === 'export' && !/^libs\/[^/]+\/src\/index\.ts$/.test(path),
  ),
  everyImport('arrow climbs', ({ path }, { target }) => target !== undefined && !mayImport(path, target)),
  everyImport('package not allowed here', ({ path }, each) => each.target === undefined && !mayTouch(path, each)),
  everyImport(
    'pg outside postgres/',
    ({ path }, { specifier }) =>
      packageOf(specifier) === 'pg' && !path.startsWith(`${DATABASE}postgres/`) && !path.startsWith('libs/embedded/'),
  ),
  everyImport(
    'threads outside worker/',
    ({ path }, { specifier }) =>
      packageOf(specifier) === 'node:worker_threads' && !path.startsWith(`${DATABASE}worker/`),
  ),
  ({ path, uses }) =>
    path.startsWith('libs/pool/src/') && !/\/(?:manual-)?clock\.ts$/.test(path)
      ? [...uses].filter((use) => CLOCKS.test(use)).map((what) => ({ rule: 'time outside the clock', path, what }))
      : [],
];

function everyImport(rule: Rule, breaks: (file: SourceFile, each: Import) => boolean): Check {
  return (file) =>
    file.imports
      .filter((each) => breaks(file, each))
      .map(({ specifier, kind }) => ({ rule, path: file.path, what: `${kind} ${specifier}` }));
}

function workerReach(graph: Graph): Violation[] {
  return [...reach(graph, WORKER_ENTRY)].flatMap(([path, way]) => {
    const file = graph.get(path);
    const packages = (file?.imports ?? []).map(({ specifier }) => packageOf(specifier));
    const found = [
      ...packages.filter((name) => FAR_FROM_WORKER.test(name)),
      ...[...(file?.uses ?? [])].filter((use) => ENVIRONMENT.test(use)),
    ];
    return found.map((what): Violation => ({
      rule: 'worker reaches too far',
      path,
      what: `${what} by ${way.join(' → ')}`,
    }));
  });
}

function mayImport(from: string, to: string): boolean {
  if (!from.startsWith(DATABASE) || !to.startsWith(DATABASE)) return true;
  const rules = ROOMS[roomOf(from)];
  if (!rules || rules.rooms.includes(roomOf(to))) return true;
  if (roomOf(from) !== 'worker') return false;
  return SHARED_WITH_MAIN.includes(to) || (from === WORKER_ENTRY && roomOf(to) === 'postgres');
}

function mayTouch(path: string, { specifier }: Import): boolean {
  if (specifier.startsWith('.')) return true;
  const name = packageOf(specifier);
  if (path.startsWith(DATABASE)) return (ROOMS[roomOf(path)]?.packages ?? TOP_PACKAGES).test(name);
  const library = /^libs\/([^/]+)\//.exec(path)?.[1];
  return library === undefined || GROUND[library]?.test(name) !== true;
}

/** The folder right under src/, or `` for a file of the root. */
const roomOf = (path: string): string => /^libs\/[^/]+\/src\/([^/]+)\//.exec(path)?.[1] ?? '';

const homeOf = (path: string): string => /^(?:libs|apps)\/[^/]+\//.exec(path)?.[0] ?? '';

const BUILTINS = new Set(['net', 'tls', 'dgram', 'worker_threads', 'process', 'timers', 'perf_hooks', 'fs', 'path']);

/** `pg/lib/utils` → pg, `@nestjs/core/x` → @nestjs/core, `net` → node:net */
function packageOf(specifier: string): string {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return specifier;
  const name = /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
  return BUILTINS.has(name) ? `node:${name}` : name;
}
