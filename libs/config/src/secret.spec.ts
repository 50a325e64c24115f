// A secret under every way in which Node shows a value.
import { format, inspect } from 'node:util';
import { serialize } from 'node:v8';
import { describe, expect, it } from '@jest/globals';
import { Secret } from './secret.js';

describe('Secret', () => {
  const secret = new Secret('hunter2-and-more');

  it('gives its text to whoever asks by name', () => expect(secret.reveal()).toBe('hunter2-and-more'));

  it.each<[string, (value: Secret) => string]>([
    ['String()', String],
    // oxlint-disable-next-line typescript/restrict-template-expressions -- this very mistake is the case
    ['a template', (value) => `${value}`],
    ['join', (value) => [value, value].join()],
    ['toString', (value) => value.toString()],
    ['JSON', (value) => JSON.stringify({ value })],
    ['inspect', (value) => inspect({ value })],
    ['inspect with showHidden', (value) => inspect(value, { showHidden: true, depth: null, getters: true })],
    ['inspect without custom functions', (value) => inspect(value, { customInspect: false, showHidden: true })],
    ['format %s', (value) => format('%s %o %O %j', value, value, value, value)],
    ['locale string', (value) => value.toLocaleString()],
    ['own keys', (value) => Reflect.ownKeys(value).join() + JSON.stringify(Object.entries(value))],
    ['structuredClone', (value) => inspect(structuredClone(value), { showHidden: true })],
    ['serialize', (value) => serialize(value).toString('latin1')],
    ['an error', (value) => inspect(new Error(`bad ${String(value)}`, { cause: value }))],
  ])('shows nothing to %s', (_, show) => {
    const shown = show(secret);
    expect(shown).not.toMatch(/hunt|more/);
    // The length is not shown either: the same text for another secret.
    expect(shown.replace(/:\d+:\d+|at .*/g, '')).toBe(show(new Secret('x')).replace(/:\d+:\d+|at .*/g, ''));
  });

  it('prints one fixed word', () => {
    expect([String(secret), JSON.stringify(secret), inspect(secret)]).toEqual(['[secret]', '"[secret]"', '[secret]']);
    expect([secret.toString(), secret.toLocaleString(), [secret].join()]).toEqual(Array(3).fill('[secret]'));
    expect(Number(secret)).toBeNaN();
  });

  it('cannot be changed or extended', () => {
    expect(() => Object.assign(secret, { leaked: 1 })).toThrow(TypeError);
    expect(() => Object.assign(secret, { reveal: () => '' })).toThrow(TypeError);
  });
});
