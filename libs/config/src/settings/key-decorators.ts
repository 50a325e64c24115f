// The decorators of the settings classes: class-validator's rules with bounds, plus the kind of the key.
// Messages say what is wanted; the value that was got is added later, by code that knows whether it may be shown.
import {
  ArrayNotEmpty,
  IsArray,
  IsBoolean,
  IsIn,
  IsInstance,
  IsInt,
  IsNotEmpty,
  IsNumber,
  IsString,
  Max,
  Min,
  NotContains,
  ValidateIf,
} from 'class-validator';
import { Secret } from '../secret.js';
import { IsPasswordSource } from './password-source.js';
import { recordKey, type KeyRule, type SettingsClass } from './key-rules.js';

/** Node's timers and PostgreSQL's settings both end at 2^31 - 1 milliseconds; a longer timer would fire at once. */
export const MAX_MS = 2_147_483_647;

function key(rule: KeyRule, ...checks: PropertyDecorator[]): PropertyDecorator {
  return (target, name) => {
    recordKey(target.constructor, String(name), rule);
    for (const check of checks) check(target, name);
  };
}

/** Leaves out what was not given; unlike `IsOptional` it does not let `null` pass. */
const optional = ValidateIf((_, value: unknown) => value !== undefined);

export function Integer(min: number, max: number): PropertyDecorator {
  const message = `must be an integer from ${min} to ${max}`;
  return key({ kind: 'integer' }, IsInt({ message }), Min(min, { message }), Max(max, { message }));
}

export function Decimal(min: number, max: number): PropertyDecorator {
  const message = `must be a number from ${min} to ${max}`;
  return key({ kind: 'decimal' }, IsNumber({}, { message }), Min(min, { message }), Max(max, { message }));
}

export function Flag(): PropertyDecorator {
  return key({ kind: 'flag' }, IsBoolean({ message: 'must be true or false' }));
}

export function Choice(values: readonly string[], rule: Omit<KeyRule, 'kind'> = {}): PropertyDecorator {
  const words = [...values, ...Object.keys(rule.synonyms ?? {})];
  return key({ ...rule, kind: 'choice' }, IsIn(values, { message: `must be one of ${words.join(', ')}` }));
}

export function RequiredText(rule: Omit<KeyRule, 'kind'> = {}): PropertyDecorator {
  return key({ ...rule, kind: 'text', required: true }, ...textChecks());
}

export function OptionalText(rule: Omit<KeyRule, 'kind'> = {}): PropertyDecorator {
  return key({ ...rule, kind: 'text' }, optional, ...textChecks());
}

/** A text of our own making that only this process shows through `reveal()`. */
export function SecretText(rule: Omit<KeyRule, 'kind'> = {}): PropertyDecorator {
  return key({ ...rule, kind: 'secret' }, optional, IsInstance(Secret, { message: 'must be text' }));
}

export function Password(rule: Omit<KeyRule, 'kind'> = {}): PropertyDecorator {
  return key({ ...rule, kind: 'password' }, optional, IsPasswordSource());
}

export function Block(block: SettingsClass): PropertyDecorator {
  return key({ kind: 'block', block });
}

/** Blocks, one behind the other; also as texts, see `hostBlock`. */
export function List(block: SettingsClass): PropertyDecorator {
  const message = 'must be a list with at least one entry';
  return key({ kind: 'list', block }, optional, IsArray({ message }), ArrayNotEmpty({ message }));
}

function textChecks(): PropertyDecorator[] {
  const message = 'must be text and not empty';
  // PostgreSQL ends each text of the first message with a NUL: one inside a name would begin another parameter.
  return [IsString({ message }), IsNotEmpty({ message }), NotContains('\0', { message: 'must not contain NUL' })];
}
