// A sink or a listener of ours has thrown: whoever stands behind it in line must be served first, and the fault must not be
// hidden. So it is thrown again, outside, as any exception of a listener.

export function loudly(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
