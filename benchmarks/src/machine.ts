// The machine and the programs that figures were made on; without them a figure says nothing.
import { existsSync, readFileSync } from 'node:fs';
import { cpus, totalmem, type, release, arch } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pgbenchVersion } from './runner/pgbench.js';
import type { BenchServer } from './server.js';

export interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly postgresql: string;
  readonly settings: string;
  readonly versions: Readonly<Record<string, string>>;
  /** What could not be measured here, in words. */
  readonly lacks: readonly string[];
}

export function describeMachine(server: BenchServer): Machine {
  const [first] = cpus();
  const pgbench = pgbenchVersion();
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()} ${arch()}`,
    node: process.version,
    postgresql: server.version,
    settings: server.settings,
    versions: {
      pg: versionOf('pg'),
      'postgres.js': versionOf('postgres'),
      pgbench: pgbench?.replace(/^pgbench \(PostgreSQL\) /, '') ?? 'not installed',
    },
    lacks: [
      ...(existsSync(`/proc/self/task/${process.pid}/schedstat`)
        ? []
        : ['CPU time by thread (no /proc/self/task/<pid>/schedstat): main CPU is left out']),
      ...(existsSync('/proc/self/stat') ? [] : ['CPU time of pgbench (no /proc/self/stat)']),
      ...(pgbench === undefined ? ['pgbench (not in PATH): its rows are left out'] : []),
    ],
  };
}

/** Not by `require('…/package.json')`: a package need not export that. */
function versionOf(name: string): string {
  const entry = fileURLToPath(import.meta.resolve(name));
  for (let folder = dirname(entry); folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (!existsSync(file)) continue;
    const { name: found, version } = JSON.parse(readFileSync(file, 'utf8')) as { name?: string; version?: string };
    if (found === name && version !== undefined) return version; // a package.json inside may only say "type"
  }
  return 'unknown';
}
