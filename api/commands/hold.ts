import { releaseHold, setHold } from "../clocks/holds.ts";
import type { ServiceCommand } from "../command.ts";
import { toTable } from "../table.ts";

/** `roebuck hold set`: no clock deletes what it covers until it is released. */
export const holdSetCommand: ServiceCommand = {
  name: "hold set",
  summary: "Put a legal hold on: no clock deletes what it covers until it is released.",
  prose: `Rows whose year is over move to the table "held", which no report reads. A hold stops neither an erasure that a
person asks for nor new data from being measured.`,
  operands: [],
  flags: [
    { name: "partner", value: "ID", prose: "Only this Partner's rows. Default: everyone's." },
    { name: "reference", value: "TEXT", required: true, prose: "where the order is filed; no names." },
  ],
  on: "service",
  async run(service, { flags }, io) {
    const { partner, reference = "" } = flags;
    const hold = await setHold(service, { reference, ...(partner === undefined ? {} : { partner }) }, io.actor);
    io.line(`Hold ${hold.id} is on for ${partner === undefined ? "everyone" : `Partner "${partner}"`}.`);
    return 0;
  },
};

/** `roebuck hold release ID`. */
export const holdReleaseCommand: ServiceCommand = {
  name: "hold release",
  summary: "Take a legal hold off; what only it kept beyond its time goes with the next purge.",
  operands: [{ name: "ID", prose: "the hold, as `roebuck hold list` shows it" }],
  flags: [],
  on: "service",
  async run(service, { operands }, io) {
    const { id } = await releaseHold(service, operands.ID ?? "", io.actor);
    io.line(`Hold ${id} is off. What is past its time goes with the next purge.`);
    return 0;
  },
};

/** `roebuck hold list`. */
export const holdListCommand: ServiceCommand = {
  name: "hold list",
  summary: "List the legal holds that are on.",
  operands: [],
  flags: [],
  on: "service",
  async run({ journal }, _args, io) {
    const holds = [...journal().holds.values()].toSorted((a, b) => a.sinceMs - b.sinceMs);
    if (holds.length === 0) {
      io.line("No hold is on.");
      return 0;
    }
    const rows = holds.map(({ id, partner, sinceMs, reference }) => [
      id,
      partner ?? "everyone",
      new Date(sinceMs).toISOString().slice(0, 16).replace("T", " "),
      reference,
    ]);
    for (const line of toTable(["Hold", "Covers", "Since (UTC)", "Reference"], rows)) io.line(line);
    return 0;
  },
};
