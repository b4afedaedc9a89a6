import { reportBreach } from "../breach/report-breach.ts";
import { toBreachJson, toCountsCsv, toSummaryLines } from "../breach/report-tables.ts";
import { BREACH_VIEWS, parseSpan } from "../breach/span.ts";
import { requireEmptyFolder, writeNotices } from "../breach/write-notices.ts";
import type { ServiceCommand } from "../command.ts";

/** `roebuck breach`: who is affected by an incident, by Partner, ready to be sent to each. */
export const breachCommand: ServiceCommand = {
  name: "breach",
  summary: "Say who is affected by a breach in a time span, and write the notice to each Partner (GDPR Art. 33).",
  prose: `Counts people and records by Partner, table and kind of data: exact sums, nothing withheld, because the Partner is
the controller and must know. With --out, each Partner gets notice.md, notice.json and counts.csv in partners/ID, the
subscriber and public accounts in own-accounts; send-list.csv says whom to send which. What only you know (what
happened, consequences, measures) is marked "to be filled in". Only pseudonyms are stored, so no list of names can be
made; a Partner asks about a named person by the user id, answered by \`roebuck subject lookup\`.
TIME is a day (UTC), a time with its zone such as 2026-11-20T14:30Z, or now.`,
  operands: [],
  flags: [
    { name: "from", value: "TIME", required: true, prose: "when the incident began" },
    { name: "until", value: "TIME", required: true, prose: "when it ended; now if it has not" },
    {
      name: "what",
      value: "WHAT",
      initial: "exposed",
      choices: BREACH_VIEWS,
      prose: "exposed: everything that lay in the stores in that time; collected: only what happened in it.",
    },
    { name: "partner", value: "ID", prose: "Only this Partner. Default: every controller." },
    { name: "out", short: "o", value: "FOLDER", prose: "Write the notices here; an empty or new folder." },
    {
      name: "format",
      value: "FORMAT",
      initial: "text",
      choices: ["text", "json", "csv"],
      prose: "What is printed: text, json or csv.",
    },
  ],
  on: "service",
  async run(service, { flags }, io) {
    const { partner, out, what, format } = flags;
    const span = parseSpan(flags.from ?? "", flags.until ?? "", service.clock.nowMs());
    if (out !== undefined) await requireEmptyFolder(out);
    const view = BREACH_VIEWS.find((known) => known === what) ?? "exposed";
    const asked = { span, view, ...(partner === undefined ? {} : { partner }) };
    const report = await reportBreach(service, asked, io.actor, io);
    if (format === "json") await io.bytes(Buffer.from(toBreachJson(report, report.impacts)));
    else if (format === "csv") await io.bytes(Buffer.from(toCountsCsv(report.impacts)));
    else for (const line of toSummaryLines(report)) io.line(line);
    if (out !== undefined) {
      const files = await writeNotices(report, out);
      io.warn(`${files} files are written to ${out}. Fill in what is marked, then send each notice.`);
    }
    return 0;
  },
};
