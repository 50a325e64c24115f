import { describe, expect, it } from '@jest/globals';
import { decideServers } from './decide.js';

const NEEDED = ['OIDC_DB_HOST', 'OIDC_DB_PORT'].map((variable) => ({ path: variable, variable, hasDefault: false }));

describe('decideServers', () => {
  it('takes a server of its own when there is no .env and none of the variables', () => {
    expect(decideServers(NEEDED, { HOME: '/root' }, false)).toBe('own');
  });

  it("takes the user's servers as soon as one variable is set, be it empty", () => {
    expect(decideServers(NEEDED, { OIDC_DB_HOST: 'db.example' }, false)).toBe('users');
    expect(decideServers(NEEDED, { OIDC_DB_PORT: '' }, false)).toBe('users');
  });

  it("takes the user's servers when there is a .env, whatever is in it", () => {
    expect(decideServers(NEEDED, {}, true)).toBe('users');
  });

  it("takes the user's servers when the configuration asks for no variable", () => {
    expect(decideServers([], {}, false)).toBe('users');
    expect(decideServers([{ path: 'x', variable: 'X', hasDefault: true }], {}, false)).toBe('users');
  });
});
