// Bytes from the server to events, however the network has cut them. A message that no server may send is a WireError out
// of push(): the reader is then of no more use, nor is its connection.
import { WireError } from '../errors/wire.error.js';
import type { BackendHandler } from './backend-messages.js';
import { MessageView } from './message-view.js';
import { copyFormats, fields, last, nameOf, oids, serverMessage, status } from './read-message.js';

/**
 * libpq's rule (fe-protocol3.c): only these may be longer than 30,000 bytes, so a lie about a length shows early. And
 * ParameterDescription, which libpq forgets: it takes four bytes for each of up to 65,535 parameters.
 */
const LONG = new Set(Buffer.from('TtdDENA'));
const LONGEST_SHORT = 30_000;
/** PostgreSQL allocates no more than 1 GB for a value, nor sends a longer message. */
const LONGEST = 0x3fffffff;
/** Letter and length. */
const HEADER = 5;
const BIND_COMPLETE = 0x32;
const COMMAND_COMPLETE = 0x43;
const DATA_ROW = 0x44;

export class BackendReader {
  readonly #handler: BackendHandler;
  /** The beginning of a message whose rest has not come. */
  #pieces: Buffer[] = [];
  #have = 0;
  /** Bytes of a row beyond the ceiling that are still to be read over, and how many the row has. */
  #skip = 0;
  #skipped = 0;

  constructor(handler: BackendHandler) {
    this.#handler = handler;
  }

  /** @throws WireError */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#skip > 0) at = this.#readOver(chunk, at);
      else if (this.#have > 0) at = this.#complete(chunk, at);
      else at = this.#whole(chunk, at);
    }
  }

  /** Whole messages, as most are; the beginning of one at the end is kept. */
  #whole(chunk: Buffer, from: number): number {
    let at = from;
    while (chunk.length - at >= HEADER) {
      const length = this.#length(chunk, at);
      if (this.#tooLong(chunk[at] as number, length)) return at;
      const next = at + 1 + length;
      if (next > chunk.length) break;
      this.#message(chunk, at, next);
      at = next;
    }
    if (at < chunk.length) this.#keep(chunk, at, Infinity);
    return chunk.length;
  }

  /** Joins what was kept with what has come, up to the end of the one message. */
  #complete(chunk: Buffer, from: number): number {
    let at = from;
    if (this.#have < HEADER) {
      at = this.#keep(chunk, at, HEADER);
      if (this.#have < HEADER) return at;
      this.#pieces = [Buffer.concat(this.#pieces)];
    }
    const [first] = this.#pieces as [Buffer];
    const length = this.#length(first, 0);
    if (this.#tooLong(first[0] as number, length)) {
      this.#skip -= this.#have;
      this.#forget();
      return at;
    }
    at = this.#keep(chunk, at, 1 + length);
    if (this.#have === 1 + length) {
      const message = Buffer.concat(this.#pieces);
      this.#forget();
      this.#message(message, 0, message.length);
    }
    return at;
  }

  /** Keeps what is there, until `want` bytes are kept. @returns where it stopped */
  #keep(chunk: Buffer, from: number, want: number): number {
    const to = Math.min(chunk.length, from + want - this.#have);
    if (to > from) this.#pieces.push(chunk.subarray(from, to));
    this.#have += to - from;
    return to;
  }

  #forget(): void {
    this.#pieces = [];
    this.#have = 0;
  }

  /** A row beyond the ceiling: from now on it is read over. */
  #tooLong(letter: number, length: number): boolean {
    const { rowCeiling } = this.#handler;
    if (letter !== DATA_ROW || rowCeiling === 0 || length <= rowCeiling) return false;
    this.#skip = 1 + length;
    this.#skipped = length;
    return true;
  }

  #readOver(chunk: Buffer, from: number): number {
    const part = Math.min(this.#skip, chunk.length - from);
    this.#skip -= part;
    if (this.#skip === 0) this.#handler.rowSkipped(this.#skipped);
    return from + part;
  }

  #length(bytes: Buffer, at: number): number {
    const length = bytes.readInt32BE(at + 1);
    const letter = bytes[at] as number;
    if (length < 4 || length > LONGEST || (length > LONGEST_SHORT && !LONG.has(letter))) {
      throw new WireError(`a message ${nameOf(letter)} of ${length} bytes`);
    }
    return length;
  }

  #message(bytes: Buffer, start: number, end: number): void {
    const letter = bytes[start] as number;
    const handler = this.#handler;
    // The three messages that every statement brings, without a cursor of their own.
    if (letter === DATA_ROW) return handler.dataRow(bytes, start, end);
    if (letter === BIND_COMPLETE && end === start + HEADER) return handler.completed('bind');
    if (letter === COMMAND_COMPLETE && bytes[end - 1] === 0 && bytes.indexOf(0, start + HEADER) === end - 1) {
      return handler.commandComplete(bytes.toString('latin1', start + HEADER, end - 1));
    }
    const view = new MessageView(bytes, start + HEADER, end, nameOf(letter));
    switch (String.fromCharCode(letter)) {
      case '1':
        view.end();
        return handler.completed('parse');
      case '2':
        view.end();
        return handler.completed('bind');
      case '3':
        view.end();
        return handler.completed('close');
      case 'n':
        view.end();
        return handler.completed('no-data');
      case 's':
        view.end();
        return handler.completed('portal-suspended');
      case 'I':
        view.end();
        return handler.completed('empty-query');
      case 'c':
        view.end();
        return handler.completed('copy-done');
      case 't':
        return handler.parameterDescription(oids(view));
      case 'T':
        return handler.rowDescription(fields(view));
      case 'C':
        return handler.commandComplete(last(view));
      case 'E':
        return handler.error(serverMessage(view));
      case 'N':
        return handler.notice(serverMessage(view));
      case 'A': {
        const processId = view.int32();
        const channel = view.text();
        return handler.notification(channel, last(view), processId);
      }
      case 'S': {
        const name = view.text();
        return handler.parameterStatus(name, last(view));
      }
      case 'Z':
        return handler.readyForQuery(status(view));
      case 'G':
        copyFormats(view);
        return handler.copyResponse('in');
      case 'H':
        copyFormats(view);
        return handler.copyResponse('out');
      case 'd':
        return handler.copyData(bytes.subarray(start + HEADER, end));
      default:
        throw new WireError(`a message ${nameOf(letter)}, which has no meaning here`);
    }
  }
}
