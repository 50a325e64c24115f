// Binary cells as the text that the server would have written for them (DateStyle ISO), for types whose value is that
// text. Seldom needed: such types are asked for as text. timestamptz is written in UTC, for the session's zone is unknown.
import type { Buffer } from 'node:buffer';
import { civil, setCivil } from './calendar.js';
import { bigInt64At, int32At } from './numbers.js';

const DAY = 86_400_000_000n;
const two = (number: number): string => String(number).padStart(2, '0');

export function dateText(b: Buffer, p: number): string {
  const days = int32At(b, p);
  if (days === 0x7fffffff) return 'infinity';
  if (days === -0x80000000) return '-infinity';
  return `${ymd(days)}${era()}`;
}

export function timestampText(b: Buffer, p: number, zone: '' | '+00'): string {
  const micros = bigInt64At(b, p);
  if (micros === 0x7fffffffffffffffn) return 'infinity';
  if (micros === -0x8000000000000000n) return '-infinity';
  const ofDay = ((micros % DAY) + DAY) % DAY;
  return `${ymd(Number((micros - ofDay) / DAY))} ${hms(Number(ofDay))}${zone}${era()}`;
}

export function timeText(b: Buffer, p: number): string {
  return hms(Number(bigInt64At(b, p)));
}

/** `12:34:56.789+05:30`; the binary form counts the zone's seconds to the west. */
export function timetzText(b: Buffer, p: number): string {
  const west = int32At(b, p + 8);
  const east = Math.abs(west);
  const seconds = east % 60;
  const minutes = Math.floor(east / 60) % 60;
  const tail = seconds > 0 ? `:${two(minutes)}:${two(seconds)}` : minutes > 0 ? `:${two(minutes)}` : '';
  return `${timeText(b, p)}${west > 0 ? '-' : '+'}${two(Math.floor(east / 3600))}${tail}`;
}

export function uuidText(b: Buffer, p: number): string {
  const hex = b.toString('hex', p, p + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function ymd(days: number): string {
  setCivil(days);
  const year = civil.year > 0 ? civil.year : 1 - civil.year;
  return `${String(year).padStart(4, '0')}-${two(civil.month + 1)}-${two(civil.day)}`;
}

/** Of the day that `ymd` wrote last. */
function era(): string {
  return civil.year > 0 ? '' : ' BC';
}

function hms(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000);
  const rest = micros % 1_000_000;
  const fraction = rest === 0 ? '' : `.${String(rest).padStart(6, '0').replace(/0+$/, '')}`;
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}${fraction}`;
}
