// Does the pool's model test find what it is there for? Plants one known bug after the other in a copy of libs/pool and runs the
// test on it. A bug that survives, or whose place in the source is gone, ends this with 1. It never touches the sources.
//   npm run pool:mutations [-- part of a name]
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import base from '../jest.config.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TIME_LIMIT_MS = 120_000;

/** Each patch: a file of libs/pool/src, the text that must stand there once, and what stands there instead. */
const BUGS = [
  {
    bug: 'waiters are served last come, first served',
    patches: [
      [
        'wait-queue.ts',
        'waiter.previous = this.#last;\n    if (this.#last === undefined) this.#first = waiter;\n    else this.#last.next = waiter;\n    this.#last = waiter;',
        'waiter.next = this.#first;\n    if (this.#first === undefined) this.#last = waiter;\n    else this.#first.previous = waiter;\n    this.#first = waiter;',
      ],
    ],
  },
  {
    bug: 'one more than max is opened',
    patches: [['entry-opener.ts', 'return entries.total < ceiling;', 'return entries.total <= ceiling;']],
  },
  {
    bug: 'every seventh wake-up is lost',
    patches: [
      ['resource-pool.ts', 'export class ResourcePool', 'let rung = 0;\nexport class ResourcePool'],
      ['resource-pool.ts', '    this.#again = true;\n', '    if (++rung % 7 === 0) return;\n    this.#again = true;\n'],
    ],
  },
  {
    bug: 'a waiter is served after its cancel',
    patches: [
      ['admission.ts', '() => this.leave(waiter, this.aborted(options))', '() => waiter.refuse(this.aborted(options))'],
    ],
  },
  {
    bug: 'one entry is lent twice',
    patches: [
      [
        'pool-lease.ts',
        'if (!this.#loan.ended) return this.#returner.release(',
        "if (!this.#loan.ended || this.#entry.state === 'leased') return this.#returner.release(",
      ],
    ],
  },
  {
    bug: 'an entry is lent while the housekeeper holds it',
    patches: [
      [
        'entry-registry.ts',
        "if (from === 'idle') this.idle",
        "if ((from === 'idle' && to !== 'reserved') || from === 'reserved') this.idle",
      ],
      ['pool-entry-state.ts', "reserved: ['idle',", "reserved: ['idle', 'leased', 'reserved',"],
      // Or the state table would tell on it before anybody is harmed.
      [
        'entry-prover.ts',
        '  private passed(',
        '  private passed(entry: PoolEntry<T>): void {\n    if (entry.state === "reserved") this.proved(entry);\n  }\n\n  private proved(',
      ],
      [
        'entry-prover.ts',
        '    entry.step = undefined;\n    if (error',
        '    if (entry.state !== "reserved") return;\n    entry.step = undefined;\n    if (error',
      ],
    ],
  },
  {
    bug: 'a failed connect keeps its slot',
    patches: [['entry-opener.ts', "else core.entries.move(entry, 'closed');", ';']],
  },
  {
    bug: 'a drain forgets a waiter',
    patches: [
      [
        'shutdown.ts',
        'queue.refuseAll(() => this.refusal());',
        'if (queue.first !== undefined) queue.remove(queue.first);\n    queue.refuseAll(() => this.refusal());',
      ],
    ],
  },
  {
    bug: 'a resize counts twice',
    patches: [['resource-pool.ts', 'core.max = max;', 'core.max += 2 * (max - core.max);']],
  },
  {
    bug: 'a recalled pipeline is lent before it ran dry',
    patches: [
      [
        'standing-recall.ts',
        'test(entry)) this.ask(loan);',
        "test(entry)) {\n        this.ask(loan);\n        this.core.entries.endLoan(entry, loan);\n        this.core.entries.move(entry, 'idle');\n      }",
      ],
    ],
  },
  {
    bug: 'a refused login is tried again within its window',
    patches: [['entry-opener.ts', ' || this.backoff.holding || circuit.open)', ' || this.backoff.holding)']],
  },
  {
    bug: 'a circuit forgets those whom nothing can serve any more',
    patches: [
      ['connect-failures.ts', 'if (!circuit.open || queue.size === 0 || servable', 'if (queue.size >= 0 || servable'],
    ],
  },
  {
    bug: 'a full server fails those who wait',
    patches: [['connect-failures.ts', "=== 'full') this.full();", "=== 'full') this.refused(error);"]],
  },
  {
    bug: 'a hedge does not care for max',
    patches: [['entry-opener.ts', 'entries.pending - 1) || !this.mayOpen()) break;', 'entries.pending - 1)) break;']],
  },
];

const wanted = process.argv[2] ?? '';
const results = BUGS.filter(({ bug }) => bug.includes(wanted)).map((mutation) => {
  const result = { bug: mutation.bug, ...run(mutation.patches) };
  console.log(`${result.bug} | ${result.foundBy ?? 'SURVIVED'} | ${result.sequences ?? ''}`);
  return result;
});
const survivors = results.filter(({ foundBy }) => foundBy === undefined);
console.log(`\n${results.length - survivors.length} of ${results.length} bugs found`);
process.exitCode = survivors.length > 0 ? 1 : 0;

/** The model test on a copy with the patches. */
function run(patches) {
  const folder = mkdtempSync(join(tmpdir(), 'hydrogen-mutation-'));
  try {
    for (const part of ['src', 'test', 'package.json']) {
      cpSync(join(ROOT, 'libs/pool', part), join(folder, part), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    for (const [file, before, after] of patches) patch(join(folder, 'src', file), before, after);
    return test(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function patch(file, before, after) {
  const source = readFileSync(file, 'utf8');
  if (source.split(before).length !== 2) throw new Error(`${file} does not have this once:\n${before}`);
  writeFileSync(
    file,
    source.replace(before, () => after),
  );
}

function test(folder) {
  const { globalSetup: _up, globalTeardown: _down, reporters: _reporters, ...config } = base;
  const configFile = join(folder, 'jest.config.json');
  writeFileSync(configFile, JSON.stringify({ ...config, rootDir: folder, roots: ['<rootDir>'] }));
  const report = join(folder, 'report.json');
  const jest = join(ROOT, 'node_modules/jest/bin/jest.js');
  const { status, signal, stderr } = spawnSync(
    process.execPath,
    ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', jest].concat(
      '--config',
      configFile,
      '--json',
      '--outputFile',
      report,
      '--bail=1',
      'pool.model',
    ),
    { cwd: folder, env: { ...process.env, POOL_MODEL_FIRST: '1' }, timeout: TIME_LIMIT_MS, encoding: 'utf8' },
  );
  if (signal !== null) return { foundBy: `it did not end within ${TIME_LIMIT_MS / 1000} s` };
  if (status === 0) return {};
  if (!existsSync(report)) {
    const crash = /^\w*Error: .*$/m.exec(stderr)?.[0];
    if (crash === undefined) throw new Error(`the test did not run:\n${stderr}`);
    return { foundBy: `the run broke off: ${crash}` };
  }
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  const failed = testResults.flatMap((file) => file.assertionResults).find((each) => each.status === 'failed');
  if (failed === undefined) throw new Error(`the test did not run:\n${stderr}`);
  const said = failed.failureMessages.join('\n');
  const [, sequences] = /failed after (\d+) tests/.exec(said) ?? [];
  const [, cause] = /^Got (?:error: )?(?:Error: )?(.*)$/m.exec(said) ?? [];
  return { foundBy: cause ?? said.slice(0, 300), sequences };
}
