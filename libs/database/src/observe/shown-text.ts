// A statement's text as reports and events show it: without parameters (they never were in it) and not all of it.

const SHOWN = 120;

export function shownText(text: string): string {
  return text.slice(0, SHOWN);
}
