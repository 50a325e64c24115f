// What each key of a settings class is: its kind, its second spelling, whether it must be given.
// Filled by the decorators, read by the binder and the report; it holds no bounds, those are class-validator's.

/** The declared type of a key; the only thing that decides how a text is converted. */
export type KeyKind = 'integer' | 'decimal' | 'flag' | 'choice' | 'text' | 'secret' | 'password' | 'block' | 'list';

export type SettingsClass = new () => object;

export interface KeyRule {
  readonly kind: KeyKind;
  /** Hydrogen's own spelling of the same key (`User` for `Username`). */
  readonly alias?: string;
  /** The connection cannot exist without it. */
  readonly required?: boolean;
  /** The text may be a path or a PEM block; a relative path starts at the folder of the file. */
  readonly pem?: boolean;
  /** For a choice: other words for one of the values. */
  readonly synonyms?: Readonly<Record<string, string>>;
  /** For a block or a list of them: the class of the nested settings. */
  readonly block?: SettingsClass;
}

export type KeyRules = ReadonlyMap<string, KeyRule>;

const rules = new Map<unknown, Map<string, KeyRule>>();

/** Called by the decorators only, while a class is being defined. */
export function recordKey(owner: unknown, name: string, rule: KeyRule): void {
  const known = rules.get(owner) ?? new Map<string, KeyRule>();
  rules.set(owner, known.set(name, rule));
}

/** The keys of a settings class in the order of their declaration. */
export function rulesOf(owner: unknown): KeyRules {
  return rules.get(owner) ?? new Map<string, KeyRule>();
}

/** Is the value of such a key never to be shown? */
export function isSecretKind(kind: KeyKind): boolean {
  return kind === 'secret' || kind === 'password';
}
