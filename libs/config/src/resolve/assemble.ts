// Bound values to an instance of a settings class, judged by its class-validator rules, whose output becomes our lines.
// Whatever was not given keeps the default of the class; defaults are not judged (a test does that once).
import { validateSync, type ValidationError } from 'class-validator';
import { rulesOf } from '../settings/key-rules.js';
import { emptyBlock, type BoundBlock, type BoundValue } from './bound.js';
import type { Problems } from './problems.js';

export function assemble<T extends object>(
  settings: new () => T,
  bound: BoundBlock,
  path: string,
  problems: Problems,
): T {
  const target = new settings();
  const rules = rulesOf(settings);
  for (const [name, { required }] of rules) {
    const found = bound.values.get(name);
    if (found === undefined && required) problems.add(`${path}.${name}`, 'is required', 'missing');
    if (found !== undefined && !found.failed) Object.assign(target, { [name]: found.value });
  }
  judge(target, new settings(), bound, problems);
  for (const [name, { block, kind }] of rules) {
    // A list's entries were assembled when they were bound.
    if (block === undefined || kind === 'list') continue;
    const nested = bound.blocks.get(name) ?? emptyBlock();
    Object.assign(target, { [name]: assemble(block, nested, `${path}.${name}`, problems) });
  }
  return target;
}

/** Adds a line for each given value that breaks a rule of the class, and puts the default back: later rules see sound types. */
function judge(target: object, defaults: object, bound: BoundBlock, problems: Problems): void {
  for (const error of validateSync(target, { validationError: { target: false, value: false } })) {
    const found = bound.values.get(error.property);
    if (found === undefined || found.failed) continue;
    problems.add(found.path, describe(error, found), 'wrong', found.variables[0]);
    Object.assign(target, { [error.property]: Reflect.get(defaults, error.property) as unknown });
  }
}

function describe(error: ValidationError, found: BoundValue): string {
  const [wanted = 'is not valid'] = Object.values(error.constraints ?? {});
  if (found.shown === undefined) return wanted;
  const origin = found.variables.length === 0 ? '' : ` from ${found.variables.join(', ')}`;
  return `${wanted}, got ${found.shown}${origin}`;
}
