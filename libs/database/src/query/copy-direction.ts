// Which way a COPY statement carries data to or from its client, judged by its keywords, so that whatever else is given to
// copyFrom and copyTo is refused before it runs.
import { databaseError } from '../errors/database.error.js';
import { scanSql } from './scan-sql.js';

/** The grammar takes STDIN and STDOUT for each other. */
const CLIENT = String.raw`\s+(?:stdin|stdout)\b`;
const IN = new RegExp(`^\\s*copy\\s+(?!\\().*?\\bfrom${CLIENT}`, 'is');
const OUT = new RegExp(`^\\s*copy\\b.*\\bto${CLIENT}`, 'is');

/** @throws DB_PARAMETERS for anything but COPY … FROM STDIN (`in`) or COPY … TO STDOUT (`out`) */
export function mustCopy(text: string, direction: 'in' | 'out'): void {
  const { code } = scanSql(text);
  if (direction === 'in' ? IN.test(code) : OUT.test(code) && !IN.test(code)) return;
  const [method, form] = direction === 'in' ? ['copyFrom', 'FROM STDIN'] : ['copyTo', 'TO STDOUT'];
  throw databaseError({ code: 'DB_PARAMETERS', message: `${method}() takes one statement, COPY … ${form}` });
}
