// Ways in which bytes of a server can come out wrong: what a broken network, a broken proxy or a hostile server might make of
// a session that really was. Driven by one seed, so that whatever is found can be played again.

/** 0 ≤ number < 1, the same ones for the same seed (mulberry32). */
export function randomBy(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Cuts a lawful stream into its messages. */
export function messagesOf(stream: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at < stream.length;) {
    const next = at + 1 + stream.readInt32BE(at + 1);
    messages.push(stream.subarray(at, next));
    at = next;
  }
  return messages;
}

const LETTERS = Buffer.from('123ACDEGHIKNRSTVWZcdnstv?\0');

export type Mutation = readonly [name: string, bytes: Buffer];

/** @param others messages of other sessions, to be spliced in */
export function mutate(messages: readonly Buffer[], others: readonly Buffer[], random: () => number): Mutation {
  const below = (limit: number): number => Math.floor(random() * limit);
  const list = [...messages];
  const at = below(list.length);
  const change = (how: (copy: Buffer) => void): Buffer => {
    const copy = Buffer.from(list[at] as Buffer);
    how(copy);
    list[at] = copy;
    return Buffer.concat(list);
  };
  const whole = (): Buffer => Buffer.concat(list);
  const some = (): Buffer => Buffer.from(Array.from({ length: 1 + below(12) }, () => below(256)));
  const kinds: readonly (() => Mutation)[] = [
    () => ['bits flipped', flip(whole(), 1 + below(4), below)],
    () => ['bits of one message flipped', change((copy) => void flip(copy, 1 + below(3), below))],
    () => {
      const bytes = whole();
      const from = below(bytes.length);
      return ['bytes missing', Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + 1 + below(16))])];
    },
    () => {
      const bytes = whole();
      const from = below(bytes.length);
      return ['bytes too many', Buffer.concat([bytes.subarray(0, from), some(), bytes.subarray(from)])];
    },
    () => (list.splice(at, 0, list[at] as Buffer), ['a message twice', whole()]),
    () => (list.splice(at, 1), ['a message missing', whole()]),
    () => {
      const other = below(list.length);
      [list[at], list[other]] = [list[other] as Buffer, list[at] as Buffer];
      return ['two messages in each other’s place', whole()];
    },
    () => ['the end missing', whole().subarray(0, below(whole().length))],
    () => {
      const lies = [0, -1, 3, 5, 0x7fffffff, 0x3fffffff, 30_001, below(65_536), -below(2 ** 31)];
      return ['another length', change((copy) => void copy.writeInt32BE(lies[below(lies.length)] as number, 1))];
    },
    () => {
      const by = [-4, -2, -1, 1, 2, 4][below(6)] as number;
      return ['a length that is off', change((copy) => void copy.writeInt32BE(copy.readInt32BE(1) + by, 1))];
    },
    () => ['another letter', change((copy) => (copy[0] = LETTERS[below(LETTERS.length)] as number))],
    () => ['another session’s message', (list.splice(at, below(2), others[below(others.length)] as Buffer), whole())],
    () => {
      const from = below(others.length);
      return ['another session’s end', Buffer.concat([...list.slice(0, at), ...others.slice(from, from + 40)])];
    },
    () => {
      // What lies behind the letter and the length is what a field's length or count stands in.
      const numbers = [0xffff, 0x7fff, 0x8000, 0, 1, 0xfffe];
      return [
        'another count',
        change(
          (copy) =>
            copy.length >= 7 &&
            copy.writeUInt16BE(numbers[below(numbers.length)] as number, 5 + 2 * below((copy.length - 5) >> 1)),
        ),
      ];
    },
  ];
  return (kinds[below(kinds.length)] as () => Mutation)();
}

function flip(bytes: Buffer, times: number, below: (limit: number) => number): Buffer {
  for (let n = 0; n < times; n++) {
    const at = below(bytes.length);
    bytes[at] = (bytes[at] as number) ^ (1 << below(8));
  }
  return bytes;
}
