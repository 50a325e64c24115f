// Hooks run one after the other when their transaction has ended: nothing can be undone any more, so what they throw is told to the
// log and to nobody else.
import type { Hook } from './level.js';

export interface HookPlace {
  readonly database: string;
  readonly warn: (message: string) => void;
}

/** Never rejects. The first begins at once. */
export async function callHooks(hooks: readonly Hook[], name: string, { database, warn }: HookPlace): Promise<void> {
  for (const hook of hooks) {
    try {
      await hook();
    } catch (error) {
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
      warn(`${database}: ${name} failed: ${what}`);
    }
  }
}
