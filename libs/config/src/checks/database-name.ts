// What a database may be called. The name is a key path, a metric label and a part of /health/:name.

const SHAPE = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;
/** Routes of the health module; a database of that name would hide one. */
const ROUTES = ['live', 'ready', 'startup'];

/** Why the name cannot be used, or `undefined`. */
export function faultOfDatabaseName(name: string): string | undefined {
  // A leading digit is out for one more reason: objects put number-like keys first, and the order of the file is kept.
  if (!SHAPE.test(name)) return 'a database name is a letter, then up to 62 letters, digits, _ or -';
  if (ROUTES.includes(name.toLowerCase())) return `this name is taken by the route /health/${name.toLowerCase()}`;
  return undefined;
}
