import { describe, expect, it } from '@jest/globals';
import { databasesFor, valuesFor } from './connection-values.js';

const at = (path: string, variable: string) => ({ path: `Databases.Connections.${path}`, variable, hasDefault: false });
const passwordOf = (role: string): string => `${role}!`;
const SERVER = { host: '127.0.0.1', port: 5433 };

describe('databasesFor', () => {
  it('wants one database per connection', () => {
    const placeholders = [at('OIDC.Host', 'A'), at('OIDC.Port', 'B'), at('Acuranzo.Host', 'C')];
    expect([...databasesFor(placeholders, passwordOf)]).toEqual([
      ['OIDC', { name: 'oidc', user: 'oidc', password: 'oidc!' }],
      ['Acuranzo', { name: 'acuranzo', user: 'acuranzo', password: 'acuranzo!' }],
    ]);
  });

  it("stays away from PostgreSQL's own names", () => {
    const names = ['Postgres', 'pg_temp', 'Template1', '2nd', 'My-Data'];
    const databases = databasesFor(
      names.map((name) => at(`${name}.Host`, name)),
      passwordOf,
    );
    expect([...databases.values()].map(({ name }) => name)).toEqual([
      'db_postgres',
      'db_pg_temp',
      'db_template1',
      'db_2nd',
      'my_data',
    ]);
  });
});

describe('valuesFor', () => {
  it('fills in host, port, database, user and password, in either spelling', () => {
    const keys = ['Host', 'Port', 'Database', 'Username', 'User', 'Password', 'Pass'];
    const placeholders = keys.map((key) => at(`OIDC.${key}`, `V_${key}`));
    expect(valuesFor(placeholders, databasesFor(placeholders, passwordOf), SERVER)).toEqual({
      V_Host: '127.0.0.1',
      V_Port: '5433',
      V_Database: 'oidc',
      V_Username: 'oidc',
      V_User: 'oidc',
      V_Password: 'oidc!',
      V_Pass: 'oidc!',
    });
  });

  it('leaves alone what it knows nothing about', () => {
    const placeholders = [at('OIDC.Host', 'HOST'), at('OIDC.Tls.Ca', 'CA'), at('OIDC.constructor', 'C')];
    placeholders.push({ path: 'Databases.Workers', variable: 'WORKERS', hasDefault: false });
    expect(valuesFor(placeholders, databasesFor(placeholders, passwordOf), SERVER)).toEqual({ HOST: '127.0.0.1' });
  });
});
