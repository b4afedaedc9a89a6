import { randomBytes } from "node:crypto";
import type { LegalHold } from "../../schemas/journal.ts";
import { writeAudit } from "../audit.ts";
import { CommandError } from "../command-io.ts";
import { toRemark } from "../remark.ts";
import type { Service } from "../service.ts";

/** What holds need of the service. */
export type HoldService = Pick<Service, "warehouse" | "clock" | "journal" | "decide">;

const REFERENCE_LENGTH_MAX = 120;

/** What a hold is asked for with. */
export interface HoldRequest {
  /** Absent: everyone's rows. */
  readonly partner?: string;
  /** Where the order is filed; never who it is about. */
  readonly reference: string;
}

/**
 * Puts a legal hold on: until it is released no clock deletes what it covers. Rows whose year is over move to the table
 * `held`, which no report reads.
 *
 * @throws CommandError if the Partner is not on file or the reference is empty or too long
 * @throws WarehouseUnavailable, WarehouseRefused, LogUnavailable
 * @see GDPR Art. 17(3)(e), 18(1)(c)
 */
export async function setHold(
  service: HoldService,
  { partner, reference }: HoldRequest,
  actor: string,
): Promise<LegalHold> {
  const { clock, journal, decide } = service;
  const filed = toRemark(reference);
  if (filed === "" || filed.length > REFERENCE_LENGTH_MAX) {
    throw new CommandError(
      `Cannot set a hold with the reference "${filed.slice(0, 40)}": it must have 1 to ${REFERENCE_LENGTH_MAX} characters and say where the order is filed.`,
    );
  }
  if (partner !== undefined && !journal().partners.has(partner)) {
    throw new CommandError(
      `Cannot set a hold on Partner "${partner}": no Partner of that id is on file. \`roebuck partners import FILE.csv\` imports them; without --partner the hold covers everyone.`,
    );
  }
  const id = toHoldId(journal().holds, clock.nowMs());
  const scope = partner === undefined ? {} : { partner };
  await writeAudit(service, {
    actor,
    action: "hold.set",
    subject: partner ?? "everyone",
    detail: { id, reference: filed },
  });
  const atMs = clock.nowMs();
  await decide([{ kind: "hold", atMs, id, on: true, reference: filed, ...scope }]);
  return { id, sinceMs: atMs, reference: filed, ...scope };
}

/**
 * Takes a hold off. What only it kept beyond its time goes with the next purge.
 *
 * @throws CommandError if no hold of that id is on
 * @throws WarehouseUnavailable, WarehouseRefused, LogUnavailable
 */
export async function releaseHold(service: HoldService, id: string, actor: string): Promise<LegalHold> {
  const { clock, journal, decide } = service;
  const hold = journal().holds.get(id);
  if (hold === undefined) {
    throw new CommandError(
      `Cannot release the hold "${id}": no hold of that id is on. \`roebuck hold list\` lists them.`,
    );
  }
  const { partner, reference } = hold;
  await writeAudit(service, {
    actor,
    action: "hold.release",
    subject: partner ?? "everyone",
    detail: { id, reference },
  });
  const scope = partner === undefined ? {} : { partner };
  await decide([{ kind: "hold", atMs: clock.nowMs(), id, on: false, reference, ...scope }]);
  return hold;
}

/** A name that an operator can say on the telephone, `hold-20261124-3f2a`. By chance, so that two set at once are two. */
function toHoldId(holds: ReadonlyMap<string, LegalHold>, nowMs: number): string {
  const day = new Date(nowMs).toISOString().slice(0, 10).replaceAll("-", "");
  for (;;) {
    const id = `hold-${day}-${randomBytes(2).toString("hex")}`;
    if (!holds.has(id)) return id;
  }
}
