// OIDs of the built-in types that are more than text to us. They are fixed in PostgreSQL's pg_type.dat for good; types
// made by users have OIDs of their own per database and must not stand here.

export const Oid = {
  bool: 16,
  bytea: 17,
  char: 18,
  name: 19,
  int8: 20,
  int2: 21,
  int4: 23,
  text: 25,
  oid: 26,
  json: 114,
  xml: 142,
  float4: 700,
  float8: 701,
  unknown: 705,
  bpchar: 1042,
  varchar: 1043,
  date: 1082,
  time: 1083,
  timestamp: 1114,
  timestamptz: 1184,
  interval: 1186,
  timetz: 1266,
  numeric: 1700,
  uuid: 2950,
  jsonb: 3802,
} as const;

/** Types whose binary form is their text, byte for byte. */
export const TEXT_IN_BOTH_FORMS: readonly number[] = [
  Oid.char,
  Oid.name,
  Oid.text,
  Oid.xml,
  Oid.unknown,
  Oid.bpchar,
  Oid.varchar,
];
