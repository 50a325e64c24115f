// The arithmetic of the benchmarks: what is told is a median, and a ratio is made inside a round before it is told.
// Pure; nothing here measures.

/** @throws RangeError when there is nothing to take it of */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('a percentile of nothing');
  if (!(share >= 0 && share <= 1)) throw new RangeError(`a percentile is asked for by a share of 0 to 1, not ${share}`);
  const sorted = Float64Array.from(values).toSorted();
  // Nearest rank: a value that was measured, never one between two.
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number;
}

/** The mean of the two in the middle when their number is even. @throws RangeError when there is nothing to take it of */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('a median of nothing');
  const sorted = Float64Array.from(values).toSorted();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * The median of ours/rival, round by round: the machine of one round is not the machine of the next, and what both
 * suffered cancels out. Rounds in which one of the two is missing count for nothing; undefined when none is left.
 */
export function pairedRatio(
  ours: readonly (number | undefined)[],
  rival: readonly (number | undefined)[],
): number | undefined {
  const ratios = ours.flatMap((value, round) => {
    const other = rival[round];
    return value === undefined || other === undefined || other === 0 ? [] : [value / other];
  });
  return ratios.length === 0 ? undefined : median(ratios);
}

/** `items` begun at another one each round, so that nobody is always the first, or always behind the same neighbour. */
export function rotated<T>(items: readonly T[], round: number): T[] {
  const first = items.length === 0 ? 0 : round % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}
