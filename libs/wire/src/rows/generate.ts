// The one place that turns a string into code. Names of columns come from users: they enter the source as JSON strings
// through objectSource and in no other way; everything else in it is ours.

/**
 * What `source` returns when it is run with `scope` around it. Undefined in a process that forbids code from strings
 * (--disallow-code-generation-from-strings).
 */
export function generateFunction(scope: Readonly<Record<string, unknown>>, source: string): unknown {
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- the price of rows of one shape; see the top of this file
    const build = new Function(...Object.keys(scope), source) as (...values: unknown[]) => unknown;
    return build(...Object.values(scope));
  } catch (error) {
    if (error instanceof Error && error.name === 'EvalError') return undefined;
    throw error;
  }
}

/** An object literal. `__proto__` as a plain key would set the prototype, as a computed one it is a property like any. */
export function objectSource(properties: readonly (readonly [name: string, value: string])[]): string {
  const entries = properties.map(([name, value]) => `${keySource(name)}: ${value}`);
  return `{ ${entries.join(', ')} }`;
}

function keySource(name: string): string {
  return name === '__proto__' ? '["__proto__"]' : JSON.stringify(name);
}
