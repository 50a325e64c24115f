// COPY … FROM STDIN: the source's pieces go to the server as fast as it takes them. An error of the source undoes the
// statement and is the caller's; whatever ends the statement closes the source.
import type { ResultEnd } from '../connection/execution.js';
import type { CallContext } from './call-context.js';
import type { CallOptions } from './call-options.js';
import type { CopyReader } from './copy-source.js';
import { StatementCall } from './statement-call.js';

/** A piece larger than this is sent in parts, so that it does not lie in memory twice. */
const PART_BYTES = 262_144;

export interface CopyResult {
  /** Rows that were stored. */
  readonly rowCount: number;
}

export class CopyCall extends StatementCall<CopyResult> {
  override readonly streamed = true;
  readonly #source: CopyReader;
  #pumping = false;
  #waiting: (() => void) | undefined;
  #failed: { readonly error: unknown } | undefined;

  constructor(context: CallContext, options: CallOptions, source: CopyReader) {
    super(context, { ...options, profile: undefined });
    this.#source = source;
  }

  /** @throws the source's own error where that was the end of it */
  async result(): Promise<CopyResult> {
    try {
      return await this.promise;
    } catch (error) {
      throw this.#failed === undefined ? error : this.#failed.error;
    }
  }

  /** The server waits for data, for the first time or again. */
  writable(): void {
    this.#wake();
    if (this.#pumping) return;
    this.#pumping = true;
    void this.#pump();
  }

  /** Its source can be read once. */
  override get repeatable(): boolean {
    return false;
  }

  protected receive(): void {
    this.execution?.taken();
  }

  protected complete({ rowCount }: ResultEnd): CopyResult {
    return { rowCount: rowCount ?? 0 };
  }

  protected drop(): void {
    this.#wake();
  }

  async #pump(): Promise<void> {
    try {
      while (this.state === 'sent') {
        const piece = await this.#source.next();
        if (this.state !== 'sent') return;
        if (piece === undefined) return this.execution?.copyEnd();
        await this.#send(piece);
      }
    } catch (error) {
      if (this.state !== 'sent') return;
      this.#failed = { error };
      // The server's log shows it; what the source has to say is not for there.
      this.execution?.copyEnd('the source of the data failed');
    }
  }

  async #send(piece: Uint8Array): Promise<void> {
    for (let from = 0; from < piece.length && this.state === 'sent'; from += PART_BYTES) {
      const more = this.execution?.copyData(piece.subarray(from, from + PART_BYTES)) ?? true;
      if (!more) await new Promise<void>((resolve) => (this.#waiting = resolve));
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }
}
