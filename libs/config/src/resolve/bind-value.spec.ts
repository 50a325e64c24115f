// What a bound value lets be shown. The property over all secrets stands in secrets.property.spec.ts.
import { describe, expect, it } from '@jest/globals';
import { Secret } from '../secret.js';
import type { KeyKind } from '../settings/key-rules.js';
import { bindValue } from './bind-value.js';
import type { BoundValue } from './bound.js';
import { Problems } from './problems.js';

const scope = {
  lookup: { variable: (name: string) => `value of ${name}`, file: () => ({ text: 'mounted' }) },
  secretVariables: new Set(['HIDDEN']),
  origin: 'file' as const,
  folder: '/srv',
  problems: new Problems(),
};
const bind = (kind: KeyKind, raw: unknown): BoundValue => bindValue({ kind }, raw, 'A.Key', scope);

describe('bindValue', () => {
  it('shows a plain value and one from a plain variable', () => {
    expect(bind('text', 'abc')).toMatchObject({ shown: '"abc"', source: 'file', variables: [] });
    expect(bind('text', '{$env.PLAIN}')).toMatchObject({
      shown: '"value of PLAIN"',
      source: 'env',
      variables: ['PLAIN'],
    });
    expect(bind('integer', 5)).toMatchObject({ shown: '5', value: 5 });
  });

  it.each<[KeyKind, unknown]>([
    ['secret', 'text'],
    ['password', 'text'],
    ['password', '{$env.PLAIN}'],
    ['password', 5],
    ['password', { File: '/x' }],
    ['text', '{$env.HIDDEN}'],
    ['text', 'a{$env.HIDDEN}'],
    ['text', '{$file./x}'],
    ['integer', new Secret('x')],
  ])('shows nothing of a %s given as %j', (kind, raw) => expect(bind(kind, raw).shown).toBeUndefined());
});
