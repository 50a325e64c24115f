// Values on their way from the document into settings: converted, with the knowledge of where each came from.
// Data and its merging only.

export type ConfigValueSource = 'file' | 'env' | 'default' | 'code';

export interface BoundValue {
  readonly value: unknown;
  /** Key path as written, under `Databases.Defaults` for an inherited value. */
  readonly path: string;
  readonly source: ConfigValueSource;
  /** Variables in it. */
  readonly variables: readonly string[];
  /** What a message may show as "got"; absent where the value is a secret. */
  readonly shown?: string;
  /** Already reported; there is nothing to judge. */
  readonly failed: boolean;
}

/** The given keys of one settings class by their canonical names. */
export interface BoundBlock {
  readonly values: Map<string, BoundValue>;
  readonly blocks: Map<string, BoundBlock>;
}

export function emptyBlock(): BoundBlock {
  return { values: new Map(), blocks: new Map() };
}

/** Key by key, the nested blocks too; what `over` has wins. Neither argument is changed. */
export function mergeBlocks(base: BoundBlock, over: BoundBlock): BoundBlock {
  const blocks = new Map(base.blocks);
  for (const [name, block] of over.blocks) blocks.set(name, mergeBlocks(base.blocks.get(name) ?? emptyBlock(), block));
  return { values: new Map([...base.values, ...over.values]), blocks };
}
