// Lets a worker thread run the sources: nothing has to be built to test it. For tests only; Jest's own transform does not
// reach into threads.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';

const LIBRARIES = new URL('../../', import.meta.url);

export async function resolve(specifier, context, next) {
  const library = /^@hydrogen\/(\w+)$/.exec(specifier)?.[1];
  if (library) return next(new URL(`${library}/src/index.ts`, LIBRARIES).href, context);
  const ours = specifier.startsWith('.') && context.parentURL?.endsWith('.ts');
  return next(ours ? specifier.replace(/\.js$/, '.ts') : specifier, context);
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const { code } = await transform(await readFile(new URL(url), 'utf8'), {
    filename: fileURLToPath(url),
    sourceMaps: 'inline',
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
  });
  return { format: 'module', source: code, shortCircuit: true };
}
