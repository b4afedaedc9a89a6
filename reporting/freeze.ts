import type { Figures } from "../schemas/figures.ts";
import { type Month, toMonthOffset, toStoreTime } from "../schemas/ids.ts";
import type { Warehouse } from "../schemas/ports.ts";
import { type FrozenBody, hasChanged, parseBody, toBodyText } from "./frozen.ts";
import { readQuery } from "./query-files.ts";
import type { CloseRun } from "./snapshot.ts";

/** Records inserted at once: some ten kilobytes each. */
const RECORDS_PER_INSERT_MAX = 250;
const FIRST_REASON = "first close";
const LATER_REASON = "late data";
const OVER_REASON = "the month is over";

/** One Partner in the report of a close. */
export interface ClosedPartner {
  readonly partner: string;
  readonly version: number;
  /** False if nothing had changed since the version was made. */
  readonly changed: boolean;
  readonly figures: Figures;
}

/** What was frozen before, as far as a new version has to heed it. */
export interface Frozen {
  /** Versions of the month, oldest first. */
  readonly versions: readonly { readonly version: number; readonly body: FrozenBody }[];
  /** The latest version of the month before. */
  readonly previousMonth: FrozenBody | undefined;
}

/** Nothing was frozen before. */
export const NOTHING_FROZEN: Frozen = { versions: [], previousMonth: undefined };

/**
 * What was frozen for Partners, by id.
 *
 * @param partners in the order of their ids
 * @throws WarehouseUnavailable, WarehouseRefused; Error if a stored row is none of ours
 */
export async function readFrozen(
  warehouse: Warehouse,
  month: Month,
  partners: readonly string[],
): Promise<ReadonlyMap<string, Frozen>> {
  const rows = await warehouse.rows<{ partner: string; month: string; version: number; body: string }>({
    sql: readQuery("versions"),
    parameters: {
      month,
      previous_month: toMonthOffset(month, -1),
      from: partners[0] ?? "",
      to: partners.at(-1) ?? "",
    },
  });
  const groups = Map.groupBy(rows, ({ partner }) => partner);
  return new Map(
    [...groups].map(([partner, some]) => {
      const previous = some.findLast((row) => row.month !== month);
      const versions = some
        .filter((row) => row.month === month)
        .map(({ version, body }) => ({ version, body: parseBody(body) }));
      return [partner, { versions, previousMonth: previous === undefined ? undefined : parseBody(previous.body) }];
    }),
  );
}

/**
 * Stores what differs from the latest version as the next one. Repeating it stores the same rows again, which are one.
 *
 * @param close.reason printed on versions after the first
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function freeze(
  warehouse: Warehouse,
  close: { readonly month: Month; readonly run: CloseRun; readonly reason: string | undefined },
  bodies: readonly FrozenBody[],
  frozen: ReadonlyMap<string, Frozen>,
): Promise<readonly ClosedPartner[]> {
  const outcomes = bodies.map((body) => {
    const last = frozen.get(body.partner.id)?.versions.at(-1);
    const changed = last === undefined || hasChanged(last.body, body);
    const reason = last === undefined ? FIRST_REASON : (close.reason ?? toReason(last.body, body));
    return { body, changed, reason, version: (last?.version ?? 0) + (changed ? 1 : 0) };
  });
  const rows = outcomes
    .filter(({ changed }) => changed)
    .map(({ body, version, reason }) => ({
      partner: body.partner.id,
      month: close.month,
      version,
      reason,
      closed_at: toStoreTime(close.run.startedMs),
      body: toBodyText(body),
    }));
  for (let at = 0; at < rows.length; at += RECORDS_PER_INSERT_MAX) {
    const some = rows.slice(at, at + RECORDS_PER_INSERT_MAX);
    await warehouse.insertRows("records", some, `close:${close.run.id}:${some[0]?.partner}`);
  }
  return outcomes.map(({ body: { partner, figures }, version, changed }) => ({
    partner: partner.id,
    version,
    changed,
    figures,
  }));
}

function toReason(last: FrozenBody, body: FrozenBody): string {
  return last.completeness.provisional && !body.completeness.provisional ? OVER_REASON : LATER_REASON;
}
