// A result's bytes as an HTTP response of Nest. The response goes at its client's pace; a client that leaves ends the
// statement; an error behind the first bytes breaks the response off, so that nobody takes a part for the whole.
import { Logger, StreamableFile } from '@nestjs/common';
import { DatabaseError } from '../errors/database.error.js';
import { ERROR_CODES } from '../errors/error-code.js';
import type { BytesForm, BytesResult } from '../executor/byte-stream.js';

const TYPES: Readonly<Record<BytesForm, string>> = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  copy: 'application/octet-stream',
};

/** As StreamableFile has them: `type`, `disposition`, `length`. */
export type StreamJsonOptions = NonNullable<ConstructorParameters<typeof StreamableFile>[1]>;

/**
 * For a handler to return: `return streamJson(await db.json('SELECT …'))`. Errors before the first bytes are thrown by
 * `json()` and go to the filters. @param options type, disposition … where the result's own are not wanted
 */
export function streamJson(result: BytesResult, options: StreamJsonOptions = {}): StreamableFile {
  const file = new StreamableFile(result.toReadable(), { type: TYPES[result.form], ...options });
  return file.setErrorHandler((error, response) => {
    logger.error(error.message, error.stack);
    if (response.destroyed) return;
    if (!response.headersSent) {
      response.statusCode = error instanceof DatabaseError ? ERROR_CODES[error.code].status : 500;
      response.send('');
    } else if (response.destroy) response.destroy();
    else response.end();
  });
}

const logger = new Logger('streamJson');
