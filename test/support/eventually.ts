// Waiting for another process's move (a server, a kernel, a worker): there is no clock of ours to hold.

/** Asks every 10 ms until it holds. @returns milliseconds it took */
export async function eventually(withinMs: number, holds: () => boolean | Promise<boolean>): Promise<number> {
  const startedAt = performance.now();
  while (!(await holds())) {
    if (performance.now() - startedAt > withinMs) throw new Error(`did not hold within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return performance.now() - startedAt;
}
