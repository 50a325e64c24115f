// A certificate and its key are two files, and are not replaced in one instant: a pair that does not belong together is a
// rotation under way, and is read again for a moment. What is wrong for longer is left to whoever uses it, with its reason.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

export interface KeyPair {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

const TIMES = 20;
const PAUSE_MS = 50;
/** Before there has been a whole pair a mistake of the configuration is likelier than a rotation, and is told soon. */
const TIMES_AT_FIRST = 4;

/** Whose pair has been whole once. */
const seen = new WeakSet<object>();

/** Rejects with what `read` last rejected with. @param owner whose pair it is. @param files one of them at least, so that reading again may help */
export async function wholePair(read: () => Promise<KeyPair>, files: boolean, owner: object): Promise<KeyPair> {
  if (!files) return read();
  for (let time = 1; ; time++) {
    const last = time === (seen.has(owner) ? TIMES : TIMES_AT_FIRST);
    try {
      const pair = await read();
      const whole = belongTogether(pair);
      if (whole) seen.add(owner);
      if (last || whole) return pair;
    } catch (error) {
      if (last) throw error;
    }
    await sleep(PAUSE_MS);
  }
}

function belongTogether({ cert, key }: KeyPair): boolean {
  if (cert === undefined || key === undefined) return true;
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    // Half a file.
    return false;
  }
}
