// docs/operations.md has every line that can be printed, and none that cannot: whoever searches a line at night finds it.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { LIFECYCLE_EVENTS } from '@hydrogen/database';
import { logLines, patternOf } from './log-lines.js';
import { readSources } from './read-sources.js';

const page = readFileSync(fileURLToPath(new URL('../../docs/operations.md', import.meta.url)), 'utf8');
const examples = [...page.matchAll(/^```log\n([^]*?)^```/gm)].flatMap(([, block = '']) => block.trimEnd().split('\n'));

const PRINTING = /^(?:libs\/(?:config|database|embedded)|apps\/hydrogen)\/src\/(?!.*\.spec\.ts$)/;
const { lines, passedOn } = logLines(new Map([...readSources()].filter(([path]) => PRINTING.test(path))));

/** They print what others have made, or a value alone; the page tells of it in words. */
const PASS_ON = [
  'apps/hydrogen/src/quiet-start.logger.ts',
  'libs/database/src/database-core.module.ts',
  'libs/database/src/database-runtime.ts',
  'libs/database/src/filter/database-exception.filter.ts',
  'libs/database/src/health/health-monitor.ts',
  'libs/database/src/streaming/stream-json.ts',
];

describe('docs/operations.md', () => {
  it('has an example of every line that the code can print', () => {
    const missing = lines.filter((line) => !examples.some((example) => patternOf(line).test(example)));
    expect(missing.map(({ at, text }) => `${at} prints a line that docs/operations.md lacks: ${text}`)).toEqual([]);
  });

  it('has no line that no code prints', () => {
    const stale = examples.filter((example) => !lines.some((line) => patternOf(line).test(example)));
    expect(stale.filter((line) => !/^GET .* DB_/.test(line))).toEqual([]);
  });

  it('knows every place that prints a text made elsewhere', () => {
    expect(passedOn.toSorted()).toEqual(PASS_ON);
  });

  it('describes every event, in the order of a call’s way', () => {
    const table = page.slice(page.indexOf('| event | when |'));
    expect([...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, event]) => event)).toEqual([...LIFECYCLE_EVENTS]);
  });
});

describe('logLines', () => {
  it('reads templates, sums and plain texts, with a gap for every value', () => {
    const source = [
      'log.warn(`${name}: lost ${count > 1 ? "x" : ""} things`);',
      "this.#logger.error('one ' + (two as string));",
      'warn(message);',
      'Math.log(2); console.error("not ours");',
    ];
    const found = logLines(new Map([['a.ts', source.join('\n')]]));
    expect(found.lines).toEqual([
      { at: 'a.ts:1', text: '…: lost … things' },
      { at: 'a.ts:2', text: 'one …' },
    ]);
    expect(found.passedOn).toEqual(['a.ts']);
    expect(patternOf({ at: '', text: '…: lost … things' }).test('Main: lost 3 things')).toBe(true);
    expect(patternOf({ at: '', text: '…: lost … things' }).test('Main: lost 3 things (more)')).toBe(false);
  });
});
