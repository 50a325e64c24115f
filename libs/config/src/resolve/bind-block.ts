// A raw block of keys to a bound one: canonical names, both spellings, unknown keys. It judges names, not values.
import { nearestName } from '../nearest-name.js';
import { rulesOf, type KeyRule, type KeyRules, type SettingsClass } from '../settings/key-rules.js';
import type { HostSettings } from '../settings/host.settings.js';
import { isPlainBlock, type RawBlock } from '../source/raw-block.js';
import { assemble } from './assemble.js';
import { bindValue } from './bind-value.js';
import { emptyBlock, type BoundBlock, type BoundValue } from './bound.js';
import { hostsOfText, showHosts } from './host-text.js';
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
  else if (rule.kind === 'list') bound.values.set(name, bindList(rule.block, value, path, scope));
  else if (isPlainBlock(value)) bound.blocks.set(name, bindBlock(rulesOf(rule.block), value, path, scope));
  else scope.problems.add(path, 'must be an object');
}

/** Each entry is a whole block and inherits nothing, so it is assembled here. */
function bindList(block: SettingsClass, raw: unknown, path: string, scope: Scope): BoundValue {
  const plain: BoundValue = { path, value: [], source: scope.origin, variables: [], failed: true };
  const bind = (entry: unknown, at: string): BoundBlock[] => {
    if (isPlainBlock(entry)) return [bindBlock(rulesOf(block), entry, at, scope)];
    const text = bindValue({ kind: 'text' }, entry, at, scope);
    return text.failed ? [] : hostsOfText(text);
  };
  if (
    typeof raw !== 'string' &&
    !(Array.isArray(raw) && raw.every((entry) => typeof entry === 'string' || isPlainBlock(entry)))
  ) {
    scope.problems.add(path, 'must be a list of { "Host", "Port", "Weight" }, or a text such as "a:5432, b:5433"');
    return plain;
  }
  const bound =
    typeof raw === 'string' ? bind(raw, path) : raw.flatMap((entry, index) => bind(entry, `${path}[${index}]`));
  // Failed: a placeholder has been reported already.
  if (bound.length === 0 && raw.length > 0) return plain;
  const value = bound.map((each, index) => assemble(block, each, `${path}[${index}]`, scope.problems));
  const given = bound.flatMap(({ values }) => [...values.values()]);
  const variables = [...new Set(given.flatMap((each) => each.variables))];
  const hidden = given.length === 0 || given.some((each) => each.shown === undefined);
  return {
    ...plain,
    value,
    failed: false,
    source: variables.length > 0 ? 'env' : scope.origin,
    variables,
    ...(hidden ? {} : { shown: showHosts(value as HostSettings[]) }),
  };
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
