// The tables of states, and the page that is drawn from them: text and code must not part.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { CLOSE_REASONS } from './close-reason.js';
import { IllegalTransitionError } from './errors/illegal-transition.error.js';
import { transition, TRANSITIONS, type EntryState } from './pool-entry-state.js';
import { POOL_TRANSITIONS } from './pool-state.js';

const page = readFileSync(new URL('../../../docs/lifecycle.md', import.meta.url), 'utf8');

function diagram(table: Readonly<Record<string, readonly string[]>>, first: string): string {
  const lines = [`[*] --> ${first}`];
  for (const [from, targets] of Object.entries(table)) {
    for (const to of targets) lines.push(`${from} --> ${to}`);
    if (targets.length === 0) lines.push(`${from} --> [*]`);
  }
  return ['```mermaid', 'stateDiagram-v2', ...lines.map((line) => `    ${line}`), '```'].join('\n');
}

/** The names in the first column of the table under a heading. */
function rows(heading: string): string[] {
  const section = page.split(/^## /mu).find((text) => text.startsWith(heading)) ?? '';
  return [...section.matchAll(/^\| `([a-z-]+)` \|/gmu)].map(([, name]) => name ?? '');
}

describe('an entry', () => {
  const states: readonly EntryState[] = ['connecting', 'idle', 'leased', 'resetting', 'reserved', 'closing', 'closed'];

  it.each(states.flatMap((from) => states.map((to) => ({ from, to }))))('moves $from → $to by the table', (move) => {
    const entry = { state: move.from };
    const lawful: readonly EntryState[] = TRANSITIONS[move.from];
    if (lawful.includes(move.to)) {
      transition(entry, move.to);
      expect(entry.state).toBe(move.to);
    } else {
      expect(() => transition(entry, move.to)).toThrow(IllegalTransitionError);
      expect(entry.state).toBe(move.from);
    }
  });

  it('can end from every state, and only through closing once it has a resource', () => {
    for (const state of states) {
      const targets: readonly EntryState[] = TRANSITIONS[state];
      if (state !== 'closed' && state !== 'closing') expect(targets).toContain('closing');
      if (targets.includes('closed')) expect(['connecting', 'closing']).toContain(state);
    }
  });
});

describe('docs/lifecycle.md', () => {
  it('shows the entry states of the table', () => {
    expect(page).toContain(diagram(TRANSITIONS, 'connecting'));
    expect(rows('An entry')).toEqual(Object.keys(TRANSITIONS));
  });

  it('shows the pool states of the table', () => {
    expect(page).toContain(diagram(POOL_TRANSITIONS, 'running'));
    expect(rows('The pool')).toEqual(Object.keys(POOL_TRANSITIONS));
  });

  it('explains every close reason', () => {
    expect(rows('Why an entry was closed')).toEqual([...CLOSE_REASONS]);
  });
});
