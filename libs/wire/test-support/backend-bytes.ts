// What a server says, as bytes, for tests: lawful messages, and the parts to make unlawful ones of. It shares no code with
// the reader that it tests.

import { Buffer } from 'node:buffer';

export const int16 = (value: number): Buffer => Buffer.from([value >> 8, value]);
export const int32 = (value: number): Buffer => Buffer.from([value >> 24, value >> 16, value >> 8, value]);
/** Zero-terminated. */
export const text = (value: string): Buffer => Buffer.from(`${value}\0`);
export const bytes = (...values: number[]): Buffer => Buffer.from(values);

/** A message with the length it has. */
export function message(letter: string, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(letter, 'latin1'), int32(body.length + 4), body]);
}

/** A message whose length is a lie. */
export function lying(letter: string, length: number, ...parts: Buffer[]): Buffer {
  return Buffer.concat([Buffer.from(letter, 'latin1'), int32(length), ...parts]);
}

export interface ColumnSketch {
  readonly name: string;
  readonly typeOid?: number;
  readonly format?: number;
}

const cell = (value: string | Uint8Array | null): Buffer => {
  if (value === null) return int32(-1);
  const body = Buffer.from(value);
  return Buffer.concat([int32(body.length), body]);
};
const fields = (list: Readonly<Record<string, string>>): Buffer[] =>
  Object.entries(list).map(([letter, value]) => Buffer.concat([Buffer.from(letter), text(value)]));

/** The lawful ones. */
export const says = {
  parseComplete: message('1'),
  bindComplete: message('2'),
  closeComplete: message('3'),
  noData: message('n'),
  portalSuspended: message('s'),
  emptyQuery: message('I'),
  copyDone: message('c'),
  ready: (status = 'I'): Buffer => message('Z', Buffer.from(status)),
  complete: (tag: string): Buffer => message('C', text(tag)),
  parameters: (oids: readonly number[]): Buffer =>
    message('t', Buffer.concat([int16(oids.length), ...oids.map(int32)])),
  /** Columns of type text, in text form, where nothing else is said. */
  columns: (...columns: (string | ColumnSketch)[]): Buffer =>
    message(
      'T',
      int16(columns.length),
      ...columns.map((column) => {
        const { name, typeOid = 25, format = 0 } = typeof column === 'string' ? { name: column } : column;
        return Buffer.concat([text(name), int32(0), int16(0), int32(typeOid), int16(-1), int32(-1), int16(format)]);
      }),
    ),
  row: (...cells: (string | Uint8Array | null)[]): Buffer => message('D', int16(cells.length), ...cells.map(cell)),
  error: (code: string, what = 'no', more: Readonly<Record<string, string>> = {}): Buffer =>
    message('E', ...fields({ S: 'ERROR', V: 'ERROR', C: code, M: what, ...more }), bytes(0)),
  notice: (what: string): Buffer =>
    message('N', ...fields({ S: 'NOTICE', V: 'NOTICE', C: '00000', M: what }), bytes(0)),
  notification: (channel: string, payload = '', processId = 7): Buffer =>
    message('A', int32(processId), text(channel), text(payload)),
  parameterStatus: (name: string, value: string): Buffer => message('S', text(name), text(value)),
  copyIn: (...formats: number[]): Buffer => message('G', bytes(0), int16(formats.length), ...formats.map(int16)),
  copyOut: (...formats: number[]): Buffer => message('H', bytes(0), int16(formats.length), ...formats.map(int16)),
  copyData: (data: string): Buffer => message('d', Buffer.from(data)),
  authenticationOk: message('R', int32(0)),
  authenticationCleartext: message('R', int32(3)),
  backendKey: (processId: number, secret: number): Buffer => message('K', int32(processId), int32(secret)),
};
