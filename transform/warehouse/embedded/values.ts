const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "'": "\\'", "\0": "\\0" };

/** A ClickHouse string literal that means exactly `text`; nothing in it can end the literal. */
export function toStringLiteral(text: string): string {
  return `'${text.replace(/[\\'\0]/g, (character) => ESCAPES[character] ?? character)}'`;
}

/** A quoted ClickHouse identifier that means exactly `name`. */
export function toIdentifier(name: string): string {
  return `\`${name.replace(/[\\`]/g, (character) => `\\${character}`)}\``;
}

/**
 * The names a setting or a `param_` may have here: what goes into SQL unquoted.
 *
 * Dots are for settings of a profile or a custom prefix.
 */
export function isPlainName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*$/.test(name);
}

/** `a = 'x', b = 'y'`, as it stands after SET or SETTINGS; ClickHouse reads numbers from strings. */
export function toAssignments(values: ReadonlyMap<string, string>): string {
  return [...values].map(([name, value]) => `${name} = ${toStringLiteral(value)}`).join(", ");
}
