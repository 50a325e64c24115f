// Tables that a server could send: fields of many types in either form, hostile names, NULLs, and cells that are lawful
// for their type. Cells of the same moment are written as text by the library's own server-text.
import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import type { CellFormat, WireField } from '../src/field.js';
import { dateText, timestampText } from '../src/types/server-text.js';
import { type Cell, field, float8, int16, int32, int64 } from './data-rows.js';

const bigint = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -(2n ** 54n), max: 2n ** 54n }),
  fc.bigInt({ min: -9999n, max: 9999n }),
);
const int = fc.oneof(fc.integer(), fc.integer({ min: -200, max: 200 }));
const micros = fc.oneof(
  bigint,
  fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }),
  fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n)),
);
const days = fc.oneof(fc.integer({ min: -740_000, max: 3_000_000 }), fc.constantFrom(2 ** 31 - 1, -(2 ** 31), 0));
const text = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.string({ unit: 'binary', maxLength: 9 }),
  fc.constantFrom('', 'é', '😀', '"\\\n\u2028'),
);
const float = fc
  .double()
  .map((value) =>
    Number.isFinite(value) && !Object.is(value, -0) ? String(value) : Object.is(value, -0) ? '-0' : String(value),
  );
const json = fc
  .tuple(fc.jsonValue({ stringUnit: 'binary' }), fc.constantFrom(0, 1))
  .filter(([value]) => !JSON.stringify(value).includes('-0'))
  .map(([value, indent]) => JSON.stringify(value, null, indent));

type Family = readonly [typeOid: number, format: CellFormat, cells: fc.Arbitrary<Cell>];

export const FAMILIES: readonly Family[] = [
  [16, 0, fc.constantFrom('t', 'f')],
  [16, 1, fc.constantFrom(Buffer.from([0]), Buffer.from([1]))],
  [21, 0, fc.integer({ min: -32_768, max: 32_767 }).map(String)],
  [21, 1, fc.integer({ min: -32_768, max: 32_767 }).map(int16)],
  [23, 0, int.map(String)],
  [23, 1, int.map(int32)],
  [26, 0, fc.nat().map(String)],
  [26, 1, int.map(int32)],
  [20, 0, bigint.map(String)],
  [20, 1, bigint.map(int64)],
  [701, 0, float],
  [701, 1, fc.double().map(float8)],
  [700, 0, float],
  [1184, 1, micros.map(int64)],
  [1114, 1, micros.map(int64)],
  [1082, 1, days.map(int32)],
  [1184, 0, micros.map((value) => timestampText(int64(value), 0, '+00'))],
  [1114, 0, micros.map((value) => timestampText(int64(value), 0, ''))],
  [1082, 0, days.map((value) => dateText(int32(value), 0))],
  [17, 0, fc.uint8Array({ maxLength: 40 }).map((bytes) => `\\x${Buffer.from(bytes).toString('hex')}`)],
  [17, 1, fc.uint8Array({ maxLength: 40 })],
  [25, 0, text],
  [1043, 1, text],
  [25, 0, fc.uint8Array({ maxLength: 6 })],
  [1700, 0, fc.constantFrom('1.10', 'NaN', 'Infinity', '-0.00', '123456789012345678901234567890.5')],
  [114, 0, json],
  [3802, 0, json],
  [114, 1, json],
  [1007, 0, fc.constantFrom('{}', '{1,NULL,-3}', '{{1,2},{3,4}}', '[2:3]={7,8}')],
  [1016, 0, fc.constantFrom('{}', '{1,NULL,9007199254740993}')],
  [1009, 0, fc.constantFrom('{}', '{a,NULL,"NULL","a \\"b\\" \\\\","",é}')],
  [1185, 0, fc.constantFrom('{"2024-01-31 12:00:00.5+00",NULL,infinity}')],
  [1186, 0, fc.constantFrom('00:00:00', '1 year 2 mons -3 days +04:05:06.789', '-00:00:01')],
  [600, 0, fc.constantFrom('(1,2.5)', '(NaN,Infinity)')],
  [2950, 0, fc.constantFrom('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11')],
  [1083, 0, fc.constantFrom('12:34:56.789')],
  [99_999, 0, text],
];

export interface RandomTable {
  readonly fields: readonly WireField[];
  readonly rows: readonly (readonly Cell[])[];
}

const name = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('__proto__', 'constructor', '', '0', '1', '"', '\n', '\u2028', 'é', 'toJSON'),
  },
  { weight: 1, arbitrary: fc.string() },
);

const column = fc.record({ name, family: fc.constantFrom(...FAMILIES), nulls: fc.constantFrom(0, 0, 3, 100) });

export const randomTable: fc.Arbitrary<RandomTable> = fc.array(column, { maxLength: 8 }).chain((columns) => {
  const cells = columns.map(({ family, nulls }) =>
    nulls === 100 ? fc.constant(null) : nulls === 0 ? family[2] : fc.option(family[2], { freq: nulls }),
  );
  const fields = columns.map(({ name: of, family }) => field(of, family[0], family[1]));
  return fc.record({ fields: fc.constant(fields), rows: fc.array(fc.tuple(...cells), { maxLength: 12 }) });
});
