// One raw value to a bound one: expand, convert, remember where it came from and whether it may be shown.
import { resolve } from 'node:path';
import { expandPlaceholders, type Expansion } from '../placeholders/expand-placeholders.js';
import { Secret } from '../secret.js';
import { isSecretKind, type KeyRule } from '../settings/key-rules.js';
import { isPasswordFile } from '../settings/password-source.js';
import type { BoundValue } from './bound.js';
import { coerce } from './coerce.js';
import type { Scope } from './scope.js';
import { showValue } from './show-value.js';

export function bindValue(rule: KeyRule, raw: unknown, path: string, scope: Scope): BoundValue {
  const plain = { path, source: scope.origin, variables: [], failed: false };
  if (typeof raw === 'string') return bindText(rule, raw, path, scope);
  if (rule.kind === 'password' && isPasswordFile(raw)) {
    const file = expand(raw.File, `${path}.File`, scope);
    const value = Object.freeze({ File: file.text && resolve(scope.folder, file.text) });
    return { ...plain, ...origins(file, scope), value };
  }
  const value = isSecretKind(rule.kind) ? raw : coerce(rule, raw, scope.folder);
  const hidden = isSecretKind(rule.kind) || raw instanceof Secret;
  return hidden ? { ...plain, value } : { ...plain, value, shown: showValue(raw) };
}

function bindText(rule: KeyRule, raw: string, path: string, scope: Scope): BoundValue {
  const expansion = expand(raw, path, scope);
  const bound = { ...origins(expansion, scope), path, value: coerce(rule, expansion.text, scope.folder) };
  const hidden =
    isSecretKind(rule.kind) ||
    expansion.fromFile ||
    expansion.variables.some((variable) => scope.secretVariables.has(variable));
  return hidden ? bound : { ...bound, shown: showValue(expansion.text) };
}

function expand(text: string, path: string, scope: Scope): Expansion {
  const expansion = expandPlaceholders(text, scope.lookup);
  for (const { message, missing, env } of expansion.failures) {
    scope.problems.add(path, message, missing ? 'missing' : 'wrong', env);
  }
  return expansion;
}

function origins(expansion: Expansion, scope: Scope): Pick<BoundValue, 'source' | 'variables' | 'failed'> {
  const source = expansion.variables.length > 0 ? 'env' : scope.origin;
  return { source, variables: expansion.variables, failed: expansion.failures.length > 0 };
}
