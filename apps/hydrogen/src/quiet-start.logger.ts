// Nest's own logger without the forty lines about modules and routes at the start: /docs tells the routes, and the few
// lines about databases would drown. Warnings and errors of these contexts are kept.
import { ConsoleLogger, Injectable } from '@nestjs/common';

const TALKATIVE: ReadonlySet<unknown> = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer']);

@Injectable()
export class QuietStartLogger extends ConsoleLogger {
  override log(message: unknown, ...rest: unknown[]): void {
    // The context is the last of the arguments.
    if (!TALKATIVE.has(rest.at(-1))) super.log(message, ...rest);
  }

  /** A port that can't be listened on is told by main.ts, once. */
  override error(message: unknown, ...rest: unknown[]): void {
    if (rest.at(-1) === 'NestApplication' && String(message).startsWith('Error: listen ')) return;
    super.error(message, ...rest);
  }
}
