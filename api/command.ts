import { parseArgs } from "node:util";
import { type CommandIo, UsageError } from "./command-io.ts";
import type { Service } from "./service.ts";

/** A named option of a command. Without `value` it is a switch. */
export interface Flag {
  readonly name: string;
  readonly short?: string;
  /** What the value is, for the help text: `FILE`, `MONTH`. A `FILE` or `FOLDER` is made absolute before the command runs. */
  readonly value?: string;
  readonly initial?: string;
  readonly required?: boolean;
  readonly choices?: readonly string[];
  /** May be given more than once, or once with commas; the values come as one word with commas between. */
  readonly isList?: boolean;
  readonly prose: string;
}

/** A word after the command's name. */
export interface Operand {
  readonly name: string;
  readonly prose: string;
}

/** What was given on the command line, checked against the command's own list. */
export interface CommandArguments {
  readonly operands: Readonly<Record<string, string>>;
  readonly flags: Readonly<Record<string, string>>;
  readonly switches: ReadonlySet<string>;
}

interface CommandBase {
  /** One or two words: `close`, `token mint`. */
  readonly name: string;
  readonly summary: string;
  /** More for the command's own help, if the summary does not say it all. */
  readonly prose?: string;
  readonly operands: readonly Operand[];
  /** One word more that may be left out. */
  readonly optional?: Operand;
  readonly flags: readonly Flag[];
}

/** A command on the stores: through the running service if there is one, otherwise it opens them itself. Answers the exit code. */
export interface ServiceCommand extends CommandBase {
  readonly on: "service";
  run(service: Service, args: CommandArguments, io: CommandIo): Promise<number>;
}

/** A command that needs no store, or starts the service itself. Answers the exit code. */
export interface PlainCommand extends CommandBase {
  readonly on: "nothing";
  /** `others`: what a service that this command starts can be asked to do. */
  run(args: CommandArguments, io: CommandIo, others: readonly ServiceCommand[]): Promise<number>;
}

/** Any command. */
export type Command = ServiceCommand | PlainCommand;

/** Checks the words after a command's name. Throws {@link UsageError}. */
export function parseArguments(command: Command, words: readonly string[]): CommandArguments {
  const { values, positionals } = parseWords(command, words);
  const flags: Record<string, string> = {};
  const switches = new Set<string>();
  for (const flag of command.flags) {
    const found = values[flag.name] ?? flag.initial;
    const given = Array.isArray(found) ? found.join(",") : found;
    if (given === true) switches.add(flag.name);
    if (typeof given === "string") flags[flag.name] = checkChoice(flag, given);
    if (flag.required === true && given === undefined) {
      throw new UsageError(`--${flag.name} ${flag.value ?? ""} is required: ${flag.prose}`);
    }
  }
  const operands: Record<string, string> = {};
  for (const [index, operand] of command.operands.entries()) {
    const given = positionals[index];
    if (given === undefined) throw new UsageError(`${operand.name} is missing: ${operand.prose}`);
    operands[operand.name] = given;
  }
  const further = positionals.slice(command.operands.length);
  const [optional] = further;
  if (command.optional !== undefined && optional !== undefined) operands[command.optional.name] = optional;
  const extra = further[command.optional === undefined ? 0 : 1];
  if (extra !== undefined) throw new UsageError(`"${extra}" is one word too many.`);
  return { operands, flags, switches };
}

function parseWords(command: Command, words: readonly string[]) {
  const options: WordOptions = {};
  for (const flag of command.flags) {
    options[flag.name] = {
      type: flag.value === undefined ? "boolean" : "string",
      ...(flag.short === undefined ? {} : { short: flag.short }),
      ...(flag.isList === true ? { multiple: true } : {}),
    };
  }
  const { values, positionals, tokens } = parseStrictly(words, options);
  const given = new Set<string>();
  for (const token of tokens) {
    if (token.kind !== "option" || options[token.name]?.multiple === true) continue;
    // The last would win, and the one before it would be lost without a word.
    if (given.has(token.name)) throw new UsageError(`--${token.name} is given more than once: it may be given once.`);
    given.add(token.name);
  }
  return { values, positionals };
}

type WordOptions = Record<string, { type: "string" | "boolean"; short?: string; multiple?: boolean }>;

function parseStrictly(words: readonly string[], options: WordOptions) {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true, strict: true, tokens: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message.split(". To specify")[0] : String(error));
  }
}

function checkChoice(flag: Flag, given: string): string {
  const words = flag.isList === true ? given.split(",") : [given];
  const wrong = words.find((word) => flag.choices?.includes(word) === false);
  if (wrong !== undefined && flag.choices !== undefined) {
    throw new UsageError(`--${flag.name} "${wrong}" is not known: it must be one of ${flag.choices.join(", ")}.`);
  }
  return given;
}

/** The one-line form of a command. */
export function toUsage(command: Command): string {
  const flags = command.flags.map((flag) => {
    const word = flag.value === undefined ? `--${flag.name}` : `--${flag.name} ${flag.value}`;
    return flag.required === true ? word : `[${word}]`;
  });
  const optional = command.optional === undefined ? [] : [`[${command.optional.name}]`];
  return ["roebuck", command.name, ...command.operands.map((one) => one.name), ...optional, ...flags].join(" ");
}

/** The help page of one command. */
export function toCommandHelp(command: Command): string {
  const rows = [
    ...[...command.operands, ...(command.optional === undefined ? [] : [command.optional])].map((operand) => [
      operand.name,
      operand.prose,
    ]),
    ...command.flags.map((flag) => [
      `${flag.short === undefined ? "" : `-${flag.short}, `}--${flag.name}${flag.value === undefined ? "" : ` ${flag.value}`}`,
      `${flag.prose}${flag.initial === undefined ? "" : ` (default: ${flag.initial})`}`,
    ]),
    ["-h, --help", "This page."],
  ];
  const lines = [command.summary, "", `  ${toUsage(command)}`, ""];
  if (command.prose !== undefined) lines.push(command.prose, "");
  return `${lines.join("\n")}\n${toColumns(rows)}\n`;
}

/** The list of all commands. */
export function toHelp(commands: readonly Command[]): string {
  const rows = commands.map((command) => [command.name, command.summary]);
  return `Roebuck measures how people of member organisations use a website, lawfully,
and turns it each month into a Record of Engagement for each Partner.

  roebuck COMMAND [--help]

${toColumns(rows)}

Settings come from the environment; \`roebuck settings\` lists them.
Exit codes: 0 done, 1 could not be done, 2 wrong usage.
`;
}

function toColumns(rows: readonly (readonly (string | undefined)[])[]): string {
  const width = Math.max(...rows.map((row) => (row[0] ?? "").length));
  return rows.map((row) => `  ${(row[0] ?? "").padEnd(width)}  ${row[1] ?? ""}`).join("\n");
}
