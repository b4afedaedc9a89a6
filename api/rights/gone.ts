import { PURPOSES, type Purpose } from "../../schemas/event.ts";
import { toEpochMs } from "../../schemas/ids.ts";
import type { JournalState } from "../../schemas/journal.ts";
import type { GonePerson } from "../exports/gone-people.ts";
import { toPersonPseudonyms } from "./people.ts";
import { openPersonSet, type PersonSet } from "./person-set.ts";
import type { RightsService } from "./refusal.ts";

/** People of whom something must not be there any more, each up to their own end. */
export interface Gone {
  readonly people: readonly GonePerson[];
  /** Only what was collected for these purposes by consent; everything if absent. */
  readonly purposes?: readonly Purpose[] | undefined;
}

/** What the journal says is gone: erased and forgotten people, and by purpose what was removed. Pure. */
export function toGone({ people }: Pick<JournalState, "people">): readonly Gone[] {
  const whole = [...people].flatMap(([ref, { ptn, erasedMs, forgottenMs }]) => {
    const untilMs = toEpochMs(Math.max(erasedMs ?? -1, forgottenMs ?? -1));
    return untilMs < 0 ? [] : [{ ref, ptn, untilMs }];
  });
  const parts = PURPOSES.map((purpose): Gone => {
    const removed = [...people].flatMap(([ref, { ptn, removals }]) => {
      const untilMs = removals.get(purpose);
      return untilMs === undefined ? [] : [{ ref, ptn, untilMs }];
    });
    return { people: removed, purposes: [purpose] };
  });
  return [{ people: whole }, ...parts].filter((gone) => gone.people.length > 0);
}

/**
 * Puts every pseudonym of these people into the engine's memory, of every key epoch. Where only purposes are gone, those of
 * realms that rest on consent: what a contract covers has another pseudonym and is out of reach.
 *
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function openGoneSet(
  service: RightsService,
  {
    people,
    purposes,
  }: { readonly people: readonly (Omit<GonePerson, "untilMs"> & Partial<GonePerson>)[] } & Omit<Gone, "people">,
): Promise<PersonSet> {
  const keys = service.keyFiles.pseudonymKeys();
  const pseudonyms = await toPersonPseudonyms(keys, people, service.journal().people);
  const members = pseudonyms
    .filter(({ realm }) => purposes === undefined || realm !== "engagement")
    .map(({ person, partner, pseudonym }) => {
      const untilMs = people[person]?.untilMs;
      return { person, partner, pseudonym, ...(untilMs === undefined ? {} : { untilMs }) };
    });
  return openPersonSet(service.warehouse, members, service.clock.nowMs(), purposes);
}
