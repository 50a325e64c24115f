// Reads TypeScript sources into a graph of imports, and answers what the floor rules ask of it. It works on texts, not
// on a disk, so that made-up trees prove it; it knows the syntax of imports and nothing of the house.
import ts from 'typescript';

/** Path from the repository's root, with `/`, to the file's text. */
export type Sources = ReadonlyMap<string, string>;

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** `type` vanishes at run time; `url` is `new URL('./x', import.meta.url)`, a worker's entry. */
  readonly kind: 'value' | 'type' | 'dynamic' | 'export' | 'url';
  /** The file of this tree; undefined = a package or a builtin. */
  readonly target?: string;
  /** A relative path that leads to no file. */
  readonly broken?: boolean;
}

export interface SourceFile {
  readonly path: string;
  readonly imports: readonly Import[];
  /** Names used as values, and `a.b` for property accesses on them: `Date.now`, `process.env`, `setTimeout`. */
  readonly uses: ReadonlySet<string>;
}

export type Graph = ReadonlyMap<string, SourceFile>;

export function readGraph(sources: Sources): Graph {
  return new Map([...sources].map(([path, text]) => [path, readFile(path, text, sources)]));
}

function readFile(path: string, text: string, sources: Sources): SourceFile {
  const imports: Import[] = [];
  const uses = new Set<string>();
  const add = (specifier: ts.Node | undefined, kind: Import['kind']): void => {
    if (!specifier || !ts.isStringLiteralLike(specifier)) return;
    imports.push({ specifier: specifier.text, kind, ...resolve(path, specifier.text, kind, sources) });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeOnly(node) ? 'type' : 'value');
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, 'export');
    else if (ts.isExternalModuleReference(node)) add(node.expression, 'value');
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, 'type');
    else if (isDynamicImport(node) || isRequire(node)) add(node.arguments[0], 'dynamic');
    else if (isModuleUrl(node)) add(node.arguments?.[0], 'url');
    const used = useOf(node);
    if (used) uses.add(used);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true));
  return { path, imports, uses };
}

function isTypeOnly({ importClause: clause }: ts.ImportDeclaration): boolean {
  if (!clause) return false;
  if (clause.isTypeOnly) return true;
  const { namedBindings } = clause;
  if (clause.name || !namedBindings || !ts.isNamedImports(namedBindings)) return false;
  return namedBindings.elements.length > 0 && namedBindings.elements.every((element) => element.isTypeOnly);
}

function isDynamicImport(node: ts.Node): node is ts.CallExpression {
  return ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
}

function isRequire(node: ts.Node): node is ts.CallExpression {
  return ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'require';
}

/** `new URL('./x.js', import.meta.url)`; other URLs name no module of ours. */
function isModuleUrl(node: ts.Node): node is ts.NewExpression {
  if (!ts.isNewExpression(node) || !ts.isIdentifier(node.expression) || node.expression.text !== 'URL') return false;
  const [path] = node.arguments ?? [];
  return path !== undefined && ts.isStringLiteralLike(path) && /^\..*\.[jt]s$/.test(path.text);
}

/** A name that is read here as a value: no declaration, no type, no key of a property. */
function useOf(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
    return `${node.expression.text}.${node.name.text}`;
  }
  if (ts.isElementAccessExpression(node) && ts.isIdentifier(node.expression)) {
    return ts.isStringLiteralLike(node.argumentExpression)
      ? `${node.expression.text}.${node.argumentExpression.text}`
      : undefined;
  }
  if (ts.isNewExpression(node) && ts.isIdentifier(node.expression)) return `new ${node.expression.text}`;
  if (!ts.isIdentifier(node)) return undefined;
  const { parent } = node;
  // `a` of `a.b` has been taken as `a.b`; alone it would hand the whole of itself to another name.
  const isKey = ts.isPropertyAccessExpression(parent);
  const isName = 'name' in parent && parent.name === node && !ts.isShorthandPropertyAssignment(parent);
  return isKey || isName || ts.isTypeNode(parent) || ts.isQualifiedName(parent) ? undefined : node.text;
}

function resolve(
  from: string,
  specifier: string,
  kind: Import['kind'],
  sources: Sources,
): Pick<Import, 'target' | 'broken'> {
  if (!specifier.startsWith('.')) return {};
  const joined = normalize(`${from.slice(0, from.lastIndexOf('/'))}/${specifier}`);
  // The built entry stands for its source: a worker cannot run TypeScript.
  const source = (kind === 'url' ? joined.replace('/dist/', '/src/') : joined).replace(/\.js$/, '.ts');
  return sources.has(source) ? { target: source } : { broken: true };
}

function normalize(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

/** Every circle once, as the path that leads back to its beginning. Type-only imports count. */
export function findCircles(graph: Graph): readonly (readonly string[])[] {
  const circles = new Map<string, readonly string[]>();
  const done = new Set<string>();
  const path: string[] = [];
  const walk = (file: string): void => {
    const at = path.indexOf(file);
    if (at >= 0) {
      const circle = path.slice(at);
      circles.set(circle.toSorted().join(' '), [...circle, file]);
      return;
    }
    if (done.has(file)) return;
    path.push(file);
    for (const target of targetsOf(graph, file)) walk(target);
    path.pop();
    done.add(file);
  };
  for (const file of graph.keys()) walk(file);
  return [...circles.values()];
}

/** The files that `entry` reaches, itself included, each with the way to it. Type-only imports count. */
export function reach(graph: Graph, entry: string): ReadonlyMap<string, readonly string[]> {
  const ways = new Map<string, readonly string[]>([[entry, [entry]]]);
  const waiting = [entry];
  for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
    for (const target of targetsOf(graph, file)) {
      if (ways.has(target)) continue;
      ways.set(target, [...(ways.get(file) ?? []), target]);
      waiting.push(target);
    }
  }
  return ways;
}

function targetsOf(graph: Graph, file: string): string[] {
  return (graph.get(file)?.imports ?? []).flatMap(({ target }) => (target === undefined ? [] : [target]));
}
