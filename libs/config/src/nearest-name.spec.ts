// Which slips are forgiven, and which names are too far away to be suggested.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { nearestName } from './nearest-name.js';

describe('nearestName', () => {
  it.each([
    ['ODIC', ['Helium', 'OIDC', 'Canvas'], 'OIDC'],
    ['oidc', ['OIDC'], 'OIDC'],
    ['Helum', ['Helium', 'Canvas'], 'Helium'],
    ['MaxConection', ['MinConnections', 'MaxConnections'], 'MaxConnections'],
    ['maxconnections', ['MinConnections', 'MaxConnections'], 'MaxConnections'],
    ['Hots', ['Host', 'Port'], 'Host'],
    ['Acurnazo', ['Acuranzo'], 'Acuranzo'],
    ['Zebra', ['OIDC', 'Canvas'], undefined],
    ['AB', ['XY'], undefined],
    ['OIDC', [], undefined],
  ])('%s out of %j is %s', (name, candidates, expected) => expect(nearestName(name, candidates)).toBe(expected));

  it('counts a swap of neighbours as one slip: two swaps are two', () => {
    expect(nearestName('OIDCXY', ['IOCDXY'])).toBe('IOCDXY');
    expect(nearestName('OIDCX', ['IOCDX'])).toBeUndefined();
  });

  it('takes any iterable and finds an exact name first', () => {
    expect(nearestName('Port', new Set(['Ports', 'Port']))).toBe('Port');
  });

  it('finds every name after one swap of neighbours', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{4,12}$/), fc.nat(), (name, seed) => {
        const at = seed % (name.length - 1);
        const swapped = name.slice(0, at) + name[at + 1]! + name[at]! + name.slice(at + 2);
        expect(nearestName(swapped, [name])).toBe(name);
      }),
    );
  });
});
