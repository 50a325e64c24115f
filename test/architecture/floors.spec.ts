// The house as it stands: every import of every source is read, and none may break a rule of house.md.
import { describe, expect, it } from '@jest/globals';
import { unexplainedLength, violations, WORKER_ENTRY } from './floor-rules.js';
import { reach, readGraph } from './import-graph.js';
import { readSources } from './read-sources.js';

const sources = readSources();
const graph = readGraph(sources);

describe('the floors', () => {
  it('were read: every library, the application, and the imports between them', () => {
    for (const folder of ['libs/config', 'libs/pool', 'libs/database', 'libs/embedded', 'apps/hydrogen']) {
      expect([...graph.keys()].filter((path) => path.startsWith(`${folder}/src/`)).length).toBeGreaterThan(3);
    }
    expect([...graph.values()].flatMap((file) => file.imports).length).toBeGreaterThan(300);
    expect(reach(graph, WORKER_ENTRY).size).toBeGreaterThan(10);
    expect(reach(graph, 'libs/database/src/worker/worker-thread.ts').has(WORKER_ENTRY)).toBe(true);
  });

  it('hold: no arrow climbs, no circle, nothing where it may not be', () => {
    expect(violations(graph)).toEqual([]);
  });

  it('keep files small: one over 250 lines explains itself in its first lines', () => {
    expect(unexplainedLength(sources)).toEqual([]);
  });

  it('begin each file with what it is for', () => {
    expect([...sources].filter(([, text]) => !/^(?:\/\/|\/\*)/.test(text)).map(([path]) => path)).toEqual([]);
  });
});
