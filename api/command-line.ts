import { resolve } from "node:path";
import { WarehouseRefused, WarehouseUnavailable } from "../schemas/ports.ts";
import { toWarehouseAdvice } from "../transform/warehouse/warehouse-advice.ts";
import { runAudited } from "./audited.ts";
import { type Command, type CommandArguments, parseArguments, toCommandHelp, toHelp } from "./command.ts";
import { CommandError, UsageError } from "./command-io.ts";
import { COMMANDS } from "./commands.ts";
import { callService } from "./control.ts";
import { readSettings } from "./environment.ts";
import { createLogger } from "./logger.ts";
import { openService } from "./service.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

/** Finds the command that the words begin with: two words before one. */
function findCommand(words: readonly string[]): { command: Command; rest: readonly string[] } | undefined {
  for (const length of [2, 1]) {
    const command = COMMANDS.find(({ name }) => name === words.slice(0, length).join(" "));
    if (command !== undefined) return { command, rest: words.slice(length) };
  }
  return undefined;
}

/** Files are named from where the user stands, which is not where the service runs. */
function toAbsolute(command: Command, args: CommandArguments): CommandArguments {
  const operands = { ...args.operands };
  for (const { name } of command.operands) {
    if (name === "FILE" && operands.FILE !== undefined) operands.FILE = resolve(operands.FILE);
  }
  const flags = { ...args.flags };
  for (const { name, value } of command.flags) {
    const given = flags[name];
    if ((value === "FILE" || value === "FOLDER") && given !== undefined) flags[name] = resolve(given);
  }
  return { ...args, operands, flags };
}

async function runHere(command: Command, args: CommandArguments, io: Terminal): Promise<number> {
  if (command.on === "nothing")
    return command.run(
      args,
      io,
      COMMANDS.filter((other) => other.on === "service"),
    );
  const { settings, sites } = readSettings();
  const answered = await callService(settings.dataDir, command.name, args, io);
  if (answered !== undefined) return answered;
  const logger = createLogger("error");
  await using service = await openService({ settings, sites, logger });
  return await runAudited(command, service, args, io);
}

/** Runs one command line; answers the exit code. Throws UsageError, CommandError, or whatever broke. */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  const [first] = words;
  if (first === undefined || first === "--help" || first === "-h" || first === "help") {
    process.stdout.write(toHelp(COMMANDS));
    return first === undefined ? 2 : 0;
  }
  const found = findCommand(words);
  if (found === undefined)
    throw new UsageError(`"${first}" is not a command of roebuck. \`roebuck --help\` lists them.`);
  const { command, rest } = found;
  if (rest.includes("--help") || rest.includes("-h")) {
    process.stdout.write(toCommandHelp(command));
    return 0;
  }
  const args = toAbsolute(command, parseArguments(command, rest));
  if (args.flags.format === "pdf" && args.flags.output === undefined && process.stdout.isTTY) {
    throw new UsageError("A PDF is not for the terminal: name a file with -o FILE.");
  }
  const given = new AbortController();
  const abort = () => given.abort();
  if (command.on === "service") process.once("SIGINT", abort).once("SIGTERM", abort);
  const io = openTerminal(args.flags.output, given.signal);
  let code = 1;
  try {
    code = await runHere(command, args, io);
  } catch (error) {
    if (error instanceof WarehouseUnavailable || error instanceof WarehouseRefused) {
      throw new CommandError(toWarehouseAdvice(error));
    }
    throw error;
  } finally {
    io.finish(code === 0);
  }
  return code;
}
