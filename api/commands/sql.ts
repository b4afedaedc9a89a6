import { createHash } from "node:crypto";
import { ClickHouseLogLevel, createClient } from "@clickhouse/client";
import type { ServiceCommand } from "../command.ts";
import { CommandError } from "../command-io.ts";
import { noteExport } from "../exports/note-export.ts";
import { readPem } from "../open-log.ts";

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
    const { url, user, password, database, caFile = "" } = service.readerAccess;
    const client = createClient({
      url,
      username: user,
      password,
      database,
      application: "roebuck sql",
      // By default it prints the engine's error, which quotes the query, to the terminal of the service.
      log: { level: ClickHouseLogLevel.OFF },
      ...(caFile === "" ? {} : { tls: { ca_cert: Buffer.from(readPem("ROEBUCK_CLICKHOUSE_CA_FILE", caFile)) } }),
    });
    // The embedded engine's analyst can only read; on a server the query itself says so.
    const readonly = service.settings.clickhouseUrl === "" ? {} : { readonly: "2" };
    try {
      const { stream } = await client.exec({
        query: args.operands.QUERY ?? "",
        abort_signal: io.signal,
        clickhouse_settings: { ...readonly, default_format: format } as never, // a URL parameter of the HTTP interface, not a setting that the types list
      });
      const hash = createHash("sha256");
      for await (const chunk of stream) {
        const bytes = chunk as Uint8Array; // a raw response yields Buffers
        hash.update(bytes);
        await io.bytes(bytes);
      }
      const { output } = args.flags;
      if (output !== undefined && READS_PEOPLE.test(args.operands.QUERY ?? "")) {
        // The file is put in its place when this has ended well.
        const files = [{ path: output, sha256: hash.digest("hex") }];
        io.line(`The query reads people's rows. ${noteExport(service, { kind: "query", partner: "", files })}`);
      }
      return 0;
    } catch (error) {
      // The analyst typed the query, so its own error text may be shown to the analyst, and only there.
      throw new CommandError(`The query was refused: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      await client.close();
    }
  },
};
