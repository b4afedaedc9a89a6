import { maskId, maskText } from "../../ingest/mask.ts";
import { LENGTHS } from "../../ingest/minimise.ts";
import { toSubjectRef } from "../../ingest/seal.ts";
import type { Decision, JournalPerson, Rectification } from "../../schemas/journal.ts";
import type { CommandIo } from "../command-io.ts";
import { type ActKind, beginAct, endAct, type RightsAsked } from "./act.ts";
import { refuseOnCluster } from "./cluster-refusal.ts";
import { type RightsPerson, refuseUnderHold } from "./people.ts";
import { applyRectifications } from "./rectify-rows.ts";
import { RightsRefused, type RightsService, withRefusalsNoted } from "./refusal.ts";
import { type RestatedRecord, restateDue } from "./restate.ts";

/** What is to be corrected; at least one part. */
export interface AskedCorrection {
  /** Department of all stored rows; empty: none. */
  readonly dept?: string;
  /** The rows belong to the same user id at this Partner. */
  readonly moveTo?: string;
  /** Uses of one resource were uses of another. */
  readonly resource?: { readonly from: string; readonly to: string };
}

/** What a rectification came to. */
export interface RectificationReport {
  readonly schema: "roebuck.rectification/1";
  readonly request: string;
  readonly people: number;
  /** Which parts were corrected: `dept`, `partner`, `resource`. */
  readonly corrected: readonly string[];
  readonly rows: number;
  readonly at: string;
  readonly by: string;
  readonly records: readonly RestatedRecord[];
}

const RECTIFY: ActKind = { action: "subject.rectify", what: "rectify the rows of", answers: "rectification" };
/** Longest department name kept, characters: as in a token. */
const DEPT_LENGTH_MAX = 120;

/**
 * Corrects what is stored about people up to now: department, the Partner that rows belong to, a resource. What the
 * person does from now on says what the site's token says. Closed records that change are counted again.
 *
 * @throws RightsRefused without the instruction of each Partner that it touches, or on a ClickHouse cluster; a move also
 * under a legal hold
 * @throws LogUnavailable, WarehouseUnavailable, WarehouseRefused, CommandError: give it again
 * @see GDPR Art. 16
 */
export async function rectifyPeople(
  service: RightsService,
  asked: RightsAsked & { readonly correction: AskedCorrection },
  actor: string,
  io: Pick<CommandIo, "progress" | "signal">,
): Promise<RectificationReport> {
  const { correction, people: given } = asked;
  const { moveTo } = correction;
  const tried = { actor, action: RECTIFY.action, request: asked.request, partner: given.partner };
  await withRefusalsNoted(service, tried, () => refuseImpossible(service, asked, correction));
  const kind: ActKind =
    moveTo === undefined ? RECTIFY : { ...RECTIFY, alsoAbout: [{ acct: "partner", partner: moveTo }] };
  const begun = await beginAct(service, asked, kind, actor);
  const { people, request } = begun;
  // What was received before is corrected, too.
  await service.drain(io);
  const atMs = service.clock.nowMs();
  await service.decide(
    people.flatMap((person, index) => toDecisions(service, person, given.subs[index] ?? "", correction, atMs)),
  );
  const rows = await applyRectifications(service, new Set(people.map(({ ref }) => ref)));
  const records = await restateDue(service, io);
  const report: RectificationReport = {
    schema: "roebuck.rectification/1",
    request: request.id,
    people: people.length,
    corrected: [
      ...(correction.dept === undefined ? [] : ["dept"]),
      ...(moveTo === undefined ? [] : ["partner"]),
      ...(correction.resource === undefined ? [] : ["resource"]),
    ],
    rows,
    at: new Date(atMs).toISOString(),
    by: actor,
    records,
  };
  await endAct(service, begun, kind, report);
  return report;
}

function refuseImpossible(
  service: RightsService,
  { people }: RightsAsked,
  { dept, moveTo, resource }: AskedCorrection,
): void {
  refuseOnCluster(service.settings, "rectify people's rows");
  if (dept === undefined && moveTo === undefined && resource === undefined) {
    throw new RightsRefused("not_possible", "Cannot rectify: say what, by --dept, --move-to or --resource.");
  }
  if (moveTo === undefined) return;
  if (people.acct !== "partner" || moveTo === people.partner) {
    throw new RightsRefused(
      "not_possible",
      `Cannot move rows to "${moveTo}": only rows of one Partner's people can be moved, and only to another Partner.`,
    );
  }
  for (const partner of [people.partner, moveTo]) refuseUnderHold(service.journal(), partner, "move the rows of");
}

/** The decisions of one person. With the rows go the choices that they were kept under, so that they are found there. */
function toDecisions(
  service: RightsService,
  person: RightsPerson,
  sub: string,
  { dept, moveTo, resource }: AskedCorrection,
  atMs: ReturnType<RightsService["clock"]["nowMs"]>,
): readonly Decision[] {
  const { ref, ptn } = person;
  const decisions: Decision[] = [];
  const rectify = (change: Rectification) => decisions.push({ kind: "rectification", atMs, ref, ptn, change });
  if (dept !== undefined) rectify({ dept: maskText(dept, DEPT_LENGTH_MAX) });
  // Masked as a beacon's are, so that no correction writes what a beacon could not.
  if (resource !== undefined) {
    const [from, to] = [resource.from, resource.to].map((id) => maskId(id, LENGTHS.id));
    rectify({ resource: { from: from ?? "", to: to ?? "" } });
  }
  if (moveTo !== undefined) {
    const { sealKey } = service.keyFiles.collectorKeys();
    const to: JournalPerson = { ref: toSubjectRef(sealKey, "partner", moveTo, sub), ptn: moveTo };
    const choices = service.journal().people.get(ref);
    for (const consent of choices?.consents ?? []) decisions.push({ kind: "consent", ...to, ...consent });
    if (choices?.restricted === true) decisions.push({ kind: "restriction", atMs, ...to, on: true });
    rectify({ moveTo: to });
  }
  return decisions;
}
