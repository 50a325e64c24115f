// The configuration inside Nest: read through ConfigService, secret, separate per application, bare when it fails.
import 'reflect-metadata';
import { inspect } from 'node:util';
import { Inject, Injectable, Module } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { Test, type TestingModule } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import { repository, twentyVariables, valid } from '../test-support/fixtures.js';
import { ConfigInvalidError } from './config-invalid.error.js';
import { HYDROGEN_CONFIG, HydrogenConfigModule, type HydrogenConfigModuleOptions } from './hydrogen-config.module.js';
import { loadHydrogenConfig, type LoadedConfig } from './load-hydrogen-config.js';
import { Secret } from './secret.js';

const compile = (options: HydrogenConfigModuleOptions): Promise<TestingModule> =>
  Test.createTestingModule({ imports: [HydrogenConfigModule.forRoot(options)] }).compile();

describe('HydrogenConfigModule', () => {
  it('is read through ConfigService, where secrets stay secrets', async () => {
    const before = { ...process.env };
    const app = await compile({ env: twentyVariables(), cwd: repository });
    const service = app.get(ConfigService, { strict: false });
    expect(service.get('hydrogen.Databases.Workers')).toBe(1);
    expect(service.get('hydrogen.Databases.Connections.OIDC.Port')).toBe(5433);
    const password: unknown = service.get('hydrogen.Databases.Connections.OIDC.Password');
    expect(password).toBeInstanceOf(Secret);
    expect(inspect(service, { showHidden: true, depth: null })).not.toContain('pw-of-');
    expect(JSON.stringify(service.get('hydrogen'))).not.toContain('pw-of-');
    expect(service.get('OIDC_DB_PASS')).toBeUndefined();
    expect({ ...process.env }).toEqual(before);
    await app.close();
  });

  it('provides what was loaded under HYDROGEN_CONFIG', async () => {
    const loaded = loadHydrogenConfig({ config: { Connections: { A: valid } }, env: {} });
    const app = await compile({ loaded });
    expect(app.get<LoadedConfig>(HYDROGEN_CONFIG)).toBe(loaded);
    expect(app.get(ConfigService, { strict: false }).get('hydrogen')).toBe(loaded.config);
    await app.close();
  });

  it('rejects with the error itself, at once, and not as an unhandled rejection', async () => {
    const promise = HydrogenConfigModule.forRoot({ config: { Connections: { A: {} } }, env: {} });
    await new Promise((resolve) => setImmediate(resolve));
    await expect(promise).rejects.toThrow(ConfigInvalidError);
    await expect(compile({ config: { Workers: -1 }, env: {} })).rejects.toThrow(/^Databases\.Workers: must be/);
  });

  it('keeps two applications in one process apart', async () => {
    const apps = await Promise.all([0, 1].map((Workers) => compile({ config: { Workers }, env: {} })));
    const seen = apps.map((app): unknown =>
      app.get(ConfigService, { strict: false }).get('hydrogen.Databases.Workers'),
    );
    expect(seen).toEqual([0, 1]);
    await Promise.all(apps.map((app) => app.close()));
  });

  it('is visible in every module when it is global, and only then', async () => {
    @Injectable()
    class Consumer {
      constructor(
        @Inject(HYDROGEN_CONFIG) readonly loaded: LoadedConfig,
        readonly service: ConfigService,
      ) {}
    }
    @Module({ providers: [Consumer] })
    class FeatureModule {}
    const build = (isGlobal: boolean): Promise<TestingModule> =>
      Test.createTestingModule({
        imports: [HydrogenConfigModule.forRoot({ config: {}, env: {}, isGlobal }), FeatureModule],
      }).compile();
    const app = await build(true);
    expect(app.get(Consumer, { strict: false }).service.get('hydrogen.Databases.Strict')).toBe(true);
    await app.close();
    await expect(build(false)).rejects.toThrow(/resolve dependencies/);
  });
});
