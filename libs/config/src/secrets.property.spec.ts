// One promise over everything: no four characters of a secret in any text that this library makes.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { loadHydrogenConfig, type LoadedConfig } from './load-hydrogen-config.js';
import type { ConfigSource } from './settings/config-input.js';
import { maskConnectionUrl } from './url/format-connection-url.js';

const folder = mkdtempSync(join(tmpdir(), 'hydrogen-secrets-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Letters that our own texts use as well would prove nothing, so secrets are made of others. */
const secretText = fc.string({
  unit: fc.constantFrom(...Array.from('ÄÖÜßéèøñ@:/?#%&=+"\\{}$ 夢')),
  minLength: 4,
  maxLength: 24,
});

function expectNothingOf(secret: string, shown: string): void {
  for (let at = 0; at + 4 <= secret.length; at++) {
    const part = secret.slice(at, at + 4);
    // Four blanks stand in any indented text.
    if (/[ÄÖÜßéèøñ夢]/.test(part)) expect(shown).not.toContain(part);
  }
}

function everythingShown(run: () => LoadedConfig): string {
  const texts: string[] = [];
  const show = (value: unknown): void => {
    texts.push(inspect(value, { showHidden: true, depth: null, getters: true }), JSON.stringify(value) ?? '');
    texts.push(inspect(value, { customInspect: false, showHidden: true, depth: null }), String(value));
  };
  try {
    const loaded = run();
    show(loaded);
    show(loaded.report());
    texts.push(loaded.formatReport(), inspect(structuredClone(loaded.config), { showHidden: true, depth: null }));
  } catch (error) {
    show(error);
    show((error as { issues?: unknown }).issues);
    texts.push((error as Error).message, (error as Error).stack ?? '', inspect((error as Error).cause));
  }
  return texts.join('\n');
}

const parts = { Host: 'h', Database: 'd', Username: 'u' };
const fromEnv = { ...parts, Password: '{$env.X_PW}' };

/** Ways in which a secret comes in: rightly, and by every mistake that we could think of. */
const ways: Record<string, (secret: string) => { config: unknown; env?: Record<string, string> }> = {
  'a variable': (s) => ({ config: { A: fromEnv }, env: { X_PW: s } }),
  'the file itself': (s) => ({ config: { A: { ...parts, Password: s } } }),
  'part of a password': (s) => ({ config: { A: { ...parts, Password: `a{$env.X_PW}z` } }, env: { X_PW: s } }),
  'a default': (s) => ({ config: { A: { ...parts, Password: `{$env.NO:-${s}}` } } }),
  'a Url': (s) => ({ config: { A: { Url: `postgres://u:${encodeURIComponent(s)}@h/d` } } }),
  'a Url that is not encoded': (s) => ({ config: { A: { Url: `postgres://u:${s}@h/d` } } }),
  'a Url beside parts': (s) => ({ config: { A: { ...parts, Url: `postgres://u:${s}@h/d?x=${s}` } } }),
  'no Url at all': (s) => ({ config: { A: { Url: '{$env.U}' } }, env: { U: s } }),
  'a key': (s) => ({ config: { A: { ...parts, Tls: { Cert: '/c', Key: s } } } }),
  'a port by mistake': (s) => ({ config: { A: { ...fromEnv, Port: '{$env.X_PW}' } }, env: { X_PW: s } }),
  'a mode by mistake': (s) => ({ config: { A: { ...fromEnv, Tls: { Mode: '{$env.X_PW}' } } }, env: { X_PW: s } }),
  'swapped variables': (s) => ({
    config: { A: { ...parts, Password: '{$env.DB_PORT}', Port: '{$env.DB_PASS}' } },
    env: { DB_PORT: '5432', DB_PASS: s },
  }),
  'an unknown key': (s) => ({ config: { A: { ...parts, Passwrod: s } } }),
  'an unknown block': (s) => ({ config: { A: { ...parts, Secrets: { Password: s } } } }),
  'a list': (s) => ({ config: { A: { ...parts, Password: [s] } } }),
  'a password file with more in it': (s) => ({ config: { A: { ...parts, Password: { File: '/x', Password: s } } } }),
  Defaults: (s) => ({ config: { A: { ...parts, Port: 'x' } }, env: { DEFAULTS: s } }),
};

describe('a secret', () => {
  it.each(Object.entries(ways))('that comes by %s is not shown', (_, way) => {
    fc.assert(
      fc.property(secretText, (secret) => {
        const { config: Connections, env = {} } = way(secret);
        const Defaults = env['DEFAULTS'] === undefined ? {} : { Password: '{$env.DEFAULTS}' };
        const config = { Databases: { Defaults, Connections } } as unknown as ConfigSource;
        expectNothingOf(
          secret,
          everythingShown(() => loadHydrogenConfig({ config, env, cwd: folder })),
        );
        const lenient = { Databases: { Strict: false, Defaults, Connections } } as unknown as ConfigSource;
        expectNothingOf(
          secret,
          everythingShown(() => loadHydrogenConfig({ config: lenient, env, cwd: folder })),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('that stands in a malformed file is not shown', () => {
    const file = join(folder, 'broken.json');
    fc.assert(
      fc.property(secretText, fc.nat(), (secret, seed) => {
        const text = JSON.stringify({ Databases: { Connections: { A: { ...parts, Password: secret } } } });
        const at = text.indexOf('Password') + (seed % (secret.length + 12));
        writeFileSync(file, `${text.slice(0, at)}"${text.slice(at)}`);
        expectNothingOf(
          secret,
          everythingShown(() => loadHydrogenConfig({ config: file, env: {}, cwd: folder })),
        );
      }),
    );
  });

  it('that is mounted is not shown, whatever key it was mounted into', () => {
    fc.assert(
      fc.property(secretText, fc.constantFrom('Password', 'Port', 'Host', 'Type', 'Enabled'), (secret, key) => {
        writeFileSync(join(folder, 'pw'), secret);
        const config = { Connections: { A: { ...parts, [key]: '{$file.pw}' } } };
        const run = (): LoadedConfig => loadHydrogenConfig({ config, env: {}, cwd: folder });
        // As a host it is a setting of the connection; the errors and the report still do not show it.
        if (key !== 'Host') return expectNothingOf(secret, everythingShown(run));
        try {
          expectNothingOf(secret, run().formatReport());
        } catch (error) {
          expectNothingOf(secret, inspect(error));
        }
      }),
    );
  });

  it('that is masked in a Url is not shown', () => {
    fc.assert(
      fc.property(secretText, (secret) => expectNothingOf(secret, maskConnectionUrl(`postgres://u:${secret}@h/d`))),
    );
  });
});
