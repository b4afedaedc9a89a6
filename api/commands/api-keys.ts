import { ROLE_NAMES, type Role } from "../../schemas/roles.ts";
import { toKeyStanding } from "../access/api-key.ts";
import { addApiKey, listApiKeys, revokeApiKey } from "../access/api-keys.ts";
import type { CommandArguments, ServiceCommand } from "../command.ts";
import { UsageError } from "../command-io.ts";
import { toTable } from "../table.ts";

const DAYS_MAX = 1_825;

function toDays(args: CommandArguments): number {
  const given = args.flags.days ?? "";
  const days = Number(given);
  if (/^\d{1,4}$/.test(given) && days >= 1 && days <= DAYS_MAX) return days;
  throw new UsageError(`Cannot use --days "${given}": it must be a whole number from 1 to ${DAYS_MAX}.`);
}

const toDay = (ms: number) => new Date(ms).toISOString().slice(0, 10);

const addCommand: ServiceCommand = {
  name: "api-keys add",
  summary: "Make an API key: who calls the API with it may do what its roles allow.",
  prose: `The key is written once, to standard output or the file of -o; here only its hash is kept. Give it to its holder in a way
that nobody else reads. With --partner it reaches the people of these Partners only, and no account without a Partner.`,
  operands: [],
  flags: [
    {
      name: "role",
      value: "ROLE",
      required: true,
      isList: true,
      choices: ROLE_NAMES,
      prose: `${ROLE_NAMES.join(", ")}; may be given more than once.`,
    },
    { name: "partner", value: "ID", isList: true, prose: "Only this Partner's people; may be given more than once." },
    { name: "days", value: "N", initial: "365", prose: `How long it is taken, 1 to ${DAYS_MAX} days.` },
    { name: "name", value: "TEXT", required: true, prose: "What it is for. Name nobody in it." },
    { name: "output", short: "o", value: "FILE", prose: "Where the key is written, 0600. Default: standard output." },
  ],
  on: "service",
  async run(service, args, io) {
    const roles = toList(args.flags.role).flatMap((name) => ROLE_NAMES.filter((role): role is Role => role === name));
    const asked = { name: args.flags.name ?? "", roles, partners: toList(args.flags.partner), days: toDays(args) };
    const { id, key, expiresMs } = await addApiKey(service, asked, io.actor);
    await io.bytes(Buffer.from(`${key}\n`));
    io.warn(`API key ${id} is good until ${toDay(expiresMs)}. It is shown this once and kept nowhere.`);
    return 0;
  },
};

function toList(given: string | undefined): readonly string[] {
  return (given ?? "").split(",").filter((word) => word !== "");
}

const listCommand: ServiceCommand = {
  name: "api-keys list",
  summary: "List the API keys: what for, which roles, whose people, until when.",
  operands: [],
  flags: [{ name: "all", prose: "Also those that are expired or revoked." }],
  on: "service",
  async run(service, args, io) {
    const nowMs = service.clock.nowMs();
    const keys = listApiKeys(service.keyFiles.store).filter(
      (key) => args.switches.has("all") || toKeyStanding(key, nowMs) === "good",
    );
    if (keys.length === 0) {
      io.line("No API key is good. Add one: roebuck api-keys add --role ROLE --name TEXT");
      return 0;
    }
    const rows = keys.map((key) => [
      key.id,
      toKeyStanding(key, nowMs),
      key.roles.join(", "),
      key.partners === null ? "everyone" : key.partners.join(", "),
      toDay(key.createdMs),
      toDay(key.expiresMs),
      key.name,
    ]);
    for (const line of toTable(["Key", "State", "Roles", "Reaches", "Made", "Until", "What for"], rows)) io.line(line);
    return 0;
  },
};

const revokeCommand: ServiceCommand = {
  name: "api-keys revoke",
  summary: "Revoke an API key: within 60 seconds no process takes it any more.",
  operands: [{ name: "ID", prose: "the key's id, as `roebuck api-keys list` shows it; never the key itself" }],
  flags: [],
  on: "service",
  async run(service, { operands }, io) {
    const { id } = await revokeApiKey(service, operands.ID ?? "", io.actor);
    io.line(`API key ${id} is revoked; every process knows within 60 seconds.`);
    return 0;
  },
};

/** `roebuck api-keys ...`. */
export const apiKeysCommands: readonly ServiceCommand[] = [addCommand, listCommand, revokeCommand];
