// Messages to the server as bytes (PostgreSQL manual 55.7), written one behind the other so that many statements leave in
// one write. It keeps no state of the protocol: what may be sent when is its caller's business.

/** Text goes in text form, bytes in binary form. */
export type WireParameter = string | Uint8Array | null;

/** Memory is taken from slabs of this size: what was handed out may still be on its way to the socket. */
const SLAB = 65_536;
/** Below this many characters a loop beats the call into Node's encoder (measured: 24 to 40). */
const SHORT = 32;

const enum Letter {
  Bind = 0x42,
  Close = 0x43,
  CopyData = 0x64,
  CopyDone = 0x63,
  CopyFail = 0x66,
  Describe = 0x44,
  Execute = 0x45,
  Flush = 0x48,
  Parse = 0x50,
  Sync = 0x53,
  Terminate = 0x58,
}

/** What Describe and Close are about. */
export type Kind = 'statement' | 'portal';
const LETTER_OF: Readonly<Record<Kind, number>> = { statement: 0x53, portal: 0x50 };

export class FrontendWriter {
  #bytes = Buffer.allocUnsafeSlow(SLAB);
  /** Where what has not been taken begins, and where it ends. */
  #from = 0;
  #at = 0;
  /** Where the length of the message stands that is being written. */
  #length = 0;

  /** Bytes written and not taken. */
  get size(): number {
    return this.#at - this.#from;
  }

  /** What was written since the last call. The memory stays the receiver's. */
  take(): Buffer {
    const taken = this.#bytes.subarray(this.#from, this.#at);
    this.#from = this.#at;
    return taken;
  }

  parse(name: string, text: string): void {
    this.#begin(Letter.Parse, 12 + 3 * (name.length + text.length));
    this.#zeroTerminated(name);
    this.#zeroTerminated(text);
    this.#int16(0);
    this.#end();
  }

  /** @param formats `resultFormats()`: in which form each column of the result is asked for */
  bind(statement: string, parameters: readonly WireParameter[], formats: Uint8Array): void {
    this.#begin(Letter.Bind, 32 + 3 * statement.length + 6 * parameters.length + formats.length);
    this.#bytes[this.#at++] = 0;
    this.#zeroTerminated(statement);
    this.#parameters(parameters);
    this.#raw(formats);
    this.#end();
  }

  /** @param encoded formats and values as Bind carries them, written elsewhere: see `encodeParameters` */
  bindEncoded(statement: string, encoded: Uint8Array, formats: Uint8Array): void {
    this.#begin(Letter.Bind, 32 + 3 * statement.length + encoded.length + formats.length);
    this.#bytes[this.#at++] = 0;
    this.#zeroTerminated(statement);
    this.#raw(encoded);
    this.#raw(formats);
    this.#end();
  }

  describe(kind: Kind, name: string): void {
    this.#named(Letter.Describe, kind, name);
  }

  close(kind: Kind, name: string): void {
    this.#named(Letter.Close, kind, name);
  }

  /** @param maxRows 0 = all */
  execute(maxRows: number): void {
    this.#begin(Letter.Execute, 16);
    this.#bytes[this.#at++] = 0;
    this.#int32(maxRows);
    this.#end();
  }

  sync(): void {
    this.#empty(Letter.Sync);
  }

  flush(): void {
    this.#empty(Letter.Flush);
  }

  terminate(): void {
    this.#empty(Letter.Terminate);
  }

  copyData(bytes: Uint8Array): void {
    this.#begin(Letter.CopyData, 8 + bytes.length);
    this.#raw(bytes);
    this.#end();
  }

  copyDone(): void {
    this.#empty(Letter.CopyDone);
  }

  copyFail(reason: string): void {
    this.#begin(Letter.CopyFail, 8 + 3 * reason.length);
    this.#zeroTerminated(reason);
    this.#end();
  }

  #named(letter: Letter, kind: Kind, name: string): void {
    this.#begin(letter, 16 + 3 * name.length);
    this.#bytes[this.#at++] = LETTER_OF[kind];
    this.#zeroTerminated(name);
    this.#end();
  }

  #empty(letter: Letter): void {
    this.#begin(letter, 8);
    this.#end();
  }

  /** The length is filled in by #end. */
  #begin(letter: Letter, room: number): void {
    this.#reserve(room);
    this.#bytes[this.#at++] = letter;
    this.#length = this.#at;
    this.#at += 4;
  }

  #end(): void {
    const length = this.#length;
    const size = this.#at - length;
    const bytes = this.#bytes;
    bytes[length] = size >>> 24;
    bytes[length + 1] = size >>> 16;
    bytes[length + 2] = size >>> 8;
    bytes[length + 3] = size;
  }

  #parameters(parameters: readonly WireParameter[]): void {
    const binary = parameters.some((value) => value !== null && typeof value !== 'string');
    this.#int16(binary ? parameters.length : 0);
    if (binary) for (const value of parameters) this.#int16(value !== null && typeof value !== 'string' ? 1 : 0);
    this.#int16(parameters.length);
    for (const value of parameters) {
      if (value === null) {
        this.#reserve(4);
        this.#int32(-1);
      } else if (typeof value === 'string') {
        this.#reserve(4 + 3 * value.length);
        const length = this.#at;
        this.#at += 4;
        this.#text(value);
        const size = this.#at - length - 4;
        const end = this.#at;
        this.#at = length;
        this.#int32(size);
        this.#at = end;
      } else {
        this.#reserve(4 + value.length);
        this.#int32(value.length);
        this.#raw(value);
      }
    }
  }

  #zeroTerminated(text: string): void {
    this.#text(text);
    this.#bytes[this.#at++] = 0;
  }

  /** Room for three bytes a character must be reserved. */
  #text(text: string): void {
    const bytes = this.#bytes;
    const start = this.#at;
    if (text.length < SHORT) {
      let at = start;
      for (let index = 0; index < text.length; index++) {
        const code = text.charCodeAt(index);
        if (code > 127) {
          this.#at = start + bytes.write(text, start, 'utf8');
          return;
        }
        bytes[at++] = code;
      }
      this.#at = at;
    } else this.#at = start + bytes.write(text, start, 'utf8');
  }

  #raw(part: Uint8Array): void {
    this.#reserve(part.length + 16);
    this.#bytes.set(part, this.#at);
    this.#at += part.length;
  }

  #int16(value: number): void {
    this.#bytes[this.#at++] = value >>> 8;
    this.#bytes[this.#at++] = value;
  }

  #int32(value: number): void {
    const bytes = this.#bytes;
    bytes[this.#at++] = value >>> 24;
    bytes[this.#at++] = value >>> 16;
    bytes[this.#at++] = value >>> 8;
    bytes[this.#at++] = value;
  }

  /** A message stays in one piece: what is unfinished moves to the new slab with what was not taken. */
  #reserve(room: number): void {
    if (this.#at + room <= this.#bytes.length) return;
    const kept = this.#bytes.subarray(this.#from, this.#at);
    const slab = Buffer.allocUnsafeSlow(Math.max(SLAB, 2 * (kept.length + room)));
    kept.copy(slab);
    this.#bytes = slab;
    this.#length -= this.#from;
    this.#at = kept.length;
    this.#from = 0;
  }
}
