// What happens at SIGTERM and SIGINT: the last thing started is closed first, then the process ends with 0.
// Instead of Nest's own hooks, which end the process as soon as the application is closed: a PostgreSQL of our own has
// to be stopped after that, when the pools are gone.
import { explain } from './say.js';

type Closer = () => Promise<void>;

const closers: Closer[] = [];
let ending: Promise<void> | undefined;

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void shutDown());

/** Adds what has to be closed; it is closed before everything that was added earlier. */
export function onShutdown(closer: Closer): void {
  closers.push(closer);
}

/** True from the first signal on: whatever fails now fails because it was closed. */
export const isShuttingDown = (): boolean => ending !== undefined;

/** A second signal while this runs changes nothing: npm hands one on that the terminal has already sent. */
function shutDown(): Promise<void> {
  ending ??= closeAll().then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`${explain(error)}\n`);
      process.exit(1);
    },
  );
  return ending;
}

/** Everything, even when something of it fails. By itself for a start that failed: closes what was started so far. */
export async function closeAll(): Promise<void> {
  const errors: unknown[] = [];
  for (const close of closers.splice(0).toReversed()) await close().catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw errors[0];
}
