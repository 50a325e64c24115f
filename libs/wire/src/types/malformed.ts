// The one way to refuse a cell. It must not quote the cell: what stands in it may be a secret, and errors are logged.
import { WireError } from '../errors/wire.error.js';

export function malformed(type: string, problem: string): never {
  throw new WireError(`A cell of type ${type} ${problem}`);
}

/** A fixed-width type has its width or is not what it says. */
export function checkWidth(type: string, width: number, start: number, end: number): void {
  if (end - start !== width) malformed(type, `has ${end - start} bytes instead of ${width}`);
}

/** Runs a parser that was written for what a sane server sends, and turns whatever it throws into a WireError. */
export function guarded(type: string, parse: (text: string) => unknown): (text: string) => unknown {
  return (text) => {
    try {
      return parse(text);
    } catch {
      return malformed(type, 'is no text of that type');
    }
  };
}
