import { closeMonth } from "../../reporting/close.ts";
import { FIGURES } from "../../schemas/figures.ts";
import { parseMonth } from "../../schemas/ids.ts";
import type { ServiceCommand } from "../command.ts";
import { UsageError } from "../command-io.ts";
import { toTable } from "../table.ts";

const SHOWN = ["active_people", "visits", "page_views", "Unique_Item_Requests", "Searches_Platform"] as const;

/** `roebuck close MONTH`: counts a month once for all Partners and freezes it. */
export const closeCommand: ServiceCommand = {
  name: "close",
  summary: "Count a month for every Partner and freeze it as a version of each record.",
  prose: `Everything that was acknowledged before the command is counted. Closing again changes nothing unless something
has changed since; then the next version is made, with the reason. A month that is not over may be closed:
what comes later makes the next version.`,
  operands: [{ name: "MONTH", prose: "yyyy-mm, in the zone of each Partner" }],
  flags: [
    { name: "partner", value: "ID", prose: "Only this Partner." },
    { name: "reason", value: "TEXT", prose: "Why a closed month is counted again; printed on the next version." },
  ],
  on: "service",
  async run(service, args, io) {
    const month = parseMonth(args.operands.MONTH ?? "");
    if (month === undefined)
      throw new UsageError(`Cannot close "${args.operands.MONTH}": a month is yyyy-mm, with mm from 01 to 12.`);
    await service.drain(io);
    const partner = args.flags.partner;
    const report = await closeMonth(
      {
        warehouse: service.warehouse,
        clock: service.clock,
        settings: service.settings,
        onProgress: (label, done, total) => io.progress(label, done, total),
      },
      month,
      {
        ...(partner === undefined ? {} : { partners: [partner] }),
        ...(args.flags.reason === undefined ? {} : { reason: args.flags.reason }),
      },
    );
    const rows = report.partners.map(({ partner: id, version, changed, figures }) => [
      id,
      changed ? `${version}` : `${version} (as before)`,
      ...SHOWN.map((name) => String(figures[name])),
    ]);
    const headings = ["Partner", "Version", ...SHOWN.map((name) => FIGURES[name].title)];
    for (const line of toTable(headings, rows)) io.line(line);
    if (report.provisional) io.warn(`${month} is not over for every Partner: what comes later makes the next version.`);
    return 0;
  },
};
