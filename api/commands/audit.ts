import { z } from "zod";
import { toField } from "../../reporting/csv.ts";
import type { CommandArguments, ServiceCommand } from "../command.ts";
import { UsageError } from "../command-io.ts";
import { parseDayFlag } from "../day-flag.ts";
import { toTable } from "../table.ts";

const ROW = z.object({
  at: z.string(),
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  detail: z.string(),
});
type AuditRow = z.infer<typeof ROW>;

/** Rows shown where `--limit` is not given. */
const LIMIT = 200;
const LIMIT_MAX = 1_000_000;
const HEADINGS = ["At (UTC)", "Who", "Action", "About", "Detail"] as const;

/** `roebuck audit`: who did what to personal data, and when. */
export const auditCommand: ServiceCommand = {
  name: "audit",
  summary: "Show who did what to personal data, and when; the latest last.",
  prose: `The trail is only ever added to. It says who acted, on which request, Partner, key or month, and what came of it;
it never says who a person is. What was refused is in it, too. Reading it is noted as well.`,
  operands: [],
  flags: [
    { name: "since", value: "DAY", prose: "From this day on, yyyy-mm-dd, UTC." },
    { name: "until", value: "DAY", prose: "Up to and including this day, yyyy-mm-dd, UTC." },
    {
      name: "action",
      value: "ACTION",
      prose: "Only this action, such as subject.erase; `keys.` for all that begin so.",
    },
    { name: "actor", value: "NAME", prose: "Only what this account, API key or `roebuck` itself did." },
    { name: "about", value: "ID", prose: "Only what concerns this request, Partner, key or month." },
    { name: "limit", value: "N", initial: String(LIMIT), prose: "The latest N entries." },
    { name: "format", value: "FORMAT", initial: "text", choices: ["text", "json", "csv"], prose: "text, json or csv." },
    { name: "output", short: "o", value: "FILE", prose: "Where to write. Default: standard output." },
  ],
  on: "service",
  async run(service, args, io) {
    const limit = toLimit(args.flags.limit ?? "");
    const rows = z.array(ROW).parse(
      await service.warehouse.rows({
        sql: `SELECT * FROM (
                SELECT formatDateTime(at, '%Y-%m-%dT%H:%i:%S.', 'UTC') || leftPad(toString(toUnixTimestamp64Milli(at) % 1000), 3, '0') || 'Z' AS at,
                       actor, action, subject, detail
                FROM audit AS source
                WHERE source.at >= toDateTime64({since:String}, 3, 'UTC') AND source.at < toDateTime64({until:String}, 3, 'UTC') + INTERVAL 1 DAY
                  AND ({action:String} = '' OR source.action = {action:String}
                       OR (endsWith({action:String}, '.') AND startsWith(source.action, {action:String})))
                  AND ({actor:String} = '' OR source.actor = {actor:String})
                  AND ({about:String} = '' OR source.subject = {about:String})
                ORDER BY source.at DESC, actor DESC, action DESC LIMIT {limit:UInt32}
              ) ORDER BY at, actor, action`,
        parameters: {
          since: toDay("since", args, "1970-01-01"),
          until: toDay("until", args, "2200-01-01"),
          action: args.flags.action ?? "",
          actor: args.flags.actor ?? "",
          about: args.flags.about ?? "",
          limit,
        },
      }),
    );
    await io.bytes(Buffer.from(toAuditText(rows, args.flags.format ?? "text")));
    if (rows.length === limit) io.warn(`These are the latest ${limit} entries; --limit N shows more.`);
    return 0;
  },
};

/** Entries of the trail as text, JSON or CSV with safe cells. Pure. */
export function toAuditText(rows: readonly AuditRow[], format: string): string {
  if (format === "json") {
    return `${JSON.stringify(
      rows.map((row) => ({ ...row, detail: JSON.parse(row.detail) })),
      null,
      2,
    )}\n`;
  }
  const cells = rows.map(({ at, actor, action, subject, detail }) => [at, actor, action, subject, detail]);
  if (format === "csv") return [HEADINGS, ...cells].map((row) => `${row.map(toField).join(",")}\r\n`).join("");
  if (cells.length === 0) return "Nothing of that kind is in the trail.\n";
  const lines = toTable(
    HEADINGS,
    cells.map(([at = "", actor = "", action = "", subject = "", detail = ""]) => [
      at,
      actor,
      action,
      subject,
      toDetailWords(detail),
    ]),
  );
  return `${lines.join("\n")}\n`;
}

/** `{"people":2,"refused":"no_instruction"}` as `people 2, refused no_instruction`. */
function toDetailWords(detail: string): string {
  const parsed = z.record(z.string(), z.unknown()).safeParse(JSON.parse(detail));
  if (!parsed.success) return detail;
  return Object.entries(parsed.data)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(", ");
}

function toDay(name: "since" | "until", { flags }: CommandArguments, initial: string): string {
  return parseDayFlag(name, flags[name] ?? initial);
}

function toLimit(text: string): number {
  const limit = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > LIMIT_MAX)
    throw new UsageError(`Cannot use --limit "${text}": it must be a whole number from 1 to ${LIMIT_MAX}.`);
  return limit;
}
