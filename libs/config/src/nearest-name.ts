// Which known name did somebody mean? For messages only: it must never decide which database or key is used.

/** Optimal string alignment: insert, delete, replace, or swap two neighbours, each for 1. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = last[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      let best = Math.min(replaced, last[column]! + 1, current[column - 1]! + 1);
      // Levenshtein puts ODIC and OIDC at 2, as far as two unrelated typos; a swap is one slip of the fingers.
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        best = Math.min(best, beforeLast[column - 2]! + 1);
      }
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
}

/**
 * The candidate closest to `name`, or `undefined` when none is close enough to be worth suggesting: at most one edit
 * in a name of up to 5 letters, two up to 8, a third of the length beyond. Case does not count; the first candidate wins a tie.
 */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  const limit = name.length <= 5 ? 1 : name.length <= 8 ? 2 : Math.floor(name.length / 3);
  let best = limit + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) >= best) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < best) [nearest, best] = [candidate, distance];
  }
  return nearest;
}
