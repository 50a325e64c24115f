// The pages and the code tell the same: error codes, links, commands, and examples that compile.
// docs/configuration.md and docs/lifecycle.md are compared beside the tables they tell of (libs/config, libs/pool).
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { ERROR_CODES } from '@hydrogen/database';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const pages = new Map(
  [
    'README.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    ...['docs', 'docs/adr'].flatMap((folder) => markdownIn(folder)),
    ...readdirSync(join(ROOT, 'libs')).flatMap((library) => markdownIn(`libs/${library}`)),
  ].map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]),
);

function markdownIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);
}

interface Block {
  readonly page: string;
  /** Of its first line of code, from 1. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
}

/** Fenced blocks of a page; prose is what is left. */
function blocksOf(page: string, text: string): { blocks: Block[]; prose: string } {
  const blocks: Block[] = [];
  const prose: string[] = [];
  let open: { language: string; line: number; code: string[] } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^```(\w*)/.exec(line);
    if (fence && !open) open = { language: fence[1] ?? '', line: index + 2, code: [] };
    else if (fence && open) {
      blocks.push({ page, line: open.line, language: open.language, code: open.code.join('\n') });
      open = undefined;
    } else (open?.code ?? prose).push(line);
  }
  if (open) throw new Error(`${page}: the block that begins before line ${open.line} does not end`);
  return { blocks, prose: prose.join('\n') };
}

const contents = [...pages].map(([page, text]) => ({ page, text, ...blocksOf(page, text) }));

describe('docs/errors.md', () => {
  const text = pages.get('docs/errors.md') ?? '';
  const rows = [...text.matchAll(/^\| `(DB_\w+)` \| `(\w+)` \| (\w+) \| (\d+) \|/gm)].map(
    ([, code = '', className, retry, status]) => [code, { className, retry, status: Number(status) }] as const,
  );

  it('has one row for every code, with class, retry rule and status of the table in the code', () => {
    const expected = Object.entries(ERROR_CODES).map(([code, { family, retryable, status }]) => {
      const className = `Database${family.charAt(0).toUpperCase()}${family.slice(1)}Error`;
      return [code, { className, retry: retryable ? 'yes' : 'no', status }] as const;
    });
    expect(rows.map(([code]) => code).toSorted()).toEqual([...new Map(rows).keys()].toSorted());
    expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(expected));
  });
});

describe('every page', () => {
  it('names only error codes that exist', () => {
    const unknown = contents.flatMap(({ page, text }) =>
      [...text.matchAll(/\bDB_[A-Z][A-Z_]*[A-Z]\b/g)]
        .map(([code]) => code)
        .filter((code) => !Object.hasOwn(ERROR_CODES, code))
        .map((code) => `${page}: ${code}`),
    );
    // A variable of .env.example ends in such a word; it has a name before it, so \b does not begin there.
    expect(unknown).toEqual([]);
  });

  it('links only to files and headings that are there', () => {
    const broken = contents.flatMap(({ page, prose }) =>
      [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !/^[a-z]+:/.test(target) && !leadsSomewhere(page, target))
        .map((target) => `${page}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
    const missing = contents.flatMap(({ page, text }) =>
      [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)]
        .map(([, run, short]) => run ?? short ?? '')
        .filter((script) => !Object.hasOwn(scripts, script))
        .map((script) => `${page}: ${script}`),
    );
    expect(missing).toEqual([]);
  });
});

function leadsSomewhere(page: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : relative(ROOT, resolve(ROOT, dirname(page), path));
  if (!existsSync(join(ROOT, file))) return false;
  return anchor === undefined || headingsOf(readFileSync(join(ROOT, file), 'utf8')).has(anchor);
}

/** As GitHub makes them: lower case, blanks to dashes, punctuation away. */
function headingsOf(text: string): ReadonlySet<string> {
  const slugs = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\- _]/gu, '')
      .replaceAll(' ', '-'),
  );
  return new Set(slugs);
}

describe('examples', () => {
  /** An example that imports is complete: it is what people copy. The others are fragments. */
  const complete = contents
    .flatMap(({ blocks }) => blocks)
    .filter(({ language, code }) => language === 'ts' && /^import /m.test(code));

  it('are there, the first service among them', () => {
    expect(complete.map(({ page }) => page)).toContain('README.md');
  });

  it('compile as they stand, under the strict settings of this repository', () => {
    expect(problemsOf(complete)).toEqual([]);
  }, 120_000);
});

/** Type-checks each block as a module at the root of the repository, without writing it to the disk. */
function problemsOf(blocks: readonly Block[]): string[] {
  const config = ts.readConfigFile(join(ROOT, 'test/tsconfig.json'), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, join(ROOT, 'test'));
  const virtual = new Map(blocks.map((block, index) => [join(ROOT, `example-${index}.ts`), block]));
  const host = ts.createCompilerHost({ ...options, noUnusedLocals: false });
  const [readFile, fileExists] = [host.readFile.bind(host), host.fileExists.bind(host)];
  host.fileExists = (path) => virtual.has(path) || fileExists(path);
  host.readFile = (path) => virtual.get(path)?.code ?? readFile(path);
  const program = ts.createProgram([...virtual.keys()], { ...options, noUnusedLocals: false }, host);
  return [...virtual].flatMap(([path, { page, line }]) => {
    const file = program.getSourceFile(path);
    if (!file) return [`${page}:${line}: was not read`];
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map((problem) => {
      const at = file.getLineAndCharacterOfPosition(problem.start ?? 0).line;
      return `${page}:${line + at}: ${ts.flattenDiagnosticMessageText(problem.messageText, '\n')}`;
    });
  });
}
