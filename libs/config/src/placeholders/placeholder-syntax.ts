// The grammar of placeholders. Pure text in, tokens out; it looks nothing up.
//   {$env.NAME}  ${env.NAME}  {$env.NAME:-default}  {$file./run/secrets/x}  and, as plain text, {$$env.NAME}  $${env.NAME}

export type PlaceholderToken =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'env' | 'file'; readonly name: string; readonly fallback?: string }
  | { readonly kind: 'malformed'; readonly reason: string };

/** An escaped opening alone, or a placeholder with its body and, if it has one, its closing brace. */
const PLACEHOLDER = /(?:\{\$\$+|\$\$+\{)(?:env|file)\.|(?:\{\$|\$\{)(env|file)\.([^}]*)(\}?)/g;
const BODY = {
  env: /^([A-Za-z_][A-Za-z0-9_]*)(?::-([^]*))?$/,
  file: /^([^]+?)(?::-([^]*))?$/,
} as const;
const SHAPE = {
  env: 'a placeholder is written {$env.NAME} or {$env.NAME:-default}',
  file: 'a placeholder is written {$file./path/of/file} or {$file./path/of/file:-default}',
} as const;

/**
 * Cuts a text into plain parts and placeholders. A doubled dollar is the escape: one dollar is taken away and the rest is
 * plain text. What only looks similar (`{$x}`, `${HOME}`, `$5`) is plain text; a broken `{$env.` is `malformed`, for
 * it would otherwise reach a server as somebody's password.
 */
export function parsePlaceholders(text: string): PlaceholderToken[] {
  const tokens: PlaceholderToken[] = [];
  let end = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    if (match.index > end) tokens.push({ kind: 'text', text: text.slice(end, match.index) });
    end = match.index + match[0].length;
    tokens.push(match[1] === undefined ? { kind: 'text', text: match[0].replace('$', '') } : toToken(match));
  }
  if (end < text.length) tokens.push({ kind: 'text', text: text.slice(end) });
  return tokens;
}

function toToken([, source, content = '', closing]: RegExpExecArray): PlaceholderToken {
  const kind = source === 'env' ? 'env' : 'file';
  const body = BODY[kind].exec(content);
  if (closing === '' || body === null) return { kind: 'malformed', reason: SHAPE[kind] };
  const [, name = '', fallback] = body;
  if (/\{\$|\$\{/.test(content)) return { kind: 'malformed', reason: 'a placeholder cannot stand inside another' };
  return fallback === undefined ? { kind, name } : { kind, name, fallback };
}
