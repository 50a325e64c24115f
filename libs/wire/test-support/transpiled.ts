// Runs the library in processes of their own: a time zone, and V8's flags, cannot be changed inside Jest. The sources are
// transpiled anew, so a stale build proves nothing.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const SOURCES = fileURLToPath(new URL('../src/', import.meta.url));
const SUPPORT = fileURLToPath(new URL('./', import.meta.url));
const MODULES = fileURLToPath(new URL('../../../node_modules', import.meta.url));

/** Close it when done. */
export class TranspiledLibrary {
  readonly #folder = mkdtempSync(join(tmpdir(), 'hydrogen-wire-'));

  constructor() {
    transpile(SOURCES, join(this.#folder, 'src'));
    transpile(SUPPORT, join(this.#folder, 'test-support'));
    symlinkSync(MODULES, join(this.#folder, 'node_modules'), 'junction');
    writeFileSync(join(this.#folder, 'package.json'), '{"type":"module"}');
  }

  /** Runs a module that imports from `./src/` and `./test-support/`, and returns what it printed as JSON. */
  run(script: string, { zone = 'UTC', flags = [] as string[] } = {}): unknown {
    writeFileSync(join(this.#folder, 'run.js'), script);
    const options = { cwd: this.#folder, env: { TZ: zone }, encoding: 'utf8' } as const;
    return JSON.parse(execFileSync(process.execPath, [...flags, 'run.js'], options));
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function transpile(from: string, to: string): void {
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  for (const name of readdirSync(from, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts') || name.endsWith('.spec.ts')) continue;
    const { outputText } = ts.transpileModule(readFileSync(join(from, name), 'utf8'), { compilerOptions });
    const file = join(to, name.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, outputText);
  }
}
