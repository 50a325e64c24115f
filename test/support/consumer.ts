// A stranger's project outside of this repository: our libraries as npm would hand them out, installed beside Nest.
// One node_modules serves an ESM and a CommonJS package, which lie beside it. It needs npm, and npm's cache or a registry.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
export const LIBRARIES = ['config', 'pool', 'wire', 'database', 'embedded'] as const;
export type Library = (typeof LIBRARIES)[number];
export const FORMATS = { esm: 'module', commonjs: 'commonjs' } as const;
export type Format = keyof typeof FORMATS;

/** Besides our libraries, at the versions of the root's package.json. */
const FROM_ROOT = [
  '@nestjs/common',
  '@nestjs/config',
  '@nestjs/core',
  '@nestjs/platform-express',
  '@nestjs/terminus',
  'reflect-metadata',
  'rxjs',
  '@types/node',
];

export interface Packed {
  /** Paths inside the package. */
  readonly files: readonly string[];
  readonly manifest: Manifest;
  read(file: string): Promise<string>;
}

export interface Manifest {
  readonly version: string;
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** As of Date.now(). */
  readonly endedAt: number;
}

export interface Consumer {
  readonly packages: ReadonlyMap<Library, Packed>;
  /** Compiles `<file>.ts` in the package of that format. Nothing is thrown: the words are for the test. */
  compile(format: Format, file: string, source: string, options?: Record<string, unknown>): Promise<Finished>;
  /** Runs `<file>.js` of that format until it ends by itself; killed after 20 s. */
  run(format: Format, file: string, env: Record<string, string>): Promise<Finished>;
  remove(): Promise<void>;
}

export async function makeConsumer(): Promise<Consumer> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'hydrogen-consumer-')));
  try {
    const tarballs = await pack(folder);
    await install(folder, tarballs);
    for (const [format, type] of Object.entries(FORMATS)) {
      await mkdir(join(folder, format));
      await writeFile(join(folder, format, 'package.json'), JSON.stringify({ name: format, private: true, type }));
    }
    const packages = await Promise.all(
      tarballs.map(async ({ library, files }) => {
        const read = (file: string): Promise<string> =>
          readFile(join(folder, 'node_modules', '@hydrogen', library, file), 'utf8');
        return [library, { files, read, manifest: JSON.parse(await read('package.json')) as Manifest }] as const;
      }),
    );
    return {
      packages: new Map(packages),
      compile: (...args) => compile(folder, ...args),
      run: (format, file, env) => execute(process.execPath, [`${file}.js`], join(folder, format), env),
      remove: () => rm(folder, { recursive: true, force: true }),
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

interface Tarball {
  readonly library: Library;
  readonly path: string;
  readonly files: readonly string[];
}

async function pack(folder: string): Promise<Tarball[]> {
  const workspaces = LIBRARIES.flatMap((library) => ['--workspace', `@hydrogen/${library}`]);
  const said = await npm(ROOT, ['pack', '--json', '--ignore-scripts', '--pack-destination', folder, ...workspaces]);
  const packed = JSON.parse(said) as { name: string; filename: string; files: { path: string }[] }[];
  return LIBRARIES.map((library) => {
    const found = packed.find(({ name }) => name === `@hydrogen/${library}`);
    if (!found) throw new Error(`npm packed no @hydrogen/${library}`);
    return { library, path: join(folder, found.filename), files: found.files.map(({ path }) => path) };
  });
}

async function install(folder: string, tarballs: readonly Tarball[]): Promise<void> {
  const root = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as Record<string, Record<string, string>>;
  const versions = { ...root['dependencies'], ...root['devDependencies'] };
  const dependencies = Object.fromEntries([
    ...FROM_ROOT.map((name) => [name, versions[name]]),
    ...tarballs.map(({ library, path }) => [`@hydrogen/${library}`, `file:${path}`]),
  ]);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, dependencies }));
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--no-package-lock'];
  await npm(folder, ['install', ...quiet]);
}

async function npm(cwd: string, args: readonly string[]): Promise<string> {
  // Inside `npm test` the variables of that npm would tell this one where it is.
  const ofOuterRun = /^(?:NODE_OPTIONS|npm_(?:package|lifecycle|command|config_(?:local_)?prefix).*)$/i;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofOuterRun.test(name)));
  const { code, stdout, stderr } = await execute('npm', args, cwd, env, 120_000);
  if (code !== 0) throw new Error(`npm ${args[0]} ended with ${code}:\n${stderr}`);
  return stdout;
}

async function compile(
  folder: string,
  format: Format,
  file: string,
  source: string,
  options: Record<string, unknown> = {},
): Promise<Finished> {
  const compilerOptions = {
    module: 'nodenext',
    target: 'ES2023',
    lib: ['ES2023', 'ESNext.Disposable'],
    types: ['node'],
    strict: true,
    skipLibCheck: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    ...options,
  };
  const project = join(folder, format, `tsconfig.${file}.json`);
  await writeFile(join(folder, format, `${file}.ts`), source);
  await writeFile(project, JSON.stringify({ compilerOptions, files: [`${file}.ts`] }));
  return execute(process.execPath, [TSC, '--project', project, '--pretty', 'false'], join(folder, format), {}, 60_000);
}

function execute(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Record<string, string | undefined>,
  timeout = 20_000,
): Promise<Finished> {
  const options = { cwd, timeout, maxBuffer: 64 * 1024 * 1024, env: { PATH: process.env['PATH'], ...env } };
  return new Promise((resolve) => {
    execFile(program, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr, endedAt: Date.now() });
    });
  });
}
