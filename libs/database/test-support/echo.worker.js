// The entry of a worker that needs no server: see echo-connector.ts.
import { register } from 'node:module';

register('./typescript-hooks.js', import.meta.url);
const { serveEcho } = await import('./echo-connector.ts');
serveEcho();
