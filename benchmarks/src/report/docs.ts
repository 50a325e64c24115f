// docs/benchmarks.md and its plots.
import type { Results } from './results.js';

export function writeDocs(_results: Results): string[] {
  return [];
}
