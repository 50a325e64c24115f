// The cable is pulled: TCP that is open on this side only, which no proxy can make.
import { setTimeout as sleep } from 'node:timers/promises';
import { openFarNetwork } from '../runner/far-network.js';
import { deadlineOf } from './pool.scenarios.js';
import { must, within, type Scenario } from './scenario.js';

export const HALF_OPEN: Scenario = {
  name: 'half-open',
  group: 'network',
  fault: 'the network interface is down for 20 s (half-open TCP), 8 queries on 4 connections',
  goal: 'it is found out within 12 s or the call’s own limit, and calls are served when it is up again',
  known: { pg: 'hangs > 20 s; keepAlive 1 s: 11.3 s', 'postgres.js': 'hangs > 20 s' },
  withTimeouts: true,
  limitMs: 90_000,
  async run(lab) {
    const network = await openFarNetwork(lab.server);
    try {
      const driver = await lab.open({ via: network, max: 4, connection: { Tls: { Mode: 'disable' } } });
      await Promise.all(Array.from({ length: 4 }, () => driver.lease((run) => run('select pg_sleep(0.05)'))));
      await network.down();
      const downMs = lab.long ? 20_000 : 1_500;
      const limit = lab.long ? {} : { timeoutMs: 500 };
      for (let n = 0; n < 8; n++) {
        void lab.tally.call(() => driver.query('select 1', [], limit), deadlineOf(lab, limit.timeoutMs));
      }
      await sleep(downMs);
      const settledInTime = lab.tally.settledCount;
      await network.up();
      const healedMs = await lab.usable(driver, 10_000);
      await lab.tally.settled(15_000);
      return { settledInTime, healedMs };
    } finally {
      // Before the network goes: what is still to be said can be said.
      await network.close();
    }
  },
  judge: (measures) => [
    ...must(measures.maxMs <= 12_100, `found out after ${Math.round(measures.maxMs)} ms`),
    ...within(measures, 'healedMs', 1_500),
  ],
};
