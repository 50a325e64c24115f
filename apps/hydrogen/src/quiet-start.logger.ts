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

  /** Why a start failed is told by main.ts, once: an application that cannot be built, a port that cannot be listened on. */
  override error(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    if (context === 'ExceptionHandler') return;
    if (context === 'NestApplication' && String(message).startsWith('Error: listen ')) return;
    super.error(message, ...rest);
  }
}
