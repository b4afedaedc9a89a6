/** What may stand between two semicolons and hide one: strings, quoted names and comments, each whole. */
const PIECE = /'(?:[^'\\]|\\[\s\S]|'')*'|`(?:[^`\\]|\\[\s\S])*`|"(?:[^"\\]|\\[\s\S])*"|--[^\n]*|\/\*[\s\S]*?\*\/|;/g;

/**
 * Takes a script apart at the semicolons that end statements; those inside strings, quoted names and comments
 * do not. Statements that hold nothing but comments are left out. Pure.
 */
export function toStatements(script: string): readonly string[] {
  const statements: string[] = [];
  let start = 0;
  for (const match of script.matchAll(PIECE)) {
    if (match[0] !== ";") continue;
    statements.push(script.slice(start, match.index));
    start = match.index + 1;
  }
  statements.push(script.slice(start));
  return statements.map((statement) => statement.trim()).filter((statement) => !isBlank(statement));
}

/** A script whose end, after the line `-- @access-control`, is only for engines that know users. */
export interface ScriptSections {
  readonly everywhere: string;
  /** Empty if the script has no such end. */
  readonly accessControl: string;
}

/** Takes a script apart at its line `-- @access-control`. Pure. */
export function toSections(script: string): ScriptSections {
  const [everywhere = "", ...rest] = script.split(/^-- @access-control\b.*$/m);
  return { everywhere, accessControl: rest.join("\n") };
}

function isBlank(statement: string): boolean {
  return statement.replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\//g, "").trim() === "";
}

/**
 * Fills `{name}` with its value, as it is: values come from settings that were checked, never from a person.
 * ClickHouse's own `{name:Type}` placeholders stay. Pure.
 *
 * @throws Error if the script names a value that is not given: a bug of the release
 */
export function fillScript(script: string, values: Readonly<Record<string, string | number>>): string {
  return script.replaceAll(/\{([a-z_]+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`Cannot fill {${name}}: the migration needs a value of that name`);
    return String(value);
  });
}
