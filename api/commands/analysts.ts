import type { Command, ServiceCommand } from "../command.ts";
import { addAnalyst, listAnalysts, removeAnalyst } from "../keys/analysts.ts";
import { toTable } from "../table.ts";

const addCommand: ServiceCommand = {
  name: "analysts add",
  summary: "Let an analyst read the views of the embedded engine, with any ClickHouse tool.",
  prose: `Until there is one, nobody but Roebuck gets in. The password is written once, to standard output or the file of -o; here
only its hash is kept. ROEBUCK_EMBEDDED_PORT gives the engine a port that stays.`,
  operands: [{ name: "NAME", prose: "lower-case letters, digits, dots, hyphens, underscores" }],
  flags: [
    {
      name: "output",
      short: "o",
      value: "FILE",
      prose: "Where the password is written, 0600. Default: standard output.",
    },
  ],
  on: "service",
  async run(service, { operands }, io) {
    const name = operands.NAME ?? "";
    const password = await addAnalyst(service, name, io.actor);
    await io.bytes(Buffer.from(`${password}\n`));
    io.warn(
      `Analyst ${name} is let in at ${service.analystDoor?.url ?? ""}, database ${service.analystDoor?.database ?? ""}. The password is shown this once and kept nowhere.`,
    );
    return 0;
  },
};

const listCommand: ServiceCommand = {
  name: "analysts list",
  summary: "List who may read the views of the embedded engine, and where.",
  operands: [],
  flags: [],
  on: "service",
  async run(service, _args, io) {
    const analysts = listAnalysts(service);
    if (analysts.length === 0) io.line("No analyst is let in. Add one: roebuck analysts add NAME");
    else {
      const rows = analysts.map(({ name, addedMs }) => [
        name,
        new Date(addedMs).toISOString().slice(0, 16).replace("T", " "),
      ]);
      for (const line of toTable(["Analyst", "Added (UTC)"], rows)) io.line(line);
    }
    const { url, database } = service.analystDoor ?? {};
    if (url !== undefined) io.line(`The engine listens at ${url}, database ${database}.`);
    return 0;
  },
};

const removeCommand: ServiceCommand = {
  name: "analysts remove",
  summary: "Take an analyst off; the password opens nothing any more.",
  operands: [{ name: "NAME", prose: "the analyst" }],
  flags: [],
  on: "service",
  async run(service, { operands }, io) {
    await removeAnalyst(service, operands.NAME ?? "", io.actor);
    io.line(`Analyst ${operands.NAME ?? ""} is removed.`);
    return 0;
  },
};

/** `roebuck analysts ...`. */
export const analystsCommands: readonly Command[] = [addCommand, listCommand, removeCommand];
