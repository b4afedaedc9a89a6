import { toCsv } from "../../reporting/csv.ts";
import { toJson } from "../../reporting/json.ts";
import { toPdf } from "../../reporting/pdf.ts";
import { readRecord } from "../../reporting/records.ts";
import { parseMonth } from "../../schemas/ids.ts";
import type { RecordOfEngagement } from "../../schemas/record.ts";
import type { ServiceCommand } from "../command.ts";
import { CommandError, UsageError } from "../command-io.ts";

/** `roebuck record MONTH PARTNER`: one closed record as PDF, JSON or CSV. */
export const recordCommand: ServiceCommand = {
  name: "record",
  summary: "Write one Partner's Record of Engagement of a closed month.",
  operands: [
    { name: "MONTH", prose: "yyyy-mm, a closed month" },
    { name: "PARTNER", prose: "Partner id" },
  ],
  flags: [
    { name: "format", value: "FORMAT", initial: "pdf", choices: ["pdf", "json", "csv"], prose: "pdf, json or csv." },
    { name: "version", value: "N", prose: "An earlier version. Default: the latest." },
    { name: "output", short: "o", value: "FILE", prose: "Where to write. Default: standard output." },
  ],
  on: "service",
  async run(service, args, io) {
    const { MONTH = "", PARTNER = "" } = args.operands;
    const month = parseMonth(MONTH);
    if (month === undefined)
      throw new UsageError(`Cannot read the record of "${MONTH}": a month is yyyy-mm, with mm from 01 to 12.`);
    const record = await readRecord(service.warehouse, month, PARTNER, parseVersion(args.flags.version));
    if (record === undefined)
      throw new CommandError(toAbsence(PARTNER, MONTH, args.flags.version, service.journal().partners.has(PARTNER)));
    await io.bytes(await toFormat(record, args.flags.format ?? "pdf"));
    return 0;
  },
};

function parseVersion(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,6}$/.test(text))
    throw new UsageError(`Cannot use --version "${text}": it must be a whole number from 1.`);
  return Number(text);
}

function toAbsence(partner: string, month: string, version: string | undefined, known: boolean): string {
  if (!known)
    return `Cannot read the record of "${partner}": no Partner of that id is on file. Import it with \`roebuck partners import FILE.csv\`.`;
  if (version !== undefined)
    return `Cannot read version ${version} of ${month} for Partner "${partner}": there is no such version.`;
  return `Cannot read the record of ${month} for Partner "${partner}": the month is not closed. Run: roebuck close ${month}`;
}

async function toFormat(record: RecordOfEngagement, format: string): Promise<Uint8Array> {
  if (format === "json") return Buffer.from(toJson(record));
  if (format === "csv") return Buffer.from(toCsv(record));
  return toPdf(record);
}
