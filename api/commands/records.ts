import { parseMonth } from "../../schemas/ids.ts";
import type { ServiceCommand } from "../command.ts";
import { CommandError, UsageError } from "../command-io.ts";
import { openHouseStyle } from "../house-style.ts";
import { RECORD_FORMATS, type RecordFormat } from "../records/record-files.ts";
import { writeRecords } from "../records/write-records.ts";

/** `roebuck records MONTH`: the records of all Partners as files. */
export const recordsCommand: ServiceCommand = {
  name: "records",
  summary: "Write every Partner's Record of Engagement of a closed month into a folder.",
  prose: `Uses all cores. Files are named PARTNER-MONTH (CSV: a folder with a file a table) and always whole; what is there already and has not changed is left
alone, so a run that was stopped goes on where it ended. A Partner whose record cannot be written is named at the end,
and the exit code is 1; the others are written all the same.`,
  operands: [{ name: "MONTH", prose: "yyyy-mm, a closed month" }],
  flags: [
    { name: "out", value: "FOLDER", required: true, prose: "Where to write; made if it is not there." },
    {
      name: "format",
      value: "FORMAT",
      initial: "pdf",
      choices: RECORD_FORMATS,
      isList: true,
      prose: `${RECORD_FORMATS.join(", ")}; may be given more than once.`,
    },
    { name: "partner", value: "ID", isList: true, prose: "Only this Partner; may be given more than once." },
  ],
  on: "service",
  async run(service, { operands, flags }, io) {
    const month = parseMonth(operands.MONTH ?? "");
    if (month === undefined)
      throw new UsageError(
        `Cannot write the records of "${operands.MONTH}": a month is yyyy-mm, with mm from 01 to 12.`,
      );
    const given = new Set((flags.format ?? "pdf").split(","));
    const folder = flags.out ?? "";
    const order = {
      month,
      folder,
      style: openHouseStyle(service.settings),
      formats: RECORD_FORMATS.filter((format): format is RecordFormat => given.has(format)),
      ...(flags.partner === undefined ? {} : { partners: [...new Set(flags.partner.split(","))] }),
    };
    const { written, unchanged, failures, isStopped } = await writeRecords(service.warehouse, order, io);
    if (written + unchanged + failures.length === 0 && !isStopped)
      throw new CommandError(`Cannot write the records of ${month}: no Partner has one. Run: roebuck close ${month}`);
    io.line(`${folder}: ${written} written, ${unchanged} as before, ${failures.length} failed.`);
    for (const { partner, format, problem } of failures)
      io.warn(`Cannot write the record of ${month} for Partner "${partner}" as ${format}: ${problem}.`);
    if (isStopped) throw new CommandError("Stopped. The same command goes on with what is missing.");
    return failures.length === 0 ? 0 : 1;
  },
};
