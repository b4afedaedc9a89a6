import type { Command, ServiceCommand } from "../command.ts";
import { addOperator, listOperators, removeOperator } from "../keys/operators.ts";
import { toTable } from "../table.ts";

const addCommand: ServiceCommand = {
  name: "operators add",
  summary: "Register an operator, whose key confirms what cannot be undone.",
  prose: "The key is written once, to the file of -o; here only its hash is kept. Give the file to the operator.",
  operands: [{ name: "NAME", prose: "lower-case letters, digits, dots, hyphens, underscores" }],
  flags: [
    { name: "output", short: "o", value: "FILE", required: true, prose: "where the operator's key is written, 0600" },
  ],
  on: "service",
  async run(service, { operands, flags }, io) {
    const name = operands.NAME ?? "";
    const secret = await addOperator(service, name, io.actor);
    await io.bytes(Buffer.from(`${secret}\n`));
    io.line(`Operator ${name} is registered; the key is in ${flags.output ?? ""} and nowhere else.`);
    return 0;
  },
};

const listCommand: ServiceCommand = {
  name: "operators list",
  summary: "List the operators whose keys confirm what cannot be undone.",
  operands: [],
  flags: [],
  on: "service",
  async run(service, _args, io) {
    const operators = listOperators(service);
    if (operators.length === 0) io.line("No operator is registered. Add two: roebuck operators add NAME -o FILE");
    else {
      const rows = operators.map(({ name, addedMs }) => [
        name,
        new Date(addedMs).toISOString().slice(0, 16).replace("T", " "),
      ]);
      for (const line of toTable(["Operator", "Added (UTC)"], rows)) io.line(line);
    }
    return 0;
  },
};

const removeCommand: ServiceCommand = {
  name: "operators remove",
  summary: "Take an operator off; the key confirms nothing any more.",
  operands: [{ name: "NAME", prose: "the operator" }],
  flags: [],
  on: "service",
  async run(service, { operands }, io) {
    await removeOperator(service, operands.NAME ?? "", io.actor);
    io.line(`Operator ${operands.NAME ?? ""} is removed.`);
    return 0;
  },
};

/** `roebuck operators ...`. */
export const operatorsCommands: readonly Command[] = [addCommand, listCommand, removeCommand];
