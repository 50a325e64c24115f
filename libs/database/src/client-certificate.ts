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

/** Rejects with what `read` last rejected with. @param files one of them at least, so that reading again may help */
export async function wholePair(read: () => Promise<KeyPair>, files: boolean): Promise<KeyPair> {
  if (!files) return read();
  for (let time = 1; ; time++) {
    try {
      const pair = await read();
      if (time === TIMES || belongTogether(pair)) return pair;
    } catch (error) {
      if (time === TIMES) throw error;
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
