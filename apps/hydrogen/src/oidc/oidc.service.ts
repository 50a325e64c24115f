// Clients and users of the OIDC database, and the check of a login.
// It must not tell, by answer or by time, whether a user exists.
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDatabase, type Database } from '@hydrogen/database';
import { SchemaApplier } from '../schema/schema-applier.js';
import type { Client, User } from './oidc.dto.js';
import { OIDC_SCHEMA } from './oidc.schema.js';
import { hashSecret, verifySecret } from './secret-hash.js';

@Injectable()
export class OidcService implements OnModuleInit {
  /** The hash of nobody's password: an unknown user costs the same work as a known one. */
  private readonly nobody = hashSecret(crypto.randomUUID());

  constructor(
    @InjectDatabase('OIDC') private readonly db: Database,
    private readonly schema: SchemaApplier,
  ) {}

  onModuleInit(): Promise<void> {
    return this.schema.apply(this.db, OIDC_SCHEMA);
  }

  clients(): Promise<Client[]> {
    return this.db.many<Client>(
      `SELECT client_id AS "clientId", name, redirect_uris AS "redirectUris", created_at AS "createdAt"
         FROM clients ORDER BY client_id`,
    );
  }

  users(): Promise<User[]> {
    return this.db.many<User>('SELECT id, username, name FROM users ORDER BY username');
  }

  /** The user, or undefined when there is none of that name or the password is another. */
  async login(username: string, password: string): Promise<User | undefined> {
    const found = await this.db.maybeOne<User & { hash: string }>(
      'SELECT id, username, name, password_hash AS hash FROM users WHERE username = $1',
      [username],
    );
    const right = await verifySecret(password, found?.hash ?? (await this.nobody));
    return found && right ? { id: found.id, username: found.username, name: found.name } : undefined;
  }
}
