// Every line that the sources can print, read from the calls that print it: a text with gaps where values stand.
import ts from 'typescript';
import type { Sources } from './import-graph.js';

export interface LogLine {
  /** `path:line` */
  readonly at: string;
  /** `…` stands for a value. */
  readonly text: string;
}

export interface LogLines {
  readonly lines: readonly LogLine[];
  /** Where a text is printed that was made elsewhere. */
  readonly passedOn: readonly string[];
}

const METHODS = new Set(['log', 'warn', 'error']);
const RECEIVERS = /(?:^|\.)#?(?:log|logger|out|options)$|\bnew Logger\(|^super$/;
/** Handed down instead of a logger; `say` is the reference service's. */
const FUNCTIONS = new Set(['log', 'warn', 'say']);
/** Letters that a text must have of its own: less says nothing that could stand on a page. */
const LEAST = 2;

export function logLines(sources: Sources): LogLines {
  const lines: LogLine[] = [];
  const passedOn = new Set<string>();
  for (const [path, text] of sources) {
    const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node) && prints(node.expression, path) && node.arguments[0] !== undefined) {
        const said = textOf(node.arguments[0]);
        const { line } = file.getLineAndCharacterOfPosition(node.getStart());
        if (said.replaceAll(/[^a-z]/gi, '').length < LEAST) passedOn.add(path);
        else lines.push({ at: `${path}:${line + 1}`, text: said });
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
  return { lines, passedOn: [...passedOn] };
}

/** What a line on a page must look like. */
export function patternOf({ text }: LogLine): RegExp {
  return new RegExp(`^${text.split('…').map(escape).join('.*')}$`);
}

const escape = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

function prints(callee: ts.Expression, path: string): boolean {
  if (ts.isIdentifier(callee)) return FUNCTIONS.has(callee.text) && (callee.text !== 'say' || path.startsWith('apps/'));
  if (!ts.isPropertyAccessExpression(callee) || !METHODS.has(callee.name.text)) return false;
  const receiver = callee.expression.getText();
  return RECEIVERS.test(receiver) || (receiver === 'this' && callee.name.text === 'warn');
}

function textOf(node: ts.Expression): string {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('');
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    return textOf(node.left) + textOf(node.right);
  }
  if (ts.isParenthesizedExpression(node)) return textOf(node.expression);
  return '…';
}
