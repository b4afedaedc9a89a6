import { carryOver } from "../../transform/journal-carry.ts";
import { type DepartureCertificate, removeDeparted } from "../clocks/departures.ts";
import { DEPARTED_YEARS, SILENT_YEARS } from "../clocks/due.ts";
import { forgetSilent } from "../clocks/silent-people.ts";
import type { ServiceCommand } from "../command.ts";

/** `roebuck clocks`: the two- and the three-year clock now; the running service does it each night by itself. */
export const clocksCommand: ServiceCommand = {
  name: "clocks",
  summary: "Forget people who were not here for two years, and remove what Partners left behind three years ago.",
  prose: `A running service does this each night after 02:00 UTC. Calendar years: who was last here on 29 February is
forgotten on 1 March. Refusals (withdrawals, objections, restrictions, erasures) stay as a keyed suppression entry.
What a legal hold covers stays where it is. \`roebuck purge\` is the one-year clock.`,
  operands: [],
  flags: [{ name: "dry-run", prose: "Count what would go; change nothing." }],
  on: "service",
  async run(service, args, io) {
    const dryRun = args.switches.has("dry-run");
    const silent = await forgetSilent(service, { dryRun }, io.actor);
    const would = dryRun ? "would be " : "";
    io.line(
      `Last here on ${silent.lastDay} or before (${SILENT_YEARS} years): ${silent.forgotten} people's choices ${would}forgotten, ${silent.lastDays} last days ${would}removed.`,
    );
    const departures = await removeDeparted(service, { dryRun }, io.actor);
    if (departures.length === 0) io.line(`No Partner left ${DEPARTED_YEARS} years ago and is still here.`);
    for (const certificate of departures) io.line(toDepartureLine(certificate));
    const forgotten = silent.forgotten + departures.reduce((sum, one) => sum + (one.held ? 0 : one.forgotten), 0);
    if (!dryRun && forgotten > 0) {
      const { removed } = await carryOver(service.log, service.followed, service.clock.nowMs());
      io.line(`The journal begins anew; ${removed} older entries left the disk.`);
    }
    if (dryRun) io.line("Dry run: nothing was changed.");
    return 0;
  },
};

/** One Partner's removal in words. Pure. */
function toDepartureLine({ id, partner, dryRun, held, dueMs, rows, forgotten }: DepartureCertificate): string {
  const due = new Date(dueMs).toISOString().slice(0, 10);
  if (held) return `Partner "${partner}" was due on ${due}: a legal hold keeps everything of it.`;
  const total = Object.values(rows).reduce((sum, count) => sum + count, 0);
  const tables = Object.entries(rows).map(([table, count]) => `${table} ${count.toLocaleString("en-GB")}`);
  const what = `${total.toLocaleString("en-GB")} rows${tables.length === 0 ? "" : ` (${tables.join(", ")})`}, ${forgotten} people's choices and its salt`;
  if (dryRun) return `Partner "${partner}" was due on ${due}: ${what} would go.`;
  return `Partner "${partner}" was due on ${due}: ${what} are gone. Certificate ${id}.`;
}
