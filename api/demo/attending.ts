import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ATTENDANCE_PATH } from "../../ingest/attendance-route.ts";
import { ATTENDANCES_MAX } from "../../schemas/beacon.ts";
import type { Month } from "../../schemas/ids.ts";
import { addApiKey } from "../access/api-keys.ts";
import type { CommandIo } from "../command-io.ts";
import { importAttendanceCommand } from "../commands/import-attendance.ts";
import type { Service } from "../service.ts";
import { DEMO_PARTNERS } from "./catalogue.ts";
import { type DemoOccasion, type DemoStay, planOccasions, planStays } from "./occasions.ts";
import { toPeople } from "./people.ts";
import { toContactsFile, toReportFile } from "./reports.ts";

/** Brings the attendances of past months in as an operator does: reports of meeting tools, with a contacts file. They stay in the folder, to be looked at. */
export async function importReports(
  service: Service,
  months: readonly Month[],
  { outFolder, seed, io }: { readonly outFolder: string; readonly seed: number; readonly io: CommandIo },
): Promise<void> {
  const folder = join(outFolder, "reports");
  mkdirSync(folder, { recursive: true });
  const contacts = join(folder, "contacts.csv");
  writeFileSync(contacts, toContactsFile(DEMO_PARTNERS.flatMap(toPeople)));
  for (const occasion of months.flatMap(planOccasions)) {
    const file = join(folder, `${occasion.id}.csv`);
    writeFileSync(file, toReportFile(occasion, planStays(occasion, seed)));
    const flags = { contacts, event: occasion.id, zone: "UTC" };
    const quiet = { ...io, line: () => {} };
    await importAttendanceCommand.run(service, { operands: { FILE: file }, flags, switches: new Set() }, quiet);
  }
}

/** Tells the attendances of a month to the collector, as a server of the site does: with an API key, some days later. */
export async function tellAttendances(
  service: Service,
  month: Month,
  { collectorUrl, seed }: { readonly collectorUrl: string; readonly seed: number },
): Promise<void> {
  const { key } = await addApiKey(service, { name: "demo", roles: ["ingest"], partners: [], days: 1 }, "demo");
  for (const occasion of planOccasions(month)) {
    const stays = planStays(occasion, seed);
    for (let first = 0; first < stays.length; first += ATTENDANCES_MAX) {
      const attendances = stays.slice(first, first + ATTENDANCES_MAX).map((stay) => toAttendance(occasion, stay));
      const answer = await fetch(`${collectorUrl}${ATTENDANCE_PATH}`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
        body: JSON.stringify({ v: 1, attendances }),
      });
      if (answer.status !== 202)
        throw new Error(`Cannot tell the demo's attendances: the collector answered ${answer.status}, not 202`);
    }
  }
}

function toAttendance({ id, title, kind }: DemoOccasion, { person, joinedMs, minutes }: DemoStay): object {
  const user = { sub: person.id, acct: "partner", ptn: person.partner, dept: person.dept };
  return { at: joinedMs, user, event: { id, title, kind }, minutes };
}
