// `npm run dev`: compiles all parts whenever a file changes and starts the service again.
// `nest start --watch` would not see edits inside a library's functions: it watches the application only.
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const run = (...args) => spawn(process.execPath, args, { stdio: 'inherit' });
const tsc = join('node_modules', 'typescript', 'bin', 'tsc');
const outputs = ['apps/hydrogen/dist', ...readdirSync('libs').map((name) => join('libs', name, 'dist'))];

// One complete build first, so that there is something to start. With errors in it the watch goes on all the same.
run(tsc, '-b').on('exit', () => {
  for (const folder of outputs) mkdirSync(folder, { recursive: true }); // only what exists can be watched
  const children = [
    run(tsc, '-b', '--watch', '--preserveWatchOutput'),
    run(...outputs.map((folder) => `--watch-path=${folder}`), 'apps/hydrogen/dist/main.js'),
  ];
  // The service ends by itself and in order; so this process stays until both are done.
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => children.forEach((child) => child.kill('SIGTERM')));
  }
});
