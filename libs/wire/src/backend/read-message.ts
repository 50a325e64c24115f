// The bodies of the server's messages (PostgreSQL manual 55.7), read from a cursor. A body that says something else than its
// kind allows is a WireError.
import { WireError } from '../errors/wire.error.js';
import type { WireField } from '../field.js';
import type { ServerMessage, SessionStatus } from './backend-messages.js';
import type { MessageView } from './message-view.js';

/** For messages. */
export function nameOf(letter: number): string {
  return letter > 32 && letter < 127 ? `'${String.fromCharCode(letter)}'` : `0x${letter.toString(16)}`;
}

export function last(view: MessageView): string {
  const text = view.text();
  view.end();
  return text;
}

export function oids(view: MessageView): readonly number[] {
  const list = Array.from({ length: checked(view, view.uint16(), 4) }, () => view.uint32());
  view.end();
  return list;
}

/** A count that the message has no bytes for is refused before anything is made of it. */
function checked(view: MessageView, count: number, leastBytes: number): number {
  if (count * leastBytes > view.left) throw new WireError(`a list of ${count} in ${view.left} bytes`);
  return count;
}

export function fields(view: MessageView): readonly WireField[] {
  const list = Array.from({ length: checked(view, view.uint16(), 19) }, (): WireField => {
    const name = view.text();
    const tableOid = view.uint32();
    const column = view.int16();
    const typeOid = view.uint32();
    view.int16();
    const typeModifier = view.int32();
    const format = view.int16();
    if (format !== 0 && format !== 1) throw new WireError(`a column in form ${format}`);
    return { name, tableOid, column, typeOid, typeModifier, format };
  });
  view.end();
  return list;
}

export function copyFormats(view: MessageView): void {
  view.byte();
  const count = checked(view, view.uint16(), 2);
  for (let index = 0; index < count; index++) view.int16();
  view.end();
}

export function status(view: MessageView): SessionStatus {
  const letter = String.fromCharCode(view.byte());
  view.end();
  if (letter !== 'I' && letter !== 'T' && letter !== 'E') throw new WireError('a session in no known state');
  return letter;
}

const FIELD_OF: Readonly<Record<string, keyof ServerMessage>> = {
  S: 'severity',
  C: 'code',
  M: 'message',
  D: 'detail',
  H: 'hint',
  P: 'position',
  p: 'internalPosition',
  q: 'internalQuery',
  W: 'where',
  s: 'schema',
  t: 'table',
  c: 'column',
  d: 'dataType',
  n: 'constraint',
  F: 'file',
  L: 'line',
  R: 'routine',
};

/** `V`, the severity that is never translated, wins over `S`. Fields of later versions are read over. */
export function serverMessage(view: MessageView): ServerMessage {
  const found: { -readonly [K in keyof ServerMessage]?: string } = {};
  let plainSeverity: string | undefined;
  for (let kind = view.byte(); kind !== 0; kind = view.byte()) {
    const text = view.text();
    const letter = String.fromCharCode(kind);
    const name = FIELD_OF[letter];
    if (letter === 'V') plainSeverity = text;
    else if (name !== undefined) found[name] = text;
  }
  view.end();
  const { code, message, severity } = found;
  if (code === undefined || message === undefined) throw new WireError('an error without code or text');
  return { ...found, code, message, severity: plainSeverity ?? severity ?? 'ERROR' };
}
