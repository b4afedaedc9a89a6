import { createHash } from "node:crypto";
import type { ServiceCommand } from "../command.ts";
import { CommandError } from "../command-io.ts";
import { noteExport } from "../exports/note-export.ts";
import { askAsReader } from "../exports/reader-client.ts";

/** A query that names a table or view with people's rows. Its answer is kept no longer than an export of them. */
const READS_PEOPLE = /\b(?:engagement|behaviour|feedback|attendance|people|held|restricted)(?:_v\d+)?\b/i;

/** `roebuck sql "SELECT ..."`: a query as an analyst would ask it, in any format of ClickHouse. */
export const sqlCommand: ServiceCommand = {
  name: "sql",
  summary: "Ask ClickHouse a question; read-only.",
  prose: `A file that -o writes with an answer over people's rows is on the list of exports: it is deleted after
ROEBUCK_EXPORT_DAYS, or when somebody is erased.`,
  operands: [{ name: "QUERY", prose: "a SELECT, SHOW or DESCRIBE statement, in quotes" }],
  flags: [
    {
      name: "format",
      value: "FORMAT",
      initial: "PrettyCompactNoEscapes",
      prose: "Any output format of ClickHouse, such as JSON, CSVWithNames, Parquet.",
    },
    { name: "output", short: "o", value: "FILE", prose: "Where to write. Default: standard output." },
  ],
  on: "service",
  async run(service, args, io) {
    const format = args.flags.format ?? "";
    if (!/^[A-Za-z]{2,60}$/.test(format))
      throw new CommandError(`Cannot use --format "${format}": it must be the name of a ClickHouse format.`);
    const query = args.operands.QUERY ?? "";
    const hash = createHash("sha256");
    await askAsReader(service, { query, format, signal: io.signal }, async ({ chunks }) => {
      for await (const chunk of chunks) {
        hash.update(chunk);
        await io.bytes(chunk);
      }
    });
    const { output } = args.flags;
    if (output !== undefined && READS_PEOPLE.test(query)) {
      // The file is put in its place when this has ended well.
      const files = [{ path: output, sha256: hash.digest("hex") }];
      io.line(`The query reads people's rows. ${noteExport(service, { kind: "query", partner: "", files })}`);
    }
    return 0;
  },
};
