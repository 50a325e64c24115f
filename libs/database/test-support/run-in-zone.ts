// Runs the encoder in processes of their own with time zones of their own: TZ cannot be changed inside Jest. The sources
// are transpiled anew, so a stale build proves nothing.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const SOURCES = fileURLToPath(new URL('../src/', import.meta.url));

/** One date, as our encoder and node-postgres write it, and the instant that it is. */
export interface EncodedDate {
  readonly ours: string;
  readonly theirs: string;
  readonly instant: number;
}

const SCRIPT = `
  import { createRequire } from 'node:module';
  import { encodeParameter } from './query/encode-parameter.js';
  const { prepareValue } = createRequire(${JSON.stringify(SOURCES)})('pg/lib/utils');
  const dates = JSON.parse(process.argv[2]).map((fields) =>
    Array.isArray(fields) ? new Date(...fields) : new Date(fields));
  console.log(JSON.stringify(dates.map((date) => (
    { ours: encodeParameter(date, '$1'), theirs: prepareValue(date), instant: date.getTime() }))));`;

/** Instants as numbers, local times of the zone as fields: `[2024, 2, 31, 2, 30]`. */
export type DateIn = number | readonly number[];

/** Close it when done. */
export class Zones {
  readonly #folder = mkdtempSync(join(tmpdir(), 'hydrogen-zones-'));

  constructor() {
    for (const room of ['query', 'errors']) transpile(room, this.#folder);
    writeFileSync(join(this.#folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(this.#folder, 'run.js'), SCRIPT);
  }

  encode(zone: string, dates: readonly DateIn[]): EncodedDate[] {
    const options = { cwd: this.#folder, env: { TZ: zone }, encoding: 'utf8' } as const;
    const output = execFileSync(process.execPath, ['run.js', JSON.stringify(dates)], options);
    return JSON.parse(output) as EncodedDate[];
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function transpile(room: string, folder: string): void {
  mkdirSync(join(folder, room));
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  for (const name of readdirSync(join(SOURCES, room)).filter((file) => !file.endsWith('.spec.ts'))) {
    const { outputText } = ts.transpileModule(readFileSync(join(SOURCES, room, name), 'utf8'), { compilerOptions });
    writeFileSync(join(folder, room, name.replace(/\.ts$/, '.js')), outputText);
  }
}
