// The sources of libs/*/src and apps/*/src from the disk; specs are no part of the house.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Sources } from './import-graph.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export function readSources(): Sources {
  const sources = new Map<string, string>();
  for (const group of ['libs', 'apps']) {
    for (const project of readdirSync(ROOT + group)) read(`${group}/${project}/src`, sources);
  }
  return sources;
}

function read(folder: string, into: Map<string, string>): void {
  for (const entry of readdirSync(ROOT + folder, { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) read(path, into);
    else if (entry.name.endsWith('.ts') && !/\.(?:spec|d)\.ts$/.test(entry.name)) {
      into.set(path, readFileSync(ROOT + path, 'utf8'));
    }
  }
}
