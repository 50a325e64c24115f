// How values of the server become values of JavaScript.

/** `pg`: what node-postgres gives. `lossless`: int8 as bigint, and whatever a JavaScript value cannot hold as text. */
export type TypeMode = 'pg' | 'lossless';

/** By type OID: from the server's text to a value. Functions, so they never leave the thread they were made in. */
export type CustomCodecs = ReadonlyMap<number, (text: string) => unknown>;

export const NO_CODECS: CustomCodecs = new Map();
