// Circles in a directed graph whose edges are of several kinds: Tarjan's strongly connected components (1972), without recursion,
// for a history is longer than a stack is deep. It knows nothing of transactions.

/** From each node to others, by the kinds of the edges between them. */
export type Graph<K> = Map<number, Map<number, Set<K>>>;

function* next<K>(graph: Graph<K>, from: number, kinds: readonly K[]): Generator<number> {
  for (const [to, edges] of graph.get(from) ?? []) if (kinds.some((kind) => edges.has(kind))) yield to;
}

/** The groups of more than one node in which each reaches each by edges of these kinds. */
export function groupsIn<K>(graph: Graph<K>, kinds: readonly K[]): number[][] {
  const groups: number[][] = [];
  const index = new Map<number, number>();
  const low = new Map<number, number>();
  const stack: number[] = [];
  const onStack = new Set<number>();
  const lower = (node: number, to: number): void => void low.set(node, Math.min(low.get(node) as number, to));

  for (const root of graph.keys()) {
    if (index.has(root)) continue;
    const path: { readonly node: number; readonly edges: Generator<number> }[] = [];
    const enter = (node: number): void => {
      index.set(node, index.size);
      low.set(node, index.get(node) as number);
      stack.push(node);
      onStack.add(node);
      path.push({ node, edges: next(graph, node, kinds) });
    };
    enter(root);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { node, edges } = top;
      const edge = edges.next();
      if (edge.done !== true) {
        const to = edge.value;
        if (!index.has(to)) enter(to);
        else if (onStack.has(to)) lower(node, index.get(to) as number);
        continue;
      }
      path.pop();
      const above = path.at(-1);
      if (above !== undefined) lower(above.node, low.get(node) as number);
      if (low.get(node) !== index.get(node)) continue;
      const group = stack.splice(stack.lastIndexOf(node));
      for (const each of group) onStack.delete(each);
      if (group.length > 1) groups.push(group);
    }
  }
  return groups;
}

/** The shortest way by edges of these kinds, both ends included. */
export function pathIn<K>(graph: Graph<K>, from: number, to: number, kinds: readonly K[]): number[] | undefined {
  const cameFrom = new Map<number, number | undefined>([[from, undefined]]);
  const open = [from];
  for (let node = open.shift(); node !== undefined; node = open.shift()) {
    if (node === to) {
      const path: number[] = [];
      for (let each: number | undefined = node; each !== undefined; each = cameFrom.get(each)) path.unshift(each);
      return path;
    }
    for (const each of next(graph, node, kinds)) {
      if (cameFrom.has(each)) continue;
      cameFrom.set(each, node);
      open.push(each);
    }
  }
  return undefined;
}
