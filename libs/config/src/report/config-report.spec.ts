// The effective configuration as shown to people.
import { describe, expect, it } from '@jest/globals';
import { load, repository, twentyVariables, valid } from '../../test-support/fixtures.js';
import { loadHydrogenConfig, type LoadedConfig } from '../load-hydrogen-config.js';
import type { ConfigReportEntry } from './config-report.js';

const entry = (loaded: LoadedConfig, path: string): ConfigReportEntry | undefined =>
  loaded.report().find((one) => one.path === `Databases.${path}`);

describe('report', () => {
  it('says of each key who gave it', () => {
    const loaded = loadHydrogenConfig({ env: twentyVariables(), cwd: repository });
    expect(entry(loaded, 'Workers')).toEqual({ path: 'Databases.Workers', value: 1, source: 'file' });
    expect(entry(loaded, 'Strict')).toMatchObject({ value: true, source: 'default' });
    expect(entry(loaded, 'Connections.OIDC.Port')).toMatchObject({ value: 5433, source: 'env', env: ['OIDC_DB_PORT'] });
    expect(entry(loaded, 'Connections.OIDC.MaxQueue')).toMatchObject({ value: 200, source: 'default' });
    expect(entry(loaded, 'Connections.OIDC.Tls.Mode')).toMatchObject({ value: 'verify-full', source: 'default' });
    expect(entry(loaded, 'Connections.OIDC.Password')).toMatchObject({ value: 'set', source: 'env' });
    expect(entry(loaded, 'Connections.OIDC.Tls.Key')).toMatchObject({ value: 'not set', source: 'default' });
  });

  it('takes a default written in a placeholder for a value of the file or program', () => {
    const loaded = load({ Workers: '{$env.W:-0}', Defaults: { Port: 6000 }, Connections: { A: valid } });
    expect(entry(loaded, 'Workers')).toEqual({ path: 'Databases.Workers', value: 0, source: 'code' });
    expect(entry(loaded, 'Connections.A.Port')).toMatchObject({ value: 6000, source: 'code' });
  });

  it('shows the parts of a Url and hides its password', () => {
    const loaded = load({ Connections: { A: { Url: 'postgres://u:hunter2@h/d?sslkey=/k&sslcert=/c' } } });
    expect(entry(loaded, 'Connections.A.Host')).toMatchObject({ value: 'h', source: 'code' });
    expect(entry(loaded, 'Connections.A.Tls.Cert')).toMatchObject({ value: '/c' });
    expect(loaded.formatReport()).not.toMatch(/hunter2|\/k/);
  });

  it('hides what came from a secret variable or a file, whatever the key', () => {
    const loaded = load({ Connections: { A: { ...valid, Database: '{$env.A_TOKEN}' } } }, { A_TOKEN: 'hunter2' });
    expect(entry(loaded, 'Connections.A.Database')).toMatchObject({ value: 'set' });
  });

  it('shows no PEM, and nothing for what a disabled connection lacks', () => {
    const Ca = '-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----';
    const loaded = load({ Connections: { A: { ...valid, Tls: { Ca } }, B: { Enabled: false, Host: '{$env.H}' } } });
    expect(entry(loaded, 'Connections.A.Tls.Ca')).toMatchObject({ value: 'PEM' });
    expect(entry(loaded, 'Connections.B.Host')).toMatchObject({ value: 'not set', source: 'default' });
  });

  it('is aligned text with a star for each default', () => {
    const lines = loadHydrogenConfig({ env: twentyVariables(), cwd: repository }).formatReport().split('\n');
    const find = (path: string): string | undefined => lines.find((line) => line.startsWith(`Databases.${path} `));
    expect(find('Workers')).toMatch(/ {2}1$/);
    expect(find('Strict')).toMatch(/ {2}true \*$/);
    expect(find('Connections.Canvas.Host')).toMatch(/ {2}db\.example\.org \(CANVAS_DB_HOST\)$/);
    expect(new Set(lines.map((line) => /^\S+ +/.exec(line)?.[0].length)).size).toBe(1);
  });
});
