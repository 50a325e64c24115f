// The words of this program before and beside Nest's logger: plain lines, no stack for a mistake in a file.

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A mistake of whoever starts the service; its message is all there is to say. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** Codes of errors whose message says it all: what is wrong, and where to change it. */
const PLAIN = /^(?:DB_|EMBEDDED_|EADDRINUSE$|EACCES$)/;

/** Prints why, and ends with 1. */
export function failToStart(error: unknown): void {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
}

export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return error instanceof StartError || PLAIN.test(code) ? error.message : (error.stack ?? error.message);
}
