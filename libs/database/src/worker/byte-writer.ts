// A buffer that grows: what crosses to another thread in one tick is written into it, one frame behind the other. It knows
// no protocol. Its memory never leaves; `copy` hands out exact copies, which can be transferred.

/** Kept between ticks; what one huge tick needed is given back. */
const KEPT = 1_048_576;
/** Above this many characters the exact size is counted, for three bytes a character are a lot then. */
const LONG = 65_536;
/** Below this many characters a loop beats the call into Node's encoder. */
const SHORT = 32;

export class ByteWriter {
  #bytes: Buffer;
  #view: DataView;
  /** Where the next byte goes. Set it back to undo a frame that could not be finished. */
  at = 0;

  constructor(size = 16_384) {
    this.#bytes = Buffer.allocUnsafeSlow(size);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Makes room; everything else writes without looking. */
  reserve(room: number): void {
    if (this.at + room > this.#bytes.length) this.#grow(this.at + room);
  }

  u8(value: number): void {
    this.#bytes[this.at++] = value;
  }

  u16(value: number): void {
    this.#view.setUint16(this.at, value, true);
    this.at += 2;
  }

  u32(value: number): void {
    this.#view.setUint32(this.at, value, true);
    this.at += 4;
  }

  f64(value: number): void {
    this.#view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  /** Big-endian, as PostgreSQL has it. */
  int16(value: number): void {
    this.#view.setUint16(this.at, value);
    this.at += 2;
  }

  /** Big-endian, as PostgreSQL has it. */
  int32(value: number, at = this.at): void {
    this.#view.setInt32(at, value);
    if (at === this.at) this.at += 4;
  }

  setU32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  /** Bytes without their length. Reserves its room. */
  raw(part: Uint8Array): void {
    this.reserve(part.length);
    this.#bytes.set(part, this.at);
    this.at += part.length;
  }

  /** UTF-8 without its length. Reserves its room. */
  utf8(text: string): void {
    this.reserve(roomFor(text));
    const bytes = this.#bytes;
    if (text.length >= SHORT) {
      this.at += bytes.write(text, this.at, 'utf8');
      return;
    }
    let at = this.at;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code > 127) {
        this.at += bytes.write(text, this.at, 'utf8');
        return;
      }
      bytes[at++] = code;
    }
    this.at = at;
  }

  /** Length and UTF-8. Reserves its room. */
  text(text: string): void {
    this.reserve(4);
    const start = this.at;
    this.at += 4;
    this.utf8(text);
    this.setU32(start, this.at - start - 4);
  }

  copy(from: number, to: number): ArrayBuffer {
    const { buffer, byteOffset } = this.#bytes;
    return (buffer as ArrayBuffer).slice(byteOffset + from, byteOffset + to);
  }

  /** Starts again at the beginning. */
  clear(): void {
    this.at = 0;
    if (this.#bytes.length > KEPT) this.#adopt(Buffer.allocUnsafeSlow(KEPT));
  }

  #grow(size: number): void {
    const bytes = Buffer.allocUnsafeSlow(Math.max(size, 2 * this.#bytes.length));
    this.#bytes.copy(bytes, 0, 0, this.at);
    this.#adopt(bytes);
  }

  #adopt(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }
}

function roomFor(text: string): number {
  return text.length > LONG ? Buffer.byteLength(text) : 3 * text.length;
}
