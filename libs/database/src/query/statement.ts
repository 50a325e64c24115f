// What a connection is asked to do: plain, cloneable data.
import type { EncodedParameter } from './encode-parameter.js';
import type { SessionTouch } from './statement-class.js';

export interface Statement {
  readonly text: string;
  /** Already encoded on the main thread: nothing here can fail to clone. */
  readonly parameters: readonly EncodedParameter[];
  /** What it may leave behind in the session; recorded by the connection when it is sent. */
  readonly touches: readonly SessionTouch[];
  /** By its keywords it only reads. */
  readonly reads: boolean;
  /** It may share a connection with others: see StatementClass. */
  readonly plain: boolean;
  /** It changes no row, nor does it look at one: see StatementClass. Not told to workers. */
  readonly quiet?: boolean;
  /** The parameters as Bind carries them, written in another thread; `parameters` are then not looked at. */
  readonly encoded?: Uint8Array;
}

/** A statement of the library's own: no parameters, nothing left behind. */
export function command(text: string): Statement {
  return { text, parameters: [], touches: [], reads: false, plain: false };
}

/** It may change rows. */
export function writes({ reads, quiet }: Statement): boolean {
  return !reads && quiet !== true;
}
