import { describe, expect, it } from '@jest/globals';
import { hashSecret, verifySecret } from './secret-hash.js';

const CHEAP = { N: 16, r: 1, p: 1 };

describe('hashSecret and verifySecret', () => {
  it('accept the secret and nothing else', async () => {
    const hash = await hashSecret('open sesame', CHEAP);
    expect(await verifySecret('open sesame', hash)).toBe(true);
    expect(await verifySecret('open sesame ', hash)).toBe(false);
    expect(await verifySecret('', hash)).toBe(false);
  });

  it('salt: the same secret never gives the same hash', async () => {
    expect(await hashSecret('x', CHEAP)).not.toBe(await hashSecret('x', CHEAP));
  });

  it('keep the parameters in the hash and the secret out of it', async () => {
    const hash = await hashSecret('open sesame');
    expect(hash).toMatch(/^scrypt\$16384\$8\$5\$[\w-]{22}\$[\w-]{43}$/);
    expect(hash).not.toContain('sesame');
  });

  it('check a hash made with other parameters than the present ones', async () => {
    expect(await verifySecret('old', await hashSecret('old', { N: 32, r: 2, p: 1 }))).toBe(true);
  });

  it('refuse what is no hash of theirs', async () => {
    for (const hash of ['', 'plain', 'md5$1$2$3$salt$key', 'scrypt$16$1$1$$']) {
      expect(await verifySecret('x', hash)).toBe(false);
    }
  });
});
