import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isReachable } from './reachable.js';

const STRANGER = { uid: 54_321, gid: 54_321 };

describe('isReachable', () => {
  let root: string;
  let inner: string;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'reachable-'));
    inner = join(root, 'inner');
    await mkdir(inner);
    await chmod(inner, 0o755);
  });
  afterAll(() => rm(root, { recursive: true }));

  it('needs every folder above to let the user through', async () => {
    await chmod(root, 0o700);
    expect(await isReachable(inner, STRANGER)).toBe(false);
    await chmod(root, 0o711);
    expect(await isReachable(inner, STRANGER)).toBe(true);
  });

  it('looks at the group where the user is of it', async () => {
    const gid = process.getgid?.() ?? 0;
    await chmod(root, 0o701);
    expect(await isReachable(inner, { uid: STRANGER.uid, gid })).toBe(false);
    await chmod(root, 0o711);
    expect(await isReachable(inner, { uid: STRANGER.uid, gid })).toBe(true);
  });

  it('judges a folder that is still to be made by those above it', async () => {
    expect(await isReachable(join(inner, 'later', 'on'), STRANGER)).toBe(true);
  });

  it('asks nothing when the server runs as ourselves', async () => {
    expect(await isReachable('/nowhere', undefined)).toBe(true);
  });
});
