// The cable is pulled: TCP that is open on this side only, which no proxy can make.
import { setTimeout as sleep } from 'node:timers/promises';
import { openFarNetwork } from '../runner/far-network.js';
import { deadlineOf } from './pool.scenarios.js';
import { must, within, type Scenario } from './scenario.js';

export const HALF_OPEN: Scenario = {
  name: 'half-open',
  group: 'network',
  fault: 'the network interface is down for 20 s (half-open TCP), 4 queries running and 4 waiting',
  goal: 'it is found out within 12 s or the call’s own limit, and calls are served when it is up again',
  known: { pg: 'hangs > 20 s; keepAlive 1 s: 11.3 s', 'postgres.js': 'hangs > 20 s' },
  withTimeouts: true,
  limitMs: 90_000,
  async run(lab) {
    const network = await openFarNetwork(lab.server);
    try {
      const driver = await lab.open({ via: network, max: 4, connection: { Tls: { Mode: 'disable' } } });
      await Promise.all(Array.from({ length: 4 }, () => driver.lease((run) => run('select pg_sleep(0.05)'))));
      const downMs = lab.long ? 20_000 : 1_500;
      const limit = lab.long ? {} : { timeoutMs: 800 };
      const call = (sql: string): void =>
        void lab.tally.call(() => driver.query(sql, [], limit), deadlineOf(lab, limit.timeoutMs));
      for (let n = 0; n < 4; n++) call('select pg_sleep(30)');
      await lab.until(5_000, async () => (await lab.backends(`state = 'active'`)).length === 4);
      await network.down();
      for (let n = 0; n < 4; n++) call('select 1');
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
