// One fault after another, at random, each of which is over when the next begins.
import { setTimeout as sleep } from 'node:timers/promises';
import type { EmbeddedServer } from '@hydrogen/embedded';
import type { FaultProxy } from '../proxy/fault-proxy.js';
import { blackHole, corrupt, cutReply, latency, resetOnAccept, stall } from '../proxy/toxics.js';
import type { Toxic } from '../proxy/toxic.js';

const REST_MS = 400;

export class MixedFaults {
  readonly counts = new Map<string, number>();
  readonly #server: EmbeddedServer;
  readonly #proxy: FaultProxy;
  readonly #database: string;
  #over = false;
  #running: Promise<void> = Promise.resolve();

  constructor(server: EmbeddedServer, proxy: FaultProxy, database: string) {
    this.#server = server;
    this.#proxy = proxy;
    this.#database = database;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Ends with everything healed. */
  async stop(): Promise<void> {
    this.#over = true;
    await this.#running;
    await this.#proxy.heal();
  }

  async #run(): Promise<void> {
    const faults: readonly (readonly [name: string, share: number, inflict: () => Promise<unknown>])[] = [
      ['kill', 30, () => this.#kill('order by random() limit 1')],
      ['kill all', 5, () => this.#kill('')],
      ['reset', 15, async () => this.#proxy.resetAll()],
      ['finish', 5, async () => this.#proxy.finishAll()],
      ['latency', 15, () => this.#for(latency(20, 20), 1_000)],
      ['stall', 10, () => this.#for(stall(), 500)],
      ['black hole', 5, () => this.#for(blackHole(), 1_000)],
      ['reset on accept', 5, () => this.#for(resetOnAccept(), 500)],
      ['cut', 5, () => this.#for(cutReply(5_000, 'reset'), 300)],
      ['garble', 5, () => this.#garble()],
      ['restart', 2, () => this.#restart()],
    ];
    const all = faults.reduce((sum, [, share]) => sum + share, 0);
    while (!this.#over) {
      let at = Math.random() * all;
      const chosen = faults.find(([, share]) => (at -= share) < 0) ?? faults[0];
      if (!chosen) return;
      const [name, , inflict] = chosen;
      this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
      await inflict();
      await sleep(REST_MS);
    }
  }

  async #for(toxic: Toxic, ms: number): Promise<void> {
    this.#proxy.add(toxic);
    await sleep(ms);
    await this.#proxy.heal();
  }

  /** What came garbled must not be used for anything but its failure: those connections end. */
  async #garble(): Promise<void> {
    // The length of a message: a value that is another one cannot be told from the right one, and is no fault of ours.
    await this.#for(corrupt(1), 100);
    this.#proxy.resetAll();
  }

  async #restart(): Promise<void> {
    await this.#server.stop(Math.random() < 0.5 ? 'fast' : 'immediate');
    await this.#server.start();
  }

  async #kill(which: string): Promise<void> {
    const victims = `select pid from pg_stat_activity where datname = '${this.#database}' ${which}`;
    await this.#server.query(`select pg_terminate_backend(pid) from (${victims}) as victims`).catch(() => {});
  }
}
