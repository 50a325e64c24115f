// All cases, in the order in which they are told.
import type { CaseSpec } from './case.js';
import { LARGE_CASES } from './large.cases.js';
import { SMALL_CASES } from './small.cases.js';

export const CASES: readonly CaseSpec[] = [...SMALL_CASES, ...LARGE_CASES];
