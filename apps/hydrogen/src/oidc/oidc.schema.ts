// Tables and first rows of the OIDC database. The users' passwords are for trying it out and known to everybody.
import type { Transaction } from '@hydrogen/database';
import { statements, type Migration } from '../schema/migration.js';
import { hashSecret } from './secret-hash.js';

const CLIENTS = [
  { id: 'web-shop', name: 'Web shop', secret: 'web-shop-secret', redirects: ['https://shop.example/callback'] },
  { id: 'mobile-app', name: 'Mobile app', secret: 'mobile-app-secret', redirects: ['app.example:/callback'] },
  {
    id: 'back-office',
    name: 'Back office',
    secret: 'back-office-secret',
    redirects: ['https://office.example/callback'],
  },
] as const;

const USERS = [
  { username: 'ada', name: 'Ada Lovelace', password: 'analytical engine' },
  { username: 'grace', name: 'Grace Hopper', password: 'nanoseconds matter' },
  { username: 'edgar', name: 'Edgar F. Codd', password: 'relational model' },
] as const;

export const OIDC_SCHEMA: readonly Migration[] = [
  {
    version: 1,
    name: 'clients and users',
    apply: statements(
      `CREATE TABLE clients (
        client_id text PRIMARY KEY,
        name text NOT NULL,
        secret_hash text NOT NULL,
        redirect_uris text[] NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`,
      `CREATE TABLE users (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        username text NOT NULL CONSTRAINT users_username_key UNIQUE,
        name text NOT NULL,
        password_hash text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`,
    ),
  },
  { version: 2, name: 'first clients and users', apply: seed },
];

async function seed(tx: Transaction): Promise<void> {
  const [secrets, passwords] = await Promise.all([
    Promise.all(CLIENTS.map(({ secret }) => hashSecret(secret))),
    Promise.all(USERS.map(({ password }) => hashSecret(password))),
  ]);
  for (const [index, { id, name, redirects }] of CLIENTS.entries()) {
    const insert = 'INSERT INTO clients (client_id, name, secret_hash, redirect_uris) VALUES ($1, $2, $3, $4)';
    await tx.query(insert, [id, name, secrets[index], redirects]);
  }
  for (const [index, { username, name }] of USERS.entries()) {
    const insert = 'INSERT INTO users (username, name, password_hash) VALUES ($1, $2, $3)';
    await tx.query(insert, [username, name, passwords[index]]);
  }
}
