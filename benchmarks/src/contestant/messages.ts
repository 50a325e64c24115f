// What a contestant's process is told and what it answers. One request at a time, exactly one answer to each.
import type { CaseSpec, ContestantSpec } from '../cases/case.js';
import type { Figures } from '../metrics.js';
import type { Fingerprint } from './same.js';

export type Request =
  | {
      readonly kind: 'prepare';
      readonly spec: CaseSpec;
      readonly contestant: ContestantSpec;
      readonly url: string;
      readonly quick: boolean;
    }
  | { readonly kind: 'check' }
  /** Runs `turns` units one after another through `url`, where a proxy counts; some come first to warm up. */
  | { readonly kind: 'count'; readonly url: string; readonly turns: number }
  | { readonly kind: 'round'; readonly ms: number; readonly warmMs: number }
  | { readonly kind: 'close' };

export type Answer =
  | { readonly kind: 'ready' }
  /** Not a failure: this library, or this build, cannot do it. */
  | { readonly kind: 'unavailable'; readonly reason: string }
  | { readonly kind: 'checked'; readonly fingerprint?: Fingerprint }
  | { readonly kind: 'counted'; readonly turns: number }
  | { readonly kind: 'measured'; readonly figures: Figures }
  | { readonly kind: 'closed' }
  | { readonly kind: 'failed'; readonly message: string };

/** While it counts: the warm ones are done, all are done. Each is answered by `go`, so that the counter is read in time. */
export interface Word {
  readonly kind: 'warm' | 'done';
}

export interface Go {
  readonly kind: 'go';
}
