import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolePasswords } from './role-passwords.js';

describe('rolePasswords', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'roles-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('gives each role a password of its own, the same at every start', async () => {
    const [first, second] = [await rolePasswords(folder), await rolePasswords(folder)];
    expect(first('oidc')).toBe(second('oidc'));
    expect(first('oidc')).not.toBe(first('canvas'));
    expect(first('oidc')).toMatch(/^[\w-]{43}$/);
  });

  it('gives other passwords in another folder', async () => {
    const other = join(folder, 'other');
    expect((await rolePasswords(folder))('oidc')).not.toBe((await rolePasswords(other))('oidc'));
  });

  it('agrees with services that start at the same time', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => rolePasswords(folder)));
    expect(new Set(all.map((passwordOf) => passwordOf('oidc'))).size).toBe(1);
  });

  it('keeps one file that only its owner can read', async () => {
    await rolePasswords(folder);
    expect(await readdir(folder)).toEqual(['role-secret']);
    expect((await stat(join(folder, 'role-secret'))).mode & 0o777).toBe(0o600);
  });
});
