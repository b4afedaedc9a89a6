import { exportPartner } from "../clocks/partner-export.ts";
import type { ServiceCommand } from "../command.ts";
import { toTable } from "../table.ts";

/** `roebuck partners export ID -o FOLDER`: everything that is held for one Partner, for that Partner. */
export const partnersExportCommand: ServiceCommand = {
  name: "partners export",
  summary: "Write everything that is held for one Partner into an empty folder, to be handed to that Partner.",
  prose: `Terms and instructions, every version of its records, officers, titles, requests without names, and the rows by
pseudonym. Give it only to the Partner: it is the controller of its people's data. Engagement and behaviour have
different pseudonyms and cannot be combined; restricted people are left out. Files are 0600.`,
  operands: [{ name: "ID", prose: "Partner id" }],
  flags: [{ name: "folder", short: "o", value: "FOLDER", required: true, prose: "an empty or new folder." }],
  on: "service",
  async run(service, { operands, flags }, io) {
    const folder = flags.folder ?? "";
    const { files, kept } = await exportPartner(service, { partner: operands.ID ?? "", folder }, io.actor);
    const rows = files.map(({ name, rows: count }) => [name, count.toLocaleString("en-GB")]);
    for (const line of toTable(["File", "Rows"], rows)) io.line(line);
    io.line(`Written to ${folder}. ${kept}`);
    return 0;
  },
};
