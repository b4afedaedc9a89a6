import type { EpochMs, Month } from "../schemas/ids.ts";
import type { RecordPartner } from "../schemas/record.ts";
import { isZone } from "../schemas/zone.ts";
import { toMonthSpan } from "./month.ts";
import type { PartnerSpan } from "./snapshot.ts";

const DAY_MS = 86_400_000;
/** Rows that one snapshot may hold (some 600 MB), so that memory does not grow with the month. One Partner is never divided. */
const SNAPSHOT_ROWS_MAX = 2_000_000;

/** A month that cannot be closed now. The message says what is needed. */
export class CloseRefused extends Error {
  override readonly name = "CloseRefused";
}

/** A Partner as the `partners` table has it. */
export interface PartnerOnFile {
  readonly id: string;
  readonly name: string;
  readonly peer_group: string;
  readonly seats: number | null;
  /** As decimal text; both as last imported. */
  readonly fee: string | null;
  readonly currency: string;
  readonly zone: string;
  readonly contract_start: string | null;
  readonly contract_end: string | null;
}

/** A Partner that a close may have to count. */
export interface PlannedPartner extends PartnerSpan {
  readonly details: RecordPartner;
  /** The contract overlaps the month: there is a record even if nothing happened. */
  readonly isDue: boolean;
  /** The month is over in the Partner's zone. */
  readonly isOver: boolean;
}

/** What a close needs to know to choose. */
export interface CloseFacts {
  readonly month: Month;
  readonly nowMs: EpochMs;
  readonly partners: readonly PartnerOnFile[];
  /** Only these, if given. */
  readonly only?: readonly string[];
  readonly defaultZone: string;
  readonly retentionDays: number;
}

/**
 * Chooses the Partners of a close and checks that the month can be counted whole. Pure.
 *
 * A month that is not over may be closed: what comes later makes the next version. One whose first rows may have
 * been purged may not: its figures could only shrink.
 *
 * Throws {@link CloseRefused} if the month has begun nowhere, has passed out of retention, or names an unknown
 * Partner or zone.
 */
export function planClose(facts: CloseFacts): readonly PlannedPartner[] {
  const { month, nowMs, only } = facts;
  const missing = only?.find((id) => !facts.partners.some((partner) => partner.id === id));
  if (missing !== undefined)
    throw new CloseRefused(`Cannot close ${month} for Partner "${missing}": it must be on file; import it first`);
  const chosen = facts.partners
    .filter(({ id }) => only === undefined || only.includes(id))
    .map((partner) => toPlanned(partner, facts));
  const begun = chosen.filter(({ span }) => span.beginMs <= nowMs);
  const [first] = chosen.toSorted((a, b) => a.span.beginMs - b.span.beginMs);
  if (first !== undefined && begun.length === 0) {
    const begins = new Date(first.span.beginMs).toISOString();
    throw new CloseRefused(
      `Cannot close ${month}: it has not begun in ${first.zone}; a month can be closed from its first moment, there ${begins}`,
    );
  }
  for (const { span } of begun) refuseExpired(facts, span.beginMs);
  return begun;
}

/** The purge drops whole UTC days, up to a day before their time, and a visit may begin in the day before. */
function refuseExpired({ month, nowMs, retentionDays }: CloseFacts, beginMs: EpochMs): void {
  const keptFromMs = nowMs - (retentionDays - 1) * DAY_MS;
  if (beginMs - DAY_MS >= keptFromMs) return;
  throw new CloseRefused(
    `Cannot close ${month}: its first rows are older than ${retentionDays} days and may be purged; its closed versions stay as they are`,
  );
}

function toPlanned(partner: PartnerOnFile, { month, nowMs, defaultZone }: CloseFacts): PlannedPartner {
  const { id, name, peer_group: group, seats, currency, contract_start, contract_end } = partner;
  const fee = partner.fee === null ? null : Number(partner.fee);
  const zone = partner.zone === "" ? defaultZone : partner.zone;
  if (!isZone(zone))
    throw new CloseRefused(`Cannot close ${month} for Partner "${id}": its zone "${zone}" must be an IANA zone`);
  const span = toMonthSpan(month, zone);
  return {
    id,
    zone,
    span,
    details: { id, name, group, seats, fee, currency, zone, contract_start, contract_end },
    isDue: (contract_start ?? "") <= span.lastDay && (contract_end ?? "9999-12-31") >= span.firstDay,
    isOver: span.endMs <= nowMs,
  };
}

/**
 * Divides Partners into groups that are counted from one snapshot each, by their rows. Pure.
 *
 * @param rows rows around the month by Partner id; absent means none
 */
export function planSnapshots<Partner extends { readonly id: string }>(
  partners: readonly Partner[],
  rows: ReadonlyMap<string, number>,
  rowsMax: number = SNAPSHOT_ROWS_MAX,
): readonly (readonly Partner[])[] {
  const groups: Partner[][] = [];
  let sum = Number.POSITIVE_INFINITY;
  for (const partner of partners) {
    const count = rows.get(partner.id) ?? 0;
    if (sum + count > rowsMax) {
      groups.push([]);
      sum = 0;
    }
    groups.at(-1)?.push(partner);
    sum += count;
  }
  return groups;
}
