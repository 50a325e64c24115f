// Each toxic does what it says and nothing more: a proxy that is wrong makes every fault test a lie.
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FaultProxy } from './fault-proxy.js';
import {
  blackHole,
  corrupt,
  cutReply,
  drip,
  dropServerMessage,
  latency,
  muteAccept,
  resetOnAccept,
  stall,
} from './toxics.js';

let server: Server;
let proxy: FaultProxy;
/** Sockets at the server, in the order of their coming. */
let arrived: Socket[];
/** At the callers: half-open ones end by nobody else. */
let called: Socket[];

beforeEach(async () => {
  arrived = [];
  called = [];
  server = createServer((socket) => {
    arrived.push(socket);
    socket.on('error', () => {}).on('data', (bytes) => socket.write(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy = await FaultProxy.start({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
});
afterEach(async () => {
  await proxy.close();
  for (const socket of [...arrived, ...called]) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

class Caller {
  readonly socket: Socket;
  #heard = Buffer.alloc(0);
  #end: string | undefined;
  #wake = (): void => {};

  constructor() {
    this.socket = connect({ host: proxy.host, port: proxy.port, allowHalfOpen: true });
    called.push(this.socket);
    this.socket.on('data', (bytes: Buffer) => {
      this.#heard = Buffer.concat([this.#heard, bytes]);
      this.#wake();
    });
    this.socket.on('error', (error: NodeJS.ErrnoException) => (this.#end = error.code));
    this.socket.on('end', () => {
      this.#end ??= 'FIN';
      this.#wake();
    });
    this.socket.on('close', () => this.#wake());
  }

  say(bytes: string | Uint8Array): this {
    this.socket.write(bytes);
    return this;
  }

  /** What was heard once it is so long, or once the connection ends. */
  async hears(length: number): Promise<string> {
    while (this.#heard.length < length && this.#end === undefined) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.#heard.toString('latin1');
  }

  async ends(): Promise<string | undefined> {
    while (this.#end === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#end;
  }

  /** True when nothing is heard for so long. */
  async hearsNothing(ms: number): Promise<boolean> {
    const before = this.#heard.length;
    await new Promise((resolve) => setTimeout(resolve, ms));
    return this.#heard.length === before && this.#end === undefined;
  }
}

async function caller(): Promise<Caller> {
  const made = new Caller();
  expect(await made.say('hello').hears(5)).toBe('hello');
  return made;
}

const message = (type: string, body: string): Buffer => {
  const bytes = Buffer.alloc(5 + body.length);
  bytes.write(type, 0, 'latin1');
  bytes.writeInt32BE(4 + body.length, 1);
  bytes.write(body, 5, 'latin1');
  return bytes;
};

describe('the fault proxy', () => {
  it('changes nothing of itself, counts who comes, and ends everything at close', async () => {
    const [one, two] = [await caller(), await caller()];
    expect([proxy.accepted, proxy.open]).toEqual([2, 2]);
    const large = 'x'.repeat(3_000_000);
    expect((await one.say(large).hears(5 + large.length)).length).toBe(5 + large.length);
    await proxy.close();
    await Promise.all([one.ends(), two.ends()]);
    await proxy.close();
  });

  it('passes a FIN on, each way, behind the last bytes', async () => {
    const one = await caller();
    one.socket.end('last');
    expect(await one.hears(9)).toBe('hellolast');
    expect(await one.ends()).toBe('FIN');
  });

  it('keeps the order of bytes while latencies come and go', async () => {
    const one = await caller();
    const slow = proxy.add(latency(60));
    const startedAt = performance.now();
    one.say('1');
    await new Promise((resolve) => setTimeout(resolve, 10));
    proxy.remove(slow);
    one.say('2');
    expect(await one.hears(7)).toBe('hello12');
    expect(performance.now() - startedAt).toBeGreaterThan(59);
  });

  it('lays toxics over each other: 20 ms and 30 ms are 100 ms there and back', async () => {
    const one = await caller();
    proxy.add(latency(20));
    proxy.add(latency(30));
    const startedAt = performance.now();
    await one.say('.').hears(6);
    expect(performance.now() - startedAt).toBeGreaterThan(98);
  });

  it('a black hole swallows bytes and ends for good, a stall only holds them', async () => {
    const [lost, silent] = [await caller(), await caller()];
    proxy.add(blackHole());
    expect(await lost.say('lost').hearsNothing(50)).toBe(true);
    await proxy.heal();
    expect(await lost.say('still').hearsNothing(50)).toBe(true);
    const held = await caller();
    const toxic = proxy.add(stall());
    expect(await held.say('held').hearsNothing(50)).toBe(true);
    proxy.remove(toxic);
    expect(await held.hears(9)).toBe('helloheld');
    expect(await silent.say('lost').hearsNothing(20)).toBe(true);
  });

  it('refuses, resets or ignores those who come, and serves them when it heals', async () => {
    await proxy.refuse();
    expect(await new Caller().ends()).toBe('ECONNREFUSED');
    await proxy.heal();
    const reset = proxy.add(resetOnAccept());
    expect(await new Caller().ends()).toBe('ECONNRESET');
    proxy.remove(reset);
    proxy.add(muteAccept());
    expect(await new Caller().say('hello?').hearsNothing(50)).toBe(true);
    await proxy.heal();
    await caller();
  });

  it('resets all, and ends the replies of all while it still hears them', async () => {
    const reset = await caller();
    proxy.resetAll();
    expect(await reset.ends()).toBe('ECONNRESET');
    const finished = await caller();
    proxy.finishAll();
    expect(await finished.ends()).toBe('FIN');
  });

  it('cuts a reply at a byte: those before it arrive, none behind it', async () => {
    const one = await caller();
    proxy.add(cutReply(3));
    expect(await one.say('abcdef').hears(11)).toBe('helloabc');
    expect(await one.ends()).toBe('FIN');
  });

  it('drips, and corrupts one byte', async () => {
    const one = await caller();
    const slow = proxy.add(drip(2, 20));
    const startedAt = performance.now();
    expect(await one.say('123456').hears(11)).toBe('hello123456');
    expect(performance.now() - startedAt).toBeGreaterThan(39);
    proxy.remove(slow);
    proxy.add(corrupt(1));
    expect(await one.say('aaa').hears(14)).toBe('hello123456a\x9ea');
  });

  it('drops the message that is meant, over borders of chunks, and keeps what came before it', async () => {
    const one = new Caller();
    const times: number[] = [];
    const [row, insert, commit] = [message('D', 'row'), message('C', 'INSERT'), message('C', 'COMMIT')];
    await one.say(row).hears(row.length);
    proxy.add(dropServerMessage({ type: 'C', text: 'COMMIT', nth: 2, happened: (count) => times.push(count) }));
    one.say(Buffer.concat([commit, row, insert, commit.subarray(0, 7)]));
    expect(await one.hears(2 * row.length + commit.length + insert.length)).not.toContain('COMMITCOMMIT');
    one.say(Buffer.concat([commit.subarray(7), row]));
    expect(await one.ends()).toBe('ECONNRESET');
    expect(times).toEqual([1]);
    expect((await one.hears(0)).split('COMMIT')).toHaveLength(2);
  });
});
