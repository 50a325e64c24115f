// What a client has said on one connection (test/support/tcp-tap.ts), message by message: proof of how often it waited for an answer.

export interface ClientMessage {
  /** `Q`, `P`, `B`, `S` … */
  readonly type: string;
  readonly body: string;
}

/** Of a connection without TLS; its startup message, which has no type, is left out. */
export function clientMessages(sent: Buffer): ClientMessage[] {
  const messages: ClientMessage[] = [];
  for (let at = sent.length < 4 ? sent.length : sent.readInt32BE(0); at + 5 <= sent.length;) {
    const end = at + 1 + sent.readInt32BE(at + 1);
    messages.push({ type: String.fromCharCode(sent[at] as number), body: sent.toString('latin1', at + 5, end) });
    at = end;
  }
  return messages;
}
