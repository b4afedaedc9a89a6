import { toMonthSpan } from "../reporting/month.ts";
import { type PersonRecord, toPersonRecord } from "../reporting/person-record.ts";
import { DOUBLE_CLICK_MS_MAX, VISIT_GAP_MS_MAX } from "../reporting/snapshot.ts";
import type { Month } from "../schemas/ids.ts";
import { toPeople, toPersonPseudonyms } from "./rights/people.ts";
import { openPersonSet, type PersonSet, toSetParameters, toSetRows } from "./rights/person-set.ts";
import type { RightsService } from "./rights/refusal.ts";

const NOT_RESTRICTED = "(source.partner, source.pseudonym) NOT IN (SELECT partner, pseudonym FROM restricted)";

/**
 * One person's own record of a month. Only engagement and attended events are read, within the month alone. Somebody who was
 * not here, is not known, has objected or whose processing is restricted has a record of nothing: which of these it is
 * is nobody's business.
 *
 * Whoever calls has made sure of the Partner's instruction.
 *
 * @throws WarehouseUnavailable, WarehouseRefused
 * @see GDPR Art. 18, 21, 28(3)(a)
 */
export async function readPersonRecord(
  service: RightsService,
  { partner, sub, month }: { readonly partner: string; readonly sub: string; readonly month: Month },
): Promise<PersonRecord> {
  const zone = service.journal().partners.get(partner)?.zone ?? service.settings.defaultZone;
  const { attendedMinutesMin } = service.settings;
  const count = (rows: Rows) => toPersonRecord({ month, zone }, rows.actions, rows.attendances, attendedMinutesMin);
  const people = toPeople(service, { acct: "partner", partner, subs: [sub] });
  const choices = service.journal().people;
  const own = people[0] === undefined ? undefined : choices.get(people[0].ref);
  if (own?.restricted === true || own?.objections.has("engagement") === true)
    return count({ actions: [], attendances: [] });
  const pseudonyms = await toPersonPseudonyms(service.keyFiles.pseudonymKeys(), people, choices);
  await using set = await openPersonSet(service.warehouse, pseudonyms, service.clock.nowMs());
  const { beginMs, endMs } = toMonthSpan(month, zone);
  const rows = await readRows(service, set, beginMs - VISIT_GAP_MS_MAX, endMs + DOUBLE_CLICK_MS_MAX);
  await set.requireWhole();
  return count(rows);
}

interface Rows {
  readonly actions: Parameters<typeof toPersonRecord>[1];
  readonly attendances: Parameters<typeof toPersonRecord>[2];
}

/** Each event once, by its earliest copy; an attendance with the most minutes that were told of it. */
async function readRows({ warehouse }: RightsService, set: PersonSet, firstMs: number, lastMs: number): Promise<Rows> {
  const parameters = { ...toSetParameters(set), first: firstMs, last: lastMs };
  const within = "HAVING at_ms >= {first:Int64} AND at_ms <= {last:Int64}";
  type Action = { id: string; at_ms: string; type: string; site: string; path: string; resource: string; full: number };
  const actions = await warehouse.rows<Action>({
    sql: `SELECT toString(source.event_id) AS id, min(toUnixTimestamp64Milli(source.at)) AS at_ms,
            argMin(source.type, source.at) AS type, argMin(source.site, source.at) AS site,
            argMin(source.path, source.at) AS path, argMin(source.resource, source.at) AS resource,
            argMin(source.full, source.at) AS full
          ${toSetRows("engagement")} AND ${NOT_RESTRICTED} GROUP BY source.event_id ${within}`,
    parameters,
  });
  const attendances = await warehouse.rows<{ event: string; at_ms: string; minutes: number }>({
    sql: `SELECT argMin(source.event, source.at) AS event, min(toUnixTimestamp64Milli(source.at)) AS at_ms,
            max(source.minutes) AS minutes
          ${toSetRows("attendance")} AND ${NOT_RESTRICTED} GROUP BY source.event_id ${within}`,
    parameters,
  });
  return {
    actions: actions.map(({ at_ms, full, ...row }) => ({ ...row, atMs: Number(at_ms), full: full === 1 })),
    attendances: attendances.map(({ at_ms, ...row }) => ({ ...row, atMs: Number(at_ms) })),
  };
}
