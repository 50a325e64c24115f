// From settings to what one connect needs: secrets are revealed and files read here, anew for each connect, so that a
// rotated password or certificate is used by the next connection.
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ConnectionSettings, PasswordSource, TlsSettings } from '@hydrogen/config';
import { Secret } from '@hydrogen/config';
import { wholePair, type KeyPair } from './client-certificate.js';
import type { ConnectRequest, TlsRequest } from './connection/connector.js';
import type { CustomCodecs } from './connection/type-options.js';
import { encodeCause } from './errors/error.codec.js';
import { databaseError, type DatabaseError } from './errors/database.error.js';

/** @throws DB_CONNECT_FAILED when the password's source fails, DB_TLS when a certificate file cannot be read */
export async function connectRequest(
  database: string,
  settings: ConnectionSettings,
  codecs: CustomCodecs,
): Promise<ConnectRequest> {
  const [password, tls] = await Promise.all([
    revealPassword(database, settings.Password),
    tlsRequest(database, settings.Tls),
  ]);
  return {
    database,
    host: settings.Host,
    port: settings.Port,
    password,
    askRole: settings.TargetSession !== 'any',
    ...(tls ? { tls } : {}),
    startup: startupMessage(settings),
    preparedCacheSize: settings.PreparedCacheSize,
    types: settings.Types,
    customTypes: [...codecs.keys()],
  };
}

/** Times are the server's own limits; what the decoders read must not depend on the server's defaults. */
function startupMessage(settings: ConnectionSettings): Record<string, string> {
  return {
    user: settings.Username,
    database: settings.Database,
    application_name: settings.ApplicationName,
    client_encoding: 'UTF8',
    DateStyle: 'ISO',
    IntervalStyle: 'postgres',
    extra_float_digits: '1',
    standard_conforming_strings: 'on',
    statement_timeout: String(settings.StatementTimeoutMs),
    lock_timeout: String(settings.LockTimeoutMs),
    idle_in_transaction_session_timeout: String(settings.IdleInTransactionTimeoutMs),
  };
}

async function revealPassword(database: string, source: PasswordSource | undefined): Promise<string> {
  if (source === undefined) return '';
  if (source instanceof Secret) return source.reveal();
  try {
    if (typeof source === 'function') return await source();
    return (await readFile(source.File, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    // The cause's message may quote the secret's own source; its kind is enough.
    const { name, code } = encodeCause(error);
    const what = typeof source === 'function' ? 'the Password function' : `the Password file ${source.File}`;
    const message = `${database}: ${what} failed (${code ?? name})`;
    throw databaseError({ code: 'DB_CONNECT_FAILED', message, database });
  }
}

async function tlsRequest(database: string, tls: TlsSettings): Promise<TlsRequest | undefined> {
  if (tls.Mode === 'disable') return undefined;
  const readPair = async (): Promise<KeyPair> => {
    const [cert, key] = await Promise.all([pem(database, 'Cert', tls.Cert), pem(database, 'Key', tls.Key?.reveal())]);
    return { cert, key };
  };
  const [ca, { cert, key }] = await Promise.all([
    pem(database, 'Ca', tls.Ca),
    wholePair(readPair, [tls.Cert, tls.Key?.reveal()].some(isPath), tls),
  ]);
  if (ca !== undefined) requireCertificate(database, ca);
  return {
    mode: tls.Mode,
    ...(ca ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
    ...(tls.ServerName ? { servername: tls.ServerName } : {}),
  };
}

/** To Node an empty list means everybody whom Node believes, and a file that is being written is empty for a moment. */
function requireCertificate(database: string, ca: string): void {
  try {
    if (new X509Certificate(ca).raw.length > 0) return;
  } catch {
    // Its reason is OpenSSL's, about lines and headers; ours is enough.
  }
  throw databaseError({ code: 'DB_TLS', message: `${database}: Tls.Ca holds no certificate`, database });
}

const isPath = (value: string | undefined): boolean => value !== undefined && !value.includes('-----BEGIN ');

/** PEM text as it stands; anything else is a path. */
async function pem(database: string, key: string, value: string | undefined): Promise<string | undefined> {
  if (value === undefined || !isPath(value)) return value;
  const say = (what: string): DatabaseError =>
    databaseError({ code: 'DB_TLS', message: `${database}: Tls.${key} ${what}`, database });
  let text: string;
  try {
    text = await readFile(value, 'utf8');
  } catch (error) {
    throw say(`cannot be read (${encodeCause(error).code ?? 'unreadable'})`);
  }
  // An empty file would be taken for none; what a Ca holds is looked at more closely.
  if (key !== 'Ca' && !text.includes('-----BEGIN ')) throw say('holds no PEM text');
  return text;
}
