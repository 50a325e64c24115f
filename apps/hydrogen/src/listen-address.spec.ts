import { describe, expect, it } from '@jest/globals';
import { listenAddress } from './listen-address.js';

describe('listenAddress', () => {
  it('is the loopback and 3000 by default, also when the variables are empty', () => {
    expect(listenAddress({})).toEqual({ host: '127.0.0.1', port: 3000 });
    expect(listenAddress({ PORT: '', HOST: '' })).toEqual({ host: '127.0.0.1', port: 3000 });
  });

  it('takes HOST and PORT', () => {
    expect(listenAddress({ PORT: '0', HOST: '0.0.0.0' })).toEqual({ host: '0.0.0.0', port: 0 });
  });

  it.each(['http', '-1', '65536', '1e3', ' 80'])('refuses %p', (PORT) => {
    expect(() => listenAddress({ PORT })).toThrow(`PORT: "${PORT}" is no port`);
  });
});
