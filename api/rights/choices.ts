import type { Purpose } from "../../schemas/event.ts";
import type { Decision } from "../../schemas/journal.ts";
import type { CommandIo } from "../command-io.ts";
import { removeExportsToOthers } from "../exports/gone-people.ts";
import { type ActKind, beginAct, endAct, type RightsAsked } from "./act.ts";
import { toPersonPseudonyms } from "./people.ts";
import { openPersonSet } from "./person-set.ts";
import type { RightsService } from "./refusal.ts";
import { findAffectedRecords, noteRestatement, type RestatedRecord, restateDue } from "./restate.ts";
import { rebuildRestricted } from "./restricted-table.ts";

/** What a restriction or its end came to. */
export interface RestrictionReport {
  readonly schema: "roebuck.restriction/1";
  readonly request: string;
  readonly on: boolean;
  readonly people: number;
  readonly at: string;
  readonly by: string;
  readonly records: readonly RestatedRecord[];
}

const RESTRICT: ActKind = { action: "subject.restrict", what: "restrict the processing of", answers: "restriction" };
const UNRESTRICT: ActKind = {
  action: "subject.unrestrict",
  what: "lift the restriction of",
  answers: "restriction",
};
const OBJECT: ActKind = { action: "subject.object", what: "note objections of", answers: "objection" };

/**
 * Restricts the processing of people, or lifts the restriction: what is stored stays and is in no figure, view or
 * export to analysts; nothing new is kept. Closed records that count them are counted again without, or with, them.
 *
 * @throws RightsRefused without the Partner's instruction
 * @throws LogUnavailable, WarehouseUnavailable, WarehouseRefused, CommandError: give it again
 * @see GDPR Art. 18
 */
export async function restrictPeople(
  service: RightsService,
  asked: RightsAsked & { readonly on: boolean },
  actor: string,
  io: Pick<CommandIo, "progress" | "signal">,
): Promise<RestrictionReport> {
  const { on } = asked;
  const kind = on ? RESTRICT : UNRESTRICT;
  const begun = await beginAct(service, asked, kind, actor);
  const { people, request } = begun;
  const atMs = service.clock.nowMs();
  await service.decide(people.map(({ ref, ptn }): Decision => ({ kind: "restriction", atMs, ref, ptn, on })));
  // What was received before is stored first: it counts among what is restricted.
  await service.drain(io);
  const keys = service.keyFiles.pseudonymKeys();
  const pseudonyms = await toPersonPseudonyms(keys, people, service.journal().people);
  await using set = await openPersonSet(service.warehouse, pseudonyms, atMs);
  const affected = await findAffectedRecords(service, set);
  await set.requireWhole();
  if (on) removeExportsToOthers(service.settings, new Set(people.map(({ ptn }) => ptn)));
  await noteRestatement(service, on ? "restriction" : "end of a restriction", affected);
  await rebuildRestricted(service);
  const records = await restateDue(service, io);
  const report: RestrictionReport = {
    schema: "roebuck.restriction/1",
    request: request.id,
    on,
    people: people.length,
    at: new Date(atMs).toISOString(),
    by: actor,
    records,
  };
  await endAct(service, begun, kind, report);
  return report;
}

/** What noting objections came to. */
export interface ObjectionReport {
  readonly schema: "roebuck.objection/1";
  readonly request: string;
  readonly purpose: Purpose;
  readonly on: boolean;
  readonly people: number;
  readonly at: string;
  readonly by: string;
}

/**
 * Notes that people object to a purpose, or take it back: nothing of that purpose is kept of them from now on. What was
 * collected before stays; whoever wants it gone asks for erasure.
 *
 * @throws RightsRefused without the Partner's instruction
 * @throws LogUnavailable: give it again
 * @see GDPR Art. 21
 */
export async function objectForPeople(
  service: RightsService,
  asked: RightsAsked & { readonly purpose: Purpose; readonly on: boolean },
  actor: string,
): Promise<ObjectionReport> {
  const { purpose, on } = asked;
  const begun = await beginAct(service, asked, OBJECT, actor);
  const atMs = service.clock.nowMs();
  await service.decide(
    begun.people.map(({ ref, ptn }): Decision => ({ kind: "objection", atMs, ref, ptn, purpose, on })),
  );
  const report: ObjectionReport = {
    schema: "roebuck.objection/1",
    request: begun.request.id,
    purpose,
    on,
    people: begun.people.length,
    at: new Date(atMs).toISOString(),
    by: actor,
  };
  await endAct(service, begun, OBJECT, report);
  return report;
}
