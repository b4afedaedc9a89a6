import { z } from "zod";
import type { ServiceCommand } from "../command.ts";
import { parseDayFlag } from "../day-flag.ts";
import { toTable } from "../table.ts";

const ROW = z.object({
  started: z.string(),
  kind: z.string(),
  subject: z.string(),
  outcome: z.string(),
  took_ms: z.coerce.number(),
  detail: z.string(),
});
type RunRow = z.infer<typeof ROW>;

const LIMIT = 200;
const DETAIL_CHARACTERS_MAX = 160;
const HEADINGS = ["Started (UTC)", "Kind", "About", "Outcome", "Took", "Detail"] as const;

/** `roebuck runs`: what ran by itself and by command, how long it took and how it ended. */
export const runsCommand: ServiceCommand = {
  name: "runs",
  summary: "Show what ran, how long it took and how it ended: closes, deliveries, purges, backups; the latest last.",
  prose: `Kinds: close, "scheduled close", delivery, nightly (the jobs of a night by name), purge, backup, restore, forget, departure,
erasure, restatement. What failed or was refused says why. \`roebuck deliver MONTH --dry-run\` shows deliveries by officer.`,
  operands: [],
  flags: [
    { name: "kind", value: "KIND", prose: "Only this kind." },
    { name: "since", value: "DAY", prose: "From this day on, yyyy-mm-dd, UTC. Without it: the latest 200." },
    { name: "format", value: "FORMAT", initial: "text", choices: ["text", "json"], prose: "text or json." },
    { name: "output", short: "o", value: "FILE", prose: "Where to write. Default: standard output." },
  ],
  on: "service",
  async run(service, args, io) {
    const since = args.flags.since;
    const rows = z.array(ROW).parse(
      await service.warehouse.rows({
        sql: `SELECT * FROM (
                SELECT formatDateTime(started_at, '%Y-%m-%d %H:%i:%S', 'UTC') AS started, kind, subject, outcome,
                       toString(date_diff('millisecond', started_at, ended_at)) AS took_ms, detail, started_at, ended_at, id
                FROM runs
                WHERE started_at >= toDateTime64({since:String}, 3, 'UTC')
                  AND ({kind:String} = '' OR kind = {kind:String})
                  AND NOT (kind = 'nightly' AND outcome = 'begun')
                ORDER BY started_at DESC, ended_at DESC, id LIMIT {limit:UInt32}
              ) ORDER BY started_at, ended_at, id`,
        parameters: {
          since: parseDayFlag("since", since ?? "1970-01-01"),
          kind: args.flags.kind ?? "",
          limit: since === undefined ? LIMIT : 1_000_000,
        },
      }),
    );
    await io.bytes(Buffer.from(toRunsText(rows, args.flags.format ?? "text")));
    return 0;
  },
};

/** Runs as text or JSON. Pure. */
export function toRunsText(rows: readonly RunRow[], format: string): string {
  if (format === "json") {
    const runs = rows.map(({ took_ms, detail, ...row }) => ({ ...row, tookMs: took_ms, detail: parseDetail(detail) }));
    return `${JSON.stringify(runs, null, 2)}\n`;
  }
  if (rows.length === 0) return "Nothing of that kind has run.\n";
  const lines = toTable(
    HEADINGS,
    rows.map(({ started, kind, subject, outcome, took_ms, detail }) => [
      started,
      kind,
      subject,
      outcome,
      toTookWords(took_ms),
      toDetailWords(detail),
    ]),
  );
  return `${lines.join("\n")}\n`;
}

/** `350 ms`, `12 s`, `3 min`. */
function toTookWords(ms: number): string {
  if (ms < 1_000) return `${ms} ms`;
  return ms < 120_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`;
}

/** `{"sent":3,"tables":[...]}` as `sent 3`: a certificate whole is in the JSON. */
function toDetailWords(detail: string): string {
  const parsed = parseDetail(detail);
  const words = Object.entries(typeof parsed === "object" && parsed !== null ? parsed : {})
    .filter(([, value]) => ["string", "number", "boolean"].includes(typeof value) && value !== "")
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(", ");
  return words.length > DETAIL_CHARACTERS_MAX ? `${words.slice(0, DETAIL_CHARACTERS_MAX - 1)}…` : words;
}

function parseDetail(detail: string): unknown {
  try {
    return JSON.parse(detail);
  } catch {
    return detail;
  }
}
