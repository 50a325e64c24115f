// A cursor over one message of the server. It never reads beyond its end: what lies there is somebody else's message.
import { WireError } from '../errors/wire.error.js';

export class MessageView {
  constructor(
    private readonly bytes: Buffer,
    private at: number,
    private readonly limit: number,
    private readonly what: string,
  ) {}

  get left(): number {
    return this.limit - this.at;
  }

  byte(): number {
    return this.bytes[this.take(1)] as number;
  }

  int16(): number {
    return this.bytes.readInt16BE(this.take(2));
  }

  uint16(): number {
    return this.bytes.readUInt16BE(this.take(2));
  }

  int32(): number {
    return this.bytes.readInt32BE(this.take(4));
  }

  uint32(): number {
    return this.bytes.readUInt32BE(this.take(4));
  }

  /** Zero-terminated text. */
  text(): string {
    const zero = this.bytes.indexOf(0, this.at);
    if (zero < 0 || zero >= this.limit) throw this.wrong('a text without end');
    const text = this.bytes.toString('utf8', this.at, zero);
    this.at = zero + 1;
    return text;
  }

  end(): void {
    if (this.left > 0) throw this.wrong(`${this.left} bytes too many`);
  }

  private take(size: number): number {
    if (this.left < size) throw this.wrong('it is too short');
    const at = this.at;
    this.at += size;
    return at;
  }

  private wrong(why: string): WireError {
    return new WireError(`malformed ${this.what}: ${why}`);
  }
}
