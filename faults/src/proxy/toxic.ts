// What a toxic is: one fault of a network or a sick server, small enough to be laid over others.
// Types only. A toxic knows the link it works on and nothing of the proxy, so that any two can be combined.

export type Direction = 'to-client' | 'to-server';

/** Bytes on their way, and how long they are held here. Order within a direction is kept, whatever the delays are. */
export interface Piece {
  readonly bytes: Buffer;
  readonly delayMs: number;
}

/** One client's connection through the proxy, as toxics see and break it. */
export interface ToxicLink {
  /** RST to both sides, now. */
  reset(): void;
  /** RST to the client; the server's side is lost, as in a network that forgot it. */
  resetClient(): void;
  /** FIN to the client once what is on its way has gone out. The server's side stays. */
  finishClient(): void;
  /** Nothing comes through any more, in either direction, also after the toxic is gone: what was lost is never sent again. */
  lose(): void;
  /** The same until the toxic is gone: bytes wait in the kernel, as they do under packet loss with retransmission. */
  hold(until: Promise<void>): void;
  /** Bytes that the client has sent, past every toxic. */
  forward(bytes: Buffer): void;
  /** Of the message to the client that the stream stands in the middle of: bytes still to come. */
  readonly openMessageBytes: number;
}

export type Stage = (piece: Piece) => readonly Piece[];

export interface Toxic {
  /** What happens to a client that connects. Default: it is linked to the server. */
  readonly accept?: 'reset' | 'mute';
  /** What happens to links that are open when the toxic comes, and to those that come later. */
  attach?(link: ToxicLink): void;
  /** The work on one direction of one link; undefined = the bytes pass. Made once for each link, at its first bytes. */
  stage?(direction: Direction, link: ToxicLink): Stage | undefined;
  /** It was taken away. */
  removed?(): void;
}
