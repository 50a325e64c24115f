// pg's, the socket's and TLS's errors to codes; and no value of a row or parameter in anything that is printed.
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { databaseError, type DatabaseError } from '../errors/database.error.js';
import type { DatabaseErrorCode } from '../errors/error-code.js';
import { connectError, connectionLost, executeError } from './error.mapper.js';

/** As pg-protocol makes one of an ErrorResponse. */
const server = (code: string, message = 'message', more: object = {}): Error =>
  Object.assign(new Error(message), { name: 'error', severity: 'ERROR', length: 100, code, ...more });
const system = (code: string, message = `connect ${code} 10.0.0.7:5432`): Error =>
  Object.assign(new Error(message), { code });

const executing = (error: unknown, sent = true): DatabaseError =>
  executeError(error, { database: 'Main', inDoubt: sent, alive: false });
const connecting = (error: unknown, target = 'db:5432'): DatabaseError => connectError(error, 'Main', target);

describe('an error of the server in a running session', () => {
  it('keeps what names things of the schema, and hides what may hold values', () => {
    const error = executing(
      server('23505', 'duplicate key value violates unique constraint "users_email_key"', {
        detail: 'Key (email)=(canary) already exists.',
        hint: 'canary',
        where: 'canary in function',
        internalQuery: "select 'canary'",
        schema: 'app',
        table: 'users',
        column: 'email',
        dataType: 'text',
        constraint: 'users_email_key',
        routine: '_bt_check_unique',
        position: '17',
      }),
    );
    expect(error).toMatchObject({
      code: 'DB_UNIQUE',
      message: 'duplicate key value violates unique constraint "users_email_key"',
      database: 'Main',
      inDoubt: false,
      sqlState: '23505',
      severity: 'ERROR',
      schema: 'app',
      table: 'users',
      column: 'email',
      dataType: 'text',
      constraint: 'users_email_key',
      routine: '_bt_check_unique',
      position: 17,
      cause: { name: 'PostgresError', code: '23505' },
    });
    expect(error.detail).toBe('Key (email)=(canary) already exists.');
    expect(inspect(error, { showHidden: true, depth: 9 }) + JSON.stringify(error) + error.stack).not.toContain(
      'canary',
    );
  });

  it.each(['22P02', '22003', '22007', '22023'])('of class 22 (%s) has the quoted value blanked', (code) => {
    const error = executing(server(code, 'invalid input syntax for type integer: "canary "quoted"\ncanary"'));
    expect(error.code).toBe('DB_DATA');
    expect(error.message).toBe('invalid input syntax for type integer: "…"');
    expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain('canary');
  });

  it.each([
    ['German', 'ungültige Eingabesyntax für Typ integer: »canary«'],
    ['French', 'syntaxe en entrée invalide pour le type integer : « canary »'],
    ['Spanish', 'la sintaxis de entrada no es válida para tipo integer: «canary»'],
  ])('of class 22 has the quoted value blanked where the server speaks %s (lc_messages)', (_language, message) => {
    const { message: said } = executing(server('22P02', message));
    expect(said).not.toContain('canary');
    expect(said).toContain('integer');
  });

  it('of another class keeps its quoted names', () => {
    const error = executing(server('42P01', 'relation "missing" does not exist', { position: '15' }));
    expect(error).toMatchObject({ code: 'DB_SYNTAX', message: 'relation "missing" does not exist' });
  });

  it.each(['57P01', '57P02', '25P03', '08006'])('that ends the session (%s) is in doubt when it was sent', (code) => {
    expect(executing(server(code), true)).toMatchObject({
      code: 'DB_CONNECTION_LOST',
      inDoubt: true,
      retryable: false,
    });
    expect(executing(server(code), false)).toMatchObject({
      code: 'DB_CONNECTION_LOST',
      inDoubt: false,
      retryable: true,
    });
  });

  it.each(['40001', '23505', '57014', 'XX000', '53200'])('that was answered (%s) is never in doubt', (code) => {
    expect(executing(server(code)).inDoubt).toBe(false);
  });

  it('has no position where none was said', () => {
    expect(executing(server('42601'))).not.toHaveProperty('position');
  });
});

describe('any other error in a running session', () => {
  it.each<[unknown, string]>([
    [system('ECONNRESET', 'read ECONNRESET'), 'Main: connection lost (read ECONNRESET)'],
    [system('EPIPE', 'write EPIPE'), 'Main: connection lost (write EPIPE)'],
    [new Error('Connection terminated unexpectedly'), 'Main: connection lost (Connection terminated unexpectedly)'],
    ['text', 'Main: connection lost (text)'],
  ])('is a lost connection, in doubt when the statement was sent (%s)', (error, message) => {
    expect(executing(error, true)).toMatchObject({
      code: 'DB_CONNECTION_LOST',
      message,
      inDoubt: true,
      retryable: false,
    });
    expect(executing(error, false)).toMatchObject({ inDoubt: false, retryable: true, database: 'Main' });
  });

  it('of ours passes as it is', () => {
    const ours = databaseError({ code: 'DB_RESULT_TOO_LARGE', message: 'm' });
    expect(executing(ours)).toBe(ours);
  });

  it('keeps the reason as the cause', () => {
    expect(connectionLost('Main', false, system('ECONNRESET', 'read')).cause).toMatchObject({
      message: 'read',
      code: 'ECONNRESET',
    });
  });
});

