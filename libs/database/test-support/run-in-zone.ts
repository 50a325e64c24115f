// Runs a module of src/query in a process of its own with a time zone of its own: TZ cannot be changed inside Jest. The
// sources are transpiled anew, so a stale build proves nothing.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const SOURCES = fileURLToPath(new URL('../src/', import.meta.url));

/**
 * Encodes the dates that `expressions` give (`new Date(…)`, local time of `zone`), by our encoder and by node-postgres.
 * Also gives each date's instant, for what the text says can be read back.
 */
export function encodeInZone(
  zone: string,
  expressions: readonly string[],
): { ours: string; theirs: string; instant: number }[] {
  const folder = mkdtempSync(join(tmpdir(), 'hydrogen-zone-'));
  try {
    for (const room of ['query', 'errors']) transpile(room, folder);
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    const script = `
      import { createRequire } from 'node:module';
      import { encodeParameter } from './query/encode-parameter.js';
      const { prepareValue } = createRequire(${JSON.stringify(SOURCES)})('pg/lib/utils');
      const dates = [${expressions.join(',')}];
      console.log(JSON.stringify(dates.map((date) => ({
        ours: encodeParameter(date, '$1'), theirs: prepareValue(date), instant: date.getTime() }))));`;
    writeFileSync(join(folder, 'run.js'), script);
    const output = execFileSync(process.execPath, ['run.js'], { cwd: folder, env: { TZ: zone }, encoding: 'utf8' });
    return JSON.parse(output) as { ours: string; theirs: string; instant: number }[];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function transpile(room: string, folder: string): void {
  mkdirSync(join(folder, room));
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  for (const name of readdirSync(join(SOURCES, room)).filter((file) => /(?<!\.spec)\.ts$/.test(file))) {
    const { outputText } = ts.transpileModule(readFileSync(join(SOURCES, room, name), 'utf8'), { compilerOptions });
    writeFileSync(join(folder, room, name.replace(/\.ts$/, '.js')), outputText);
  }
}
