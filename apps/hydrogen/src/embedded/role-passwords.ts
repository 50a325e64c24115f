// Passwords for the roles of the server of our own: random per folder, the same at every start, never in a log.
// One secret is kept (mode 0600); each role's password comes out of it, so a role that is new needs no new file.
import { createHmac, randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Reads the folder's secret, or makes it; two services may do so at once. */
export async function rolePasswords(folder: string): Promise<(role: string) => string> {
  const file = join(folder, 'role-secret');
  const secret = await readFile(file, 'utf8').catch(() => makeSecret(folder, file));
  return (role) => createHmac('sha256', secret.trim()).update(role).digest('base64url');
}

async function makeSecret(folder: string, file: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const draft = `${file}.${randomBytes(6).toString('hex')}`; // a name of its own: it shares its content with the link
  await writeFile(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  // A link appears whole or not at all, and only the first one does.
  await link(draft, file).catch(() => undefined);
  await rm(draft, { force: true });
  return readFile(file, 'utf8');
}