describe('an error while connecting', () => {
  it.each<[string, Error, DatabaseErrorCode, RegExp]>([
    [
      'wrong password',
      server('28P01', 'password authentication failed for user "app"'),
      'DB_AUTH_FAILED',
      /^Main: db:5432 refused the session: password authentication/,
    ],
    ['pg_hba', server('28000', 'no pg_hba.conf entry'), 'DB_AUTH_FAILED', /no pg_hba/],
    [
      'no such database',
      server('3D000', 'database "x" does not exist'),
      'DB_CONNECT_FAILED',
      /refused the session: database "x"/,
    ],
    ['starting up', server('57P03', 'the database system is starting up'), 'DB_CONNECT_FAILED', /starting up/],
    ['full', server('53300', 'sorry, too many clients already'), 'DB_CONNECT_FAILED', /too many clients/],
    [
      'SCRAM on our side',
      new Error('SASL: SCRAM-SERVER-FINAL-MESSAGE: server signature is invalid'),
      'DB_AUTH_FAILED',
      /signature/,
    ],
    [
      'no password',
      new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'),
      'DB_AUTH_FAILED',
      /must be a string/,
    ],
    [
      'nobody there',
      system('ECONNREFUSED'),
      'DB_CONNECT_FAILED',
      /^Main: cannot connect to db:5432: connect ECONNREFUSED/,
    ],
    ['no such host', system('ENOTFOUND', 'getaddrinfo ENOTFOUND db'), 'DB_CONNECT_FAILED', /ENOTFOUND/],
    [
      'several addresses',
      new AggregateError([system('ECONNREFUSED', 'a'), system('ECONNREFUSED', 'b')]),
      'DB_CONNECT_FAILED',
      /db:5432: a; b$/,
    ],
    ['hung up', new Error('Connection terminated unexpectedly'), 'DB_CONNECT_FAILED', /terminated unexpectedly/],
  ])('%s', (_what, error, code, message) => {
    const mapped = connecting(error);
    expect(mapped).toMatchObject({ code, database: 'Main', inDoubt: false });
    expect(mapped.message).toMatch(message);
  });

  it.each(['getaddrinfo ENOTFOUND password-db.internal', 'getaddrinfo ENOTFOUND scram.example'])(
    'a host whose name sounds like a password is no wrong password: %s',
    (message) => {
      expect(connecting(system('ENOTFOUND', message)).code).toBe('DB_CONNECT_FAILED');
    },
  );

  it.each<[string, Error, RegExp]>([
    [
      'no TLS',
      new Error('The server does not support SSL connections'),
      /^Main: db:5432: server refused TLS; set Tls\.Mode to 'disable' to allow plaintext$/,
    ],
    ['no PostgreSQL', new Error('There was an error establishing an SSL connection'), /neither yes nor no/],
    [
      'another name',
      system('ERR_TLS_CERT_ALTNAME_INVALID', "Host: db. is not in the cert's altnames: DNS:x"),
      /another name: Host: db\..*DNS:x/,
    ],
    ['expired', system('CERT_HAS_EXPIRED', 'certificate has expired'), /has expired/],
    ['not yet valid', system('CERT_NOT_YET_VALID', 'certificate is not yet valid'), /not yet valid/],
    [
      'self-signed',
      system('DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate'),
      /unknown authority \(self-signed certificate\); name its CA in Tls\.Ca/,
    ],
    ['chain', system('SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in chain'), /Tls\.Ca/],
    ['leaf', system('UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify'), /Tls\.Ca/],
    ['issuer', system('UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'unable to get'), /Tls\.Ca/],
    ['protocol', system('ERR_SSL_WRONG_VERSION_NUMBER', 'wrong version number'), /wrong version number/],
    ['alert', system('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'certificate required'), /certificate required/],
    ['a bad PEM', system('ERR_OSSL_PEM_NO_START_LINE', 'no start line'), /no start line/],
  ])('of TLS is DB_TLS and says what to do: %s', (_what, error, message) => {
    const mapped = connecting(error);
    expect(mapped).toMatchObject({ code: 'DB_TLS', retryable: false });
    expect(mapped.message).toMatch(message);
    expect(mapped.cause).toMatchObject({ message: error.message });
  });

  it('keeps the server’s state, and the system’s code in the cause', () => {
    expect(connecting(server('28P01'))).toMatchObject({ sqlState: '28P01', cause: { code: '28P01' } });
    expect(connecting(system('ECONNREFUSED')).cause).toMatchObject({ code: 'ECONNREFUSED' });
  });
});
