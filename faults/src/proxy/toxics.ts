// The toxics: each one fault. They are laid over each other by FaultProxy.add, in that order.
// None may hold a timer of its own beyond its removal.
import { splitMessages } from './framing.js';
import type { Direction, Piece, Toxic, ToxicLink } from './toxic.js';

/** What happens when a toxic's moment has come. reset-client: the server hears nothing of it, its session lives on. */
export type Ending = 'reset' | 'finish' | 'lose' | 'reset-client';

function end(link: ToxicLink, ending: Ending): void {
  if (ending === 'reset') link.reset();
  else if (ending === 'finish') link.finishClient();
  else if (ending === 'reset-client') link.resetClient();
  else link.lose();
}

const NOTHING: readonly Piece[] = [];

/** Each way takes so long; `jitterMs` more at most, at random. */
export function latency(ms: number, jitterMs = 0): Toxic {
  return {
    stage: () => (piece) => [{ ...piece, delayMs: piece.delayMs + ms + Math.random() * jitterMs }],
  };
}

/** Packets vanish: nothing comes through, nothing is closed, and links that were open never speak again. */
export function blackHole(): Toxic {
  return { attach: (link) => link.lose() };
}

/** Packets are lost and sent again: nothing comes through until it is taken away, then everything does. */
export function stall(): Toxic {
  let release: (() => void) | undefined;
  const until = new Promise<void>((resolve) => (release = resolve));
  return { attach: (link) => link.hold(until), removed: () => release?.() };
}

/** A listener that resets whoever comes; those who are in stay. */
export function resetOnAccept(): Toxic {
  return { accept: 'reset' };
}

/** A server that accepts and never speaks. */
export function muteAccept(): Toxic {
  return { accept: 'mute' };
}

/** Each link ends after so many bytes to the client, counted from when the toxic came. */
export function cutReply(bytes: number, ending: Ending = 'finish'): Toxic {
  return {
    stage: (direction, link) => {
      if (direction === 'to-server') return undefined;
      let left = bytes;
      return (piece) => {
        if (left <= 0) return NOTHING;
        const part = piece.bytes.subarray(0, left);
        left -= part.length;
        if (left > 0) return [piece];
        // The part goes out first, then the end.
        setImmediate(() => end(link, ending));
        return [{ ...piece, bytes: part }];
      };
    },
  };
}

/** Replies come in portions of so many bytes, each so long after the other. */
export function drip(bytes: number, everyMs: number): Toxic {
  return {
    stage: (direction) => {
      if (direction === 'to-server') return undefined;
      let due = 0;
      return (piece) => {
        const portions: Piece[] = [];
        const now = performance.now();
        for (let at = 0; at < piece.bytes.length; at += bytes) {
          due = Math.max(due + everyMs, now);
          portions.push({ bytes: piece.bytes.subarray(at, at + bytes), delayMs: piece.delayMs + (due - now) });
        }
        return portions;
      };
    },
  };
}

/** One byte of each link's reply is another one: the `at`-th from when the toxic came. */
export function corrupt(at = 0): Toxic {
  return {
    stage: (direction) => {
      if (direction === 'to-server') return undefined;
      let seen = 0;
      return (piece) => {
        const here = at - seen;
        seen += piece.bytes.length;
        if (here < 0 || here >= piece.bytes.length) return [piece];
        const bytes = Buffer.from(piece.bytes);
        bytes[here] = (bytes[here] as number) ^ 0xff;
        return [{ ...piece, bytes }];
      };
    },
  };
}

/** Whatever the server says, these bytes come instead. */
export function sayInstead(bytes: Buffer): Toxic {
  return {
    stage: (direction) => (direction === 'to-server' ? undefined : (piece) => [{ ...piece, bytes }]),
  };
}

const isCancel = (bytes: Buffer): boolean => bytes.length === 16 && bytes.readInt32BE(4) === 80_877_102;

/** CancelRequests arrive so much later, whether their sender still waits or not. `dial` reaches the server. */
export function lateCancel(ms: number, dial: (bytes: Buffer) => void): Toxic {
  return {
    stage: (direction: Direction) =>
      direction === 'to-client'
        ? undefined
        : (piece) => {
            if (!isCancel(piece.bytes)) return [piece];
            setTimeout(() => dial(piece.bytes), ms);
            return NOTHING;
          },
  };
}

export interface ServerMessageFault {
  /** First byte of the message, e.g. `C` for CommandComplete, `Z` for ReadyForQuery. */
  readonly type: string;
  /** Only those whose body holds this text, e.g. `COMMIT`. */
  readonly text?: string;
  /** The how-manieth of them, over all links, from 1. Default 1. Each `every`-th one after it as well, when given. */
  readonly nth?: number;
  readonly every?: number;
  /** Default `reset`. */
  readonly ending?: Ending;
  /** It has happened; so often. */
  readonly happened?: (times: number) => void;
}

/** Messages pass up to the one that is meant; this one never arrives, and the link ends. The lost acknowledgement. */
export function dropServerMessage(fault: ServerMessageFault): Toxic {
  const { type, text, nth = 1, every, ending = 'reset', happened } = fault;
  let seen = 0;
  let times = 0;
  const isMeant = (message: Buffer): boolean => {
    if (String.fromCharCode(message[0] as number) !== type) return false;
    if (text !== undefined && !message.includes(text, 5)) return false;
    seen += 1;
    return seen === nth || (every !== undefined && seen > nth && (seen - nth) % every === 0);
  };
  return {
    stage: (direction, link) => {
      if (direction === 'to-server') return undefined;
      let skip = link.openMessageBytes;
      let held: Buffer = Buffer.alloc(0);
      let over = false;
      return ({ bytes, delayMs }) => {
        if (over) return NOTHING;
        const passing = bytes.subarray(0, skip);
        skip -= passing.length;
        const { messages, rest } = splitMessages(Buffer.concat([held, bytes.subarray(passing.length)]));
        held = rest;
        const until = messages.findIndex(isMeant);
        over = until >= 0;
        if (over) {
          setImmediate(() => end(link, ending));
          happened?.((times += 1));
        }
        const through = [passing, ...(over ? messages.slice(0, until) : messages)];
        return [{ bytes: Buffer.concat(through), delayMs }];
      };
    },
  };
}

export interface ClientTextFault {
  /** As it stands in the bytes: the words of a statement that this connection has not sent before, for later it is a name. */
  readonly text: string;
  /** Default `reset`. */
  readonly ending?: Ending;
  readonly happened?: () => void;
}

/** What the client sends from that text on never arrives, and the link ends; once. The request that was lost on its way. */
export function dropClientText({ text, ending = 'reset', happened }: ClientTextFault): Toxic {
  let over = false;
  return {
    stage: (direction, link) =>
      direction === 'to-client'
        ? undefined
        : (piece) => {
            const at = over ? -1 : piece.bytes.indexOf(text);
            if (at < 0) return [piece];
            over = true;
            setImmediate(() => end(link, ending));
            happened?.();
            return NOTHING;
          },
  };
}
