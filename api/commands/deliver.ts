import type { ClosedVersion } from "../../reporting/deliver-plan.ts";
import { type Month, parseMonth } from "../../schemas/ids.ts";
import type { ServiceCommand } from "../command.ts";
import { CommandError, type CommandIo, UsageError } from "../command-io.ts";
import { type Delivery, deliver, readDeliveries } from "../delivery/deliver.ts";
import { type Lease, takeLease } from "../lease.ts";
import { REPORTER_LEASE } from "../reporter.ts";
import type { Service } from "../service.ts";
import { toTable } from "../table.ts";

/** The reporter may be at a mail or two; a close or a backup takes longer. */
const WAIT_MS_MAX = 20_000;
const POLL_MS = 500;

/** `roebuck deliver MONTH`: mails the records of a closed month to the Link Officers who have not had them. */
export const deliverCommand: ServiceCommand = {
  name: "deliver",
  summary: "Mail the records of a closed month to the Link Officers who have not had them.",
  prose: `A service that closes months by itself delivers them, too; this is for months that it did not close, and for what was
refused or failed, which is tried again now. Each officer gets each version once: nothing is sent twice by asking twice.
A month that was closed before its end is not delivered. The exit code is 1 if somebody has not got theirs.`,
  operands: [{ name: "MONTH", prose: "yyyy-mm, a closed month" }],
  flags: [
    { name: "partner", value: "ID", prose: "Only this Partner." },
    { name: "dry-run", prose: "Show who would get what, and what happened so far; send nothing." },
  ],
  on: "service",
  async run(service, args, io) {
    const month = parseMonth(args.operands.MONTH ?? "");
    if (month === undefined)
      throw new UsageError(`Cannot deliver "${args.operands.MONTH}": a month is yyyy-mm, with mm from 01 to 12.`);
    const partner = args.flags.partner;
    const order = { month, ...(partner === undefined ? {} : { partner }) };
    const before = await readDeliveries(service, order);
    warnOf(before, month, partner, io);
    if (args.switches.has("dry-run")) {
      showDeliveries(before.deliveries, "would be sent", io);
      io.line("Dry run: nothing was sent.");
      return 0;
    }
    await using lease = await waitForLease(service, io.signal);
    const report = await deliver(service, order, io.actor, { lease, signal: io.signal });
    showDeliveries((await readDeliveries(service, order)).deliveries, "not sent", io);
    io.line(`${report.sent} sent, ${report.refused} refused, ${report.failed} failed, ${report.left} left.`);
    if (report.left > 0) io.warn("The mail server takes nothing now; the same command goes on with what is left.");
    return report.refused + report.failed + report.left === 0 ? 0 : 1;
  },
};

/** Says why somebody gets nothing; throws CommandError if nobody could. */
function warnOf(
  { deliveries, versions }: { readonly deliveries: readonly Delivery[]; readonly versions: readonly ClosedVersion[] },
  month: Month,
  partner: string | undefined,
  io: CommandIo,
): void {
  if (versions.length === 0) {
    const whose = partner === undefined ? "no Partner has" : "that Partner has none; is its id right, and has it";
    throw new CommandError(`Cannot deliver ${month}: ${whose} a record of it. Run: roebuck close ${month}`);
  }
  for (const one of versions) {
    if (one.isProvisional)
      io.warn(
        `Partner "${one.partner}": ${month} was closed before it was over. Run, once it is: roebuck close ${month}`,
      );
    else if (!deliveries.some((delivery) => delivery.partner === one.partner))
      io.warn(
        `Partner "${one.partner}": no Link Officer is on file. Name one in the file of \`roebuck partners import\`.`,
      );
  }
}

async function waitForLease({ warehouse }: Service, signal: AbortSignal): Promise<Lease> {
  for (const untilMs = performance.now() + WAIT_MS_MAX; ; ) {
    const lease = await takeLease(warehouse, REPORTER_LEASE);
    if (lease !== undefined) return lease;
    if (performance.now() > untilMs || signal.aborted)
      throw new CommandError(
        "Cannot deliver now: the reporter is at a close, a delivery or the work of the night. Wait until `roebuck runs` shows its end, then run this again.",
      );
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function showDeliveries(deliveries: readonly Delivery[], dueWords: string, io: CommandIo): void {
  if (deliveries.length === 0) return;
  const rows = deliveries
    .toSorted((a, b) => (a.partner === b.partner ? (a.email < b.email ? -1 : 1) : a.partner < b.partner ? -1 : 1))
    .map((one) => [one.partner, String(one.version), one.email, one.delivery, toStateWords(one, dueWords)]);
  for (const line of toTable(["Partner", "Version", "Link Officer", "As", "State"], rows)) io.line(line);
}

function toStateWords({ state, lastMs, nextMs, reason }: Delivery, dueWords: string): string {
  const toMinute = (ms: number) => new Date(ms).toISOString().slice(0, 16).replace("T", " ");
  switch (state) {
    case "sent":
      return `sent ${toMinute(lastMs)}`;
    case "refused":
      return `refused: ${reason}`;
    case "waiting":
      return `again at ${toMinute(nextMs)}: ${reason}`;
    case "given up":
    case "due":
      return reason === "" ? dueWords : `${dueWords}; last: ${reason}`;
  }
}
