// Where a password comes from, and the rule that recognises one. It never calls the function and never reads the file:
// both belong to the moment of each new connection, so that a rotated password is picked up without a restart.
import { ValidateBy } from 'class-validator';
import { Secret } from '../secret.js';

/**
 * A fixed password, a function that is called for each new connection, or a file that is read for each new connection
 * (absolute path; one line break at its end does not count).
 */
export type PasswordSource = Secret | (() => string | Promise<string>) | { readonly File: string };

export function isPasswordFile(value: unknown): value is { readonly File: string } {
  if (typeof value !== 'object' || value === null || value instanceof Secret) return false;
  const file: unknown = Object.hasOwn(value, 'File') ? Reflect.get(value, 'File') : undefined;
  return typeof file === 'string' && file !== '' && Object.keys(value).length === 1;
}

export function isPasswordSource(value: unknown): value is PasswordSource {
  return value instanceof Secret || typeof value === 'function' || isPasswordFile(value);
}

export function IsPasswordSource(): PropertyDecorator {
  return ValidateBy({
    name: 'isPasswordSource',
    validator: {
      validate: isPasswordSource,
      defaultMessage: () => 'must be text, { "File": "path" }, or in code a function',
    },
  });
}
