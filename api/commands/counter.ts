import { ROEBUCK_PLATFORM, toCounterJson, toCounterReport, toMonths } from "../../reporting/counter.ts";
import { COUNTER_MONTHS_MAX, readCounterRecords } from "../../reporting/counter-records.ts";
import { toCounterTsv } from "../../reporting/counter-tsv.ts";
import { parseMonth } from "../../schemas/ids.ts";
import type { ServiceCommand } from "../command.ts";
import { CommandError, UsageError } from "../command-io.ts";

/** `roebuck counter REPORT`: a COUNTER 5.1 report of closed months as JSON or TSV. */
export const counterCommand: ServiceCommand = {
  name: "counter",
  summary: "Write a COUNTER 5.1 report of a Partner's closed months.",
  prose: `The counts are those of the Partner's records, in their latest versions. What a record withholds is left out of IR,
and is Unspecified in PR; the header says so, and which months are not closed.`,
  operands: [{ name: "REPORT", prose: "PR (Platform Report) or IR (Item Report)" }],
  flags: [
    { name: "partner", value: "ID", required: true, prose: "Partner id." },
    { name: "from", value: "MONTH", required: true, prose: "First month, yyyy-mm." },
    { name: "until", value: "MONTH", prose: "Last month, yyyy-mm. Default: the first." },
    { name: "format", value: "FORMAT", initial: "json", choices: ["json", "tsv"], prose: "json or tsv." },
    { name: "output", short: "o", value: "FILE", prose: "Where to write. Default: standard output." },
  ],
  on: "service",
  async run(service, args, io) {
    const report = args.operands.REPORT?.toUpperCase();
    if (report !== "PR" && report !== "IR")
      throw new UsageError(`Cannot make the report "${args.operands.REPORT}": it must be PR or IR.`);
    const begin = parseMonth(args.flags.from ?? "");
    const end = parseMonth(args.flags.until ?? args.flags.from ?? "");
    if (begin === undefined || end === undefined || end < begin)
      throw new UsageError(`Cannot use --from and --until: months are yyyy-mm, and the last is not before the first.`);
    const months = toMonths(begin, end);
    if (months.length > COUNTER_MONTHS_MAX)
      throw new UsageError(`Cannot report ${months.length} months: at most ${COUNTER_MONTHS_MAX} go into one report.`);
    const partner = args.flags.partner ?? "";
    const records = (await readCounterRecords(service.warehouse, partner, { begin, end })) ?? [];
    const name = records.find(({ month }) => months.includes(month))?.partner.name;
    if (name === undefined)
      throw new CommandError(
        `Cannot report Partner "${partner}": none of the months is over and closed for it. Run: roebuck close ${end}`,
      );
    const created = `${new Date(service.clock.nowMs()).toISOString().slice(0, 19)}Z`;
    const order = {
      report,
      institution: { id: partner, name },
      begin,
      end,
      attributes: { Attributes_To_Show: ["Access_Method"] },
      created,
      platform: {
        ...ROEBUCK_PLATFORM,
        name: service.settings.counterPlatform,
        registry: service.settings.counterRegistry,
      },
    } as const;
    const made = toCounterReport(order, records);
    await io.bytes(Buffer.from(args.flags.format === "tsv" ? toCounterTsv(made) : toCounterJson(made)));
    return 0;
  },
};
