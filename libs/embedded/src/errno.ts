// Reads the code of a system error (`ENOENT`, `EPERM`, …) from whatever was thrown.
// By shape, not by class: under Jest, Node's own errors are of another `Error` than the one seen here.

export function isErrno(error: unknown, ...codes: string[]): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && codes.some((code) => code === error.code);
}
