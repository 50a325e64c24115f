// A raw block of keys to a bound one: canonical names, both spellings, unknown keys. It judges names, not values.
import { nearestName } from '../nearest-name.js';
import { rulesOf, type KeyRule, type KeyRules } from '../settings/key-rules.js';
import { isPlainBlock, type RawBlock } from '../source/raw-block.js';
import { bindValue } from './bind-value.js';
import { emptyBlock, type BoundBlock } from './bound.js';
import type { Scope } from './scope.js';

interface NamedRule {
  readonly name: string;
  readonly rule: KeyRule;
}

/**
 * @param elsewhere keys that are known at this place and read by somebody else
 */
export function bindBlock(
  rules: KeyRules,
  raw: RawBlock,
  path: string,
  scope: Scope,
  elsewhere: readonly string[] = [],
): BoundBlock {
  const bound = emptyBlock();
  const spellings = spellingsOf(rules);
  const written = new Map<string, string>();
  for (const [key, value] of Object.entries(raw)) {
    // In code, `Host: undefined` is the same as no Host.
    if (value === undefined || elsewhere.includes(key)) continue;
    const known = spellings.get(key);
    if (known === undefined) {
      reportUnknown(`${path}.${key}`, nearestName(key, [...spellings.keys(), ...elsewhere]), scope);
      continue;
    }
    const twin = written.get(known.name);
    if (twin !== undefined) {
      scope.problems.add(`${path}.${key}`, `the same setting as ${twin}, give one of them`);
      continue;
    }
    written.set(known.name, key);
    bindKey(bound, known, value, `${path}.${key}`, scope);
  }
  return bound;
}

function bindKey(bound: BoundBlock, { name, rule }: NamedRule, value: unknown, path: string, scope: Scope): void {
  if (rule.block === undefined) bound.values.set(name, bindValue(rule, value, path, scope));
  else if (isPlainBlock(value)) bound.blocks.set(name, bindBlock(rulesOf(rule.block), value, path, scope));
  else scope.problems.add(path, 'must be an object');
}

function reportUnknown(path: string, nearest: string | undefined, scope: Scope): void {
  const hint = nearest === undefined ? '' : `, did you mean ${nearest}?`;
  scope.problems.add(path, `unknown key${hint}`, 'unknown');
}

function spellingsOf(rules: KeyRules): Map<string, NamedRule> {
  const spellings = new Map<string, NamedRule>();
  for (const [name, rule] of rules) {
    spellings.set(name, { name, rule });
    if (rule.alias !== undefined) spellings.set(rule.alias, { name, rule });
  }
  return spellings;
}
