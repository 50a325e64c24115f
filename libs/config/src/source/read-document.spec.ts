// Where the document is looked for, and what is said when it is not there or broken.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { failureOf, inTemporaryFolder } from '../../test-support/fixtures.js';
import { readDocument } from './read-document.js';

const block = (workers: number): string => JSON.stringify({ Databases: { Workers: workers }, WebServer: { Port: 1 } });

describe('readDocument', () => {
  it('takes the explicit path before HYDROGEN_CONFIG before ./hydrogen.json', () => {
    inTemporaryFolder((folder) => {
      writeFileSync(join(folder, 'explicit.json'), block(1));
      writeFileSync(join(folder, 'env.json'), block(2));
      writeFileSync(join(folder, 'hydrogen.json'), block(3));
      const env = { HYDROGEN_CONFIG: 'env.json' };
      expect(readDocument('explicit.json', env, folder).file).toBe(join(folder, 'explicit.json'));
      expect(readDocument(undefined, env, folder).databases).toEqual({ Workers: 2 });
      expect(readDocument(undefined, { HYDROGEN_CONFIG: '' }, folder).databases).toEqual({ Workers: 3 });
      expect(readDocument(undefined, {}, folder)).toMatchObject({ origin: 'file', folder });
    });
  });

  it('names all places when there is no file', () => {
    inTemporaryFolder((folder) => {
      expect(failureOf(() => readDocument(undefined, {}, folder)).message).toBe(
        'hydrogen.json: not found; no path was given, HYDROGEN_CONFIG is not set, ' +
          `and there is neither ${join(folder, 'hydrogen.json')} nor /etc/hydrogen/hydrogen.json`,
      );
    });
  });

  it('does not fall back when a named file is absent', () => {
    inTemporaryFolder((folder) => {
      writeFileSync(join(folder, 'hydrogen.json'), block(1));
      const absent = join(folder, 'no.json');
      expect(failureOf(() => readDocument('no.json', {}, folder)).message).toBe(`${absent}: file not found`);
      expect(failureOf(() => readDocument(undefined, { HYDROGEN_CONFIG: absent }, folder)).message).toBe(
        `${absent}: file not found (named by environment variable HYDROGEN_CONFIG)`,
      );
    });
  });

  it('gives line and column of malformed JSON, and none of its text', () => {
    inTemporaryFolder((folder) => {
      const file = join(folder, 'hydrogen.json');
      writeFileSync(file, '{\n  "Databases": {\n    "Password": "hunter2" oops\n  }\n}\n');
      expect(failureOf(() => readDocument(undefined, {}, folder)).message).toBe(
        `${file}: line 3, column 27: expected a comma or a closing brace`,
      );
    });
  });

  it.each([
    ['[]', 'FILE: must be an object'],
    ['{"Database": {}}', 'Databases: the block is missing in FILE, did you mean it by "Database"?'],
    ['{"WebServer": {}}', 'Databases: the block is missing in FILE'],
    ['{"Databases": [1]}', 'Databases: must be an object'],
    ['{"Databases": null}', 'Databases: must be an object'],
  ])('refuses %s', (text, message) => {
    inTemporaryFolder((folder) => {
      const file = join(folder, 'hydrogen.json');
      writeFileSync(file, text);
      expect(failureOf(() => readDocument(undefined, {}, folder)).message).toBe(message.replace('FILE', file));
    });
  });

  it('says so when the path is a folder', () => {
    inTemporaryFolder((folder) => {
      expect(failureOf(() => readDocument(folder, {}, folder)).message).toBe(`${folder}: cannot be read: EISDIR`);
    });
  });

  it('takes the block or the document from code', () => {
    expect(readDocument({ Workers: 2 }, {}, '/srv').databases).toEqual({ Workers: 2 });
    expect(readDocument({ Databases: { Workers: 2 } }, {}, '/srv')).toEqual({
      databases: { Workers: 2 },
      origin: 'code',
      folder: '/srv',
    });
  });
});
