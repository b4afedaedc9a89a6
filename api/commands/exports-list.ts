import type { ServiceCommand } from "../command.ts";
import { type NotedExport, readExports, toFileState } from "../exports/ledger.ts";
import { toTable } from "../table.ts";

const KINDS: Readonly<Record<NotedExport["kind"], string>> = {
  person: "one person",
  partner: "a Partner",
  query: "a query",
};

/** `roebuck exports list`: the files with people's rows that commands wrote. */
export const exportsListCommand: ServiceCommand = {
  name: "exports list",
  summary: "List the files with people's rows that commands wrote, and when each is deleted.",
  prose: `A file that was changed since is not deleted by itself: do it by hand, and it leaves the list.`,
  operands: [],
  flags: [],
  on: "service",
  async run({ settings }, _args, io) {
    const rows = readExports(settings).flatMap(({ kind, partner, files, madeMs, expiresMs }) =>
      files.map((file) => [
        KINDS[kind],
        partner,
        new Date(madeMs).toISOString().slice(0, 10),
        new Date(expiresMs).toISOString().slice(0, 10),
        toFileState(file),
        file.path,
      ]),
    );
    if (rows.length === 0) io.line("No file with people's rows is on the list.");
    else for (const line of toTable(["Of", "Partner", "Made", "Deleted on", "State", "File"], rows)) io.line(line);
    return 0;
  },
};
