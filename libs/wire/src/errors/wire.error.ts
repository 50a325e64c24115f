// The one error of this library: what came over the wire is not what the protocol allows, or does not mean what its
// type says. Whoever sees it discards the connection: what follows such a message is anybody's guess.

export class WireError extends Error {
  override readonly name = 'WireError';
}
