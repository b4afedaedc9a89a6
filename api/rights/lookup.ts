import type { EpochMs } from "../../schemas/ids.ts";
import type { PersonChoices } from "../../schemas/journal.ts";
import type { CommandIo } from "../command-io.ts";
import { type ActKind, beginAct, endAct, type RightsAsked } from "./act.ts";
import { type HeldSummary, readHeldSummaries } from "./held-data.ts";
import { toPersonPseudonyms } from "./people.ts";
import { openPersonSet } from "./person-set.ts";
import type { RightsService } from "./refusal.ts";

/** What is held about one person. */
export interface HeldPerson {
  readonly tables: readonly Omit<HeldSummary, "person">[];
  /** What they have chosen, or what was decided about them; absent if nothing was. */
  readonly choices?: PersonChoices;
}

/** The answer to a look-up: one entry for each user id, in the order in which they were given. */
export interface LookupReport {
  readonly request: string;
  readonly people: readonly HeldPerson[];
}

const LOOKUP: ActKind = { action: "subject.lookup", what: "look up", answers: "access" };

/**
 * Says what is held about people: rows by table with their first and last day, and their choices. A request that is
 * opened for it is closed at once; one that was named stays open, because looking is no answer.
 *
 * @throws RightsRefused without the Partner's instruction
 * @throws WarehouseUnavailable, WarehouseRefused, CommandError
 */
export async function lookUpPeople(
  service: RightsService,
  asked: RightsAsked,
  actor: string,
  io: Pick<CommandIo, "progress" | "signal">,
): Promise<LookupReport> {
  const begun = await beginAct(service, asked, LOOKUP, actor);
  await service.drain(io);
  const choices = service.journal().people;
  const pseudonyms = await toPersonPseudonyms(service.keyFiles.pseudonymKeys(), begun.people, choices);
  await using set = await openPersonSet(service.warehouse, pseudonyms, service.clock.nowMs());
  const byPerson = Map.groupBy(await readHeldSummaries(service.warehouse, set), ({ person }) => person);
  await set.requireWhole();
  const people = begun.people.map(({ ref }, person): HeldPerson => {
    const tables = (byPerson.get(person) ?? []).map(({ person: _, ...summary }) => summary);
    const known = choices.get(ref);
    return { tables, ...(known === undefined ? {} : { choices: known }) };
  });
  if (begun.isNew)
    await endAct(service, begun, LOOKUP, { schema: "roebuck.lookup/1", people: people.length, by: actor });
  return { request: begun.request.id, people };
}

/** One person of a look-up in words, a line each. Pure. */
export function toLookupLines({ tables, choices }: HeldPerson): readonly string[] {
  const lines = tables.map(
    ({ table, rows, firstDay, lastDay }) =>
      `${table}: ${rows} ${rows === 1 ? "row" : "rows"}, ${firstDay === lastDay ? `on ${firstDay}` : `${firstDay} to ${lastDay}`}`,
  );
  if (choices !== undefined) lines.push(...toChoiceLines(choices));
  return lines.length === 0 ? ["nothing is held"] : lines;
}

/** A person's choices in words, a line each. Pure. */
export function toChoiceLines(choices: PersonChoices): readonly string[] {
  return [
    ...choices.consents.map(
      ({ purpose, granted, atMs, wording, source }) =>
        `consent to ${purpose} ${granted ? "granted" : "withdrawn"} ${toTime(atMs)}, wording ${wording}, by ${source}`,
    ),
    ...[...choices.objections].map(([purpose, atMs]) => `objection to ${purpose} since ${toTime(atMs)}`),
    ...(choices.restricted ? [`processing restricted since ${toTime(choices.restrictedMs)}`] : []),
    ...choices.rectifications.map(
      ({ atMs, change }) => `rectified ${toTime(atMs)}: ${Object.keys(change).join(", ").replace("moveTo", "Partner")}`,
    ),
    ...[...choices.removals].map(([purpose, atMs]) => `${purpose} removed up to ${toTime(atMs)}`),
    ...(choices.erasedMs === undefined ? [] : [`erased up to ${toTime(choices.erasedMs)}`]),
    ...(choices.forgottenMs === undefined ? [] : [`forgotten after two years, ${toTime(choices.forgottenMs)}`]),
  ];
}

function toTime(ms: EpochMs | undefined): string {
  return ms === undefined ? "an unknown time" : new Date(ms).toISOString().replace(".000Z", "Z");
}
