// Which variables a configuration asks for, before any of them is read.
import { describe, expect, it } from '@jest/globals';
import { failureOf, repository, twentyVariables } from '../test-support/fixtures.js';
import { listPlaceholders } from './list-placeholders.js';

describe('listPlaceholders', () => {
  it('finds the twenty variables of the seed file in its order', () => {
    const found = listPlaceholders({ cwd: repository, env: {} });
    expect(found.map(({ variable }) => variable)).toEqual(Object.keys(twentyVariables()));
    expect(found[1]).toEqual({ path: 'Databases.Connections.OIDC.Port', variable: 'OIDC_DB_PORT', hasDefault: false });
  });

  it('finds several in one text, nested, with and without a default, and no escaped one', () => {
    const A = { Host: '{$env.A}-${env.B:-b}-{$$env.C}', Enabled: false, Tls: { Ca: '{$file./x}{$env.D:-}' } };
    expect(listPlaceholders({ config: { Workers: '{$env.W}', Connections: { A } }, env: {} })).toEqual([
      { path: 'Databases.Workers', variable: 'W', hasDefault: false },
      { path: 'Databases.Connections.A.Host', variable: 'A', hasDefault: false },
      { path: 'Databases.Connections.A.Host', variable: 'B', hasDefault: true },
      { path: 'Databases.Connections.A.Tls.Ca', variable: 'D', hasDefault: true },
    ]);
  });

  it('fails where there is no document', () => {
    expect(failureOf(() => listPlaceholders({ config: '/no/such.json', env: {} })).message).toBe(
      '/no/such.json: file not found',
    );
  });
});
