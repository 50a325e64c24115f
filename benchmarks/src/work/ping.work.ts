// A Nest service under load: how long /ping takes while results of 100,000 rows are served, as objects or as JSON.
// The service is this process; who pings and who fetches are processes of their own.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { rowsOfJson } from '../contestant/same.js';
import type { Row } from '../drivers/driver.js';
import { startMeters } from '../contestant/meters.js';
import type { WorkFactory } from '../contestant/work.js';
import { percentile } from '../statistics.js';
import type { HttpLoad, HttpOutcome } from './http-client.js';
import { createService } from './ping.service.js';
import { available } from './rows.work.js';

const PINGS_PER_SECOND = 200;

export const pingWork: WorkFactory = async ({ driver, contestant }) => {
  const [served = 'objects', idle] = (contestant.way ?? 'objects').split(' ');
  if (served === 'json' && driver.ours) available(driver, 'json');
  const app = await createService(driver);
  await app.listen(0, '127.0.0.1');
  // Between two rounds nobody asks; a socket that closes just as it is used again would look like a fault.
  app.getHttpServer().keepAliveTimeout = 0;
  const { port } = app.getHttpServer().address() as AddressInfo;
  const base = `http://127.0.0.1:${port}`;
  const [pinger, reader] = [httpClient(), httpClient()];
  const body = async (): Promise<string> => (await fetch(`${base}/${served}`)).text();
  return {
    ...(idle === undefined && {
      check: async () => (served === 'json' ? rowsOfJson(await body()) : [JSON.parse(await body()) as Row]),
    }),
    async round(ms) {
      const stop = startMeters();
      const reading = idle === undefined ? ask(reader, { kind: 'loop', url: `${base}/${served}`, ms }) : undefined;
      const { times } = await ask(pinger, { kind: 'beat', url: `${base}/ping`, ms, perSecond: PINGS_PER_SECOND });
      const fetched = (await reading)?.times.length ?? 0;
      const { rate, mainCpu, clientCpu, ...figures } = stop().figures(fetched);
      return {
        ...figures,
        ...(fetched > 0 && { rate, mainCpu, clientCpu }),
        pingP50: percentile(times, 0.5),
        pingP99: percentile(times, 0.99),
      };
    },
    async close() {
      pinger.kill();
      reader.kill();
      await app.close();
    },
  };
};

function httpClient(): ChildProcess {
  return fork(fileURLToPath(new URL('http-client.js', import.meta.url)), { serialization: 'advanced' });
}

async function ask(client: ChildProcess, load: HttpLoad): Promise<HttpOutcome> {
  client.send(load);
  const waiting = new AbortController();
  const { signal } = waiting;
  const gone = once(client, 'exit', { signal }).then(() => ({ error: 'the process that asks the service has ended' }));
  gone.catch(() => {}); // called off below
  const answered = once(client, 'message', { signal }).then(([outcome]) => outcome as HttpOutcome | { error: string });
  answered.catch(() => {});
  const outcome = await Promise.race([answered, gone]);
  waiting.abort();
  if ('error' in outcome) throw new Error(outcome.error);
  return outcome;
}
