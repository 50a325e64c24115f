// The code of a failed system call (ENOENT, EACCES), for messages. Never the error's own text, which may quote content.

export function errorCode(error: unknown): string {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'unknown error';
}
