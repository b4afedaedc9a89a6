import { join } from "node:path";
import { toRecordSchemaText } from "../../reporting/record-schema.ts";
import { readRecord } from "../../reporting/records.ts";
import { parseMonth } from "../../schemas/ids.ts";
import type { PlainCommand, ServiceCommand } from "../command.ts";
import { CommandError, UsageError } from "../command-io.ts";
import { openHouseStyle, toRecordStyle } from "../house-style.ts";
import { putFile } from "../records/put-file.ts";
import { RECORD_FORMATS, type RecordFile, toBytes, toCsvFolder, toRecordFiles } from "../records/record-files.ts";

/** `roebuck record --schema`: what the JSON of a record looks like. */
export const recordSchemaCommand: PlainCommand = {
  name: "record --schema",
  summary: "Print the JSON Schema of a record's JSON (draft 2020-12).",
  operands: [],
  flags: [{ name: "output", short: "o", value: "FILE", prose: "Where to write. Default: standard output." }],
  on: "nothing",
  async run(_, io) {
    await io.bytes(Buffer.from(toRecordSchemaText()));
    return 0;
  },
};

/** `roebuck record MONTH PARTNER`: one closed record as PDF, HTML, JSON or CSV. */
export const recordCommand: ServiceCommand = {
  name: "record",
  summary: "Write one Partner's Record of Engagement of a closed month.",
  operands: [
    { name: "MONTH", prose: "yyyy-mm, a closed month" },
    { name: "PARTNER", prose: "Partner id" },
  ],
  flags: [
    {
      name: "format",
      value: "FORMAT",
      initial: "pdf",
      choices: RECORD_FORMATS,
      prose: `${RECORD_FORMATS.join(", ")}.`,
    },
    { name: "version", value: "N", prose: "An earlier version. Default: the latest." },
    { name: "output", short: "o", value: "FILE", prose: "Where to write. Default: standard output." },
    { name: "out", value: "FOLDER", prose: "A folder to write to instead; CSV then has a file a table." },
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
    const format = RECORD_FORMATS.find((known) => known === args.flags.format) ?? "pdf";
    const { out } = args.flags;
    const style = toRecordStyle(openHouseStyle(service.settings), PARTNER);
    if (out === undefined) await io.bytes(await toBytes(record, format, style));
    else putFolder(out, format === "csv" ? toCsvFolder(record) : await toRecordFiles(record, format, style));
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

function putFolder(folder: string, files: readonly RecordFile[]): void {
  try {
    for (const { name, bytes } of files) putFile(join(folder, name), bytes);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : String(error);
    throw new CommandError(`Cannot write to "${folder}": ${code}. Name a folder that can be written.`);
  }
}
