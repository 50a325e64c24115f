// Gives a row a property by a name that came from outside. It must not be a plain assignment everywhere: one to `__proto__`
// would change the row's prototype instead of adding a column.

export function setProperty(row: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(row, name, { value, enumerable: true, configurable: true, writable: true });
  else row[name] = value;
}
