// A Nest logger that keeps every line instead of printing it.
import { inspect } from 'node:util';
import type { LoggerService } from '@nestjs/common';

export class CapturedLog implements LoggerService {
  /** `level: message`, further arguments (a stack, a context) behind it. */
  readonly lines: string[] = [];

  log = this.#note('log');
  fatal = this.#note('fatal');
  error = this.#note('error');
  warn = this.#note('warn');
  debug = this.#note('debug');
  verbose = this.#note('verbose');

  get text(): string {
    return this.lines.join('\n');
  }

  #note(level: string): (message: unknown, ...rest: unknown[]) => void {
    return (...parts) => {
      const said = parts.map((part) => (typeof part === 'string' ? part : inspect(part, { depth: 20 })));
      this.lines.push(`${level}: ${said.join(' ')}`);
    };
  }
}
