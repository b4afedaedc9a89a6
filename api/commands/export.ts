import { createHash } from "node:crypto";
import { parseMonth } from "../../schemas/ids.ts";
import { VIEWS, type ViewName } from "../../schemas/views.ts";
import { writeAudit } from "../audit.ts";
import type { CommandArguments, ServiceCommand } from "../command.ts";
import { type CommandIo, UsageError } from "../command-io.ts";
import { noteExport } from "../exports/note-export.ts";
import { askAsReader } from "../exports/reader-client.ts";
import {
  type DaySpan,
  EXPORT_FORMATS,
  EXPORT_SETTINGS,
  type ExportFormat,
  hasPeople,
  toExportQuery,
  toMonthSpan,
} from "../exports/view-export.ts";
import type { Service } from "../service.ts";

const VIEW_NAMES = Object.keys(VIEWS) as ViewName[]; // keys of a constant object
const FORMAT_NAMES = Object.keys(EXPORT_FORMATS) as ExportFormat[]; // keys of a constant object

/** `roebuck export VIEW`: a view's rows of a month or some days, for an analyst's own tools. */
export const exportCommand: ServiceCommand = {
  name: "export",
  summary: "Write a view's rows of a month, or of some days, as Arrow, Parquet or CSV.",
  prose: `Rows of people whose processing is restricted are in no view. A file that -o writes with people's rows is on the list of
exports: it is deleted after ROEBUCK_EXPORT_DAYS, when its oldest row passes its year, or when somebody is erased.`,
  operands: [{ name: "VIEW", prose: VIEW_NAMES.join(", ") }],
  flags: [
    { name: "month", value: "MONTH", prose: "yyyy-mm, in UTC." },
    { name: "from", value: "DAY", prose: "First day, yyyy-mm-dd, UTC." },
    { name: "until", value: "DAY", prose: "Last day. Default: the first." },
    {
      name: "format",
      value: "FORMAT",
      initial: "parquet",
      choices: FORMAT_NAMES,
      prose: `${FORMAT_NAMES.join(", ")}. In CSV, texts that a spreadsheet could take for formulas begin with '.`,
    },
    { name: "output", short: "o", value: "FILE", prose: "Where to write. Default: standard output." },
  ],
  on: "service",
  async run(service, args, io) {
    const view = VIEW_NAMES.find((name) => name === args.operands.VIEW);
    if (view === undefined) {
      throw new UsageError(`Cannot export "${args.operands.VIEW ?? ""}": it must be one of ${VIEW_NAMES.join(", ")}.`);
    }
    const format = FORMAT_NAMES.find((name) => name === args.flags.format) ?? "parquet";
    const span = toSpan(args);
    const detail = { view, format, ...span };
    await writeAudit(service, { actor: io.actor, action: "export", subject: args.flags.month ?? "", detail });
    const sha256 = await sendView(service, { view, format, span }, io);
    const { output } = args.flags;
    if (output !== undefined && hasPeople(view)) {
      // The file is put in its place when this has ended well.
      const files = [{ path: output, sha256 }];
      const kept = noteExport(service, { kind: "query", partner: "", files }, Date.parse(span.from));
      io.line(`It has people's rows. ${kept}`);
    }
    return 0;
  },
};

/** Sends the rows as they come; answers the SHA-256 of all of it, hexadecimal. */
async function sendView(
  service: Service,
  { view, format, span }: { readonly view: ViewName; readonly format: ExportFormat; readonly span: DaySpan },
  io: CommandIo,
): Promise<string> {
  const hash = createHash("sha256");
  const question = {
    query: toExportQuery(view, format),
    format: EXPORT_FORMATS[format],
    signal: io.signal,
    settings: EXPORT_SETTINGS,
    params: { ...span },
  };
  io.progress(`Read ${view}`, 0, 1);
  await askAsReader(service, question, async ({ bytes, chunks }) => {
    let done = 0;
    for await (const chunk of chunks) {
      hash.update(chunk);
      await io.bytes(chunk);
      done += chunk.length;
      io.progress(`Write ${view}, bytes`, done, bytes ?? done);
    }
  });
  return hash.digest("hex");
}

/** Throws UsageError unless there is a month, or days in their order. */
function toSpan({ flags }: CommandArguments): DaySpan {
  if (flags.month !== undefined) {
    const month = parseMonth(flags.month);
    if (month === undefined || flags.from !== undefined || flags.until !== undefined) {
      throw new UsageError(
        `Cannot use --month "${flags.month}": it must be a month, yyyy-mm, without --from and --until.`,
      );
    }
    return toMonthSpan(month);
  }
  if (flags.from === undefined) throw new UsageError("--month MONTH, or --from DAY and --until DAY, is required.");
  const span = { from: toDay("from", flags.from), until: toDay("until", flags.until ?? flags.from) };
  if (span.from > span.until) {
    throw new UsageError(`Cannot use --until "${span.until}": it must not be before --from ${span.from}.`);
  }
  return span;
}

function toDay(name: string, day: string): string {
  const ms = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== day)
    throw new UsageError(`Cannot use --${name} "${day}": it must be a day, yyyy-mm-dd.`);
  return day;
}
