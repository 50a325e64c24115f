// A process that asks a service: at a beat, whether the answers come or not, or one request after the other.
// Apart from the service, so that a blocked service cannot keep it from looking at the clock.
import { Agent, get } from 'node:http';

export type HttpLoad =
  | { readonly kind: 'beat'; readonly url: string; readonly ms: number; readonly perSecond: number }
  | { readonly kind: 'loop'; readonly url: string; readonly ms: number };

export interface HttpOutcome {
  /** Milliseconds of each answer, its body included. */
  readonly times: readonly number[];
}

const agent = new Agent({ keepAlive: true });

function fetched(url: string, began: number): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(performance.now() - began);
        else reject(new Error(`${url} answered ${response.statusCode}`));
      });
      response.resume();
    }).on('error', reject);
  });
}

async function loop(url: string, ms: number): Promise<number[]> {
  const times: number[] = [];
  const until = performance.now() + ms;
  do times.push(await fetched(url, performance.now()));
  while (performance.now() < until);
  return times;
}

/** Counted from the moment it was due: a beat that comes late has waited too. */
async function beat(url: string, ms: number, perSecond: number): Promise<number[]> {
  const began = performance.now();
  const every = 1000 / perSecond;
  const asked: Promise<number>[] = [];
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const now = performance.now() - began;
      while (asked.length * every <= Math.min(now, ms)) {
        const answer = fetched(url, began + asked.length * every);
        answer.catch(() => {}); // told at the end, with all others
        asked.push(answer);
      }
      if (now < ms) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  return Promise.all(asked);
}

process.on('message', (load: HttpLoad) => {
  (load.kind === 'beat' ? beat(load.url, load.ms, load.perSecond) : loop(load.url, load.ms)).then(
    (times) => process.send?.({ times } satisfies HttpOutcome),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
