import type { EpochMs } from "../schemas/ids.ts";
import type { Decision, JournalPerson, JournalState, PersonChoices } from "../schemas/journal.ts";
import type { Log } from "../schemas/ports.ts";
import type { FollowedJournal } from "./journal-follow.ts";
import { appendEntries } from "./journal-write.ts";

const DAY_MS = 86_400_000;

/** How long choices from before an erasure are still needed: a restored backup holds rows under the pseudonyms of their grants. */
export const ERASED_CONSENTS_KEPT_MS = 35 * DAY_MS;

/** What a carry-over did. */
export interface CarryOverReport {
  /** Whether a new beginning was written; `false`: others wrote meanwhile, the next run tries again. */
  readonly carried: boolean;
  /** Older records that left the log. */
  readonly removed: number;
}

/**
 * Begins the journal anew with what still holds, and removes what stood before: what is no longer needed of a person's
 * choices leaves the disk. A carry-over that was cut off, or written into, counts as not written.
 *
 * @throws LogUnavailable if the log is away; running it again finishes
 */
export async function carryOver(
  log: Pick<Log, "append" | "truncate">,
  journal: FollowedJournal,
  nowMs: EpochMs,
): Promise<CarryOverReport> {
  await journal.caughtUp();
  const { count, hash } = journal.head();
  if (count === 0) return { carried: false, removed: 0 };
  const decisions: readonly Decision[] = [
    { kind: "carried", atMs: nowMs, count, head: hash },
    ...toCarried(journal.state(), nowMs),
    { kind: "carried_end", atMs: nowMs },
  ];
  const written = await appendEntries(log, journal, journal.toEntries(decisions, true));
  return { carried: written === decisions.length, removed: await removeCarried(log, journal) };
}

/** Removes what stands before the last carry-over that holds; for one that was cut off after its end was written. Answers how many. */
export async function removeCarried(log: Pick<Log, "truncate">, journal: FollowedJournal): Promise<number> {
  const place = journal.carriedAt();
  return place === undefined ? 0 : log.truncate("journal", place.partition, place.offset);
}

/** The decisions that restate what holds. Choices from before an erasure are left out once no backup can need them. Pure. */
export function toCarried(state: JournalState, nowMs: EpochMs): readonly Decision[] {
  const decidedMs = (name: string) => state.decidedMs.get(name) ?? nowMs;
  return [
    ...[...state.partners.values()].map((partner): Decision => {
      return { kind: "partner", atMs: decidedMs(`partner ${partner.id}`), partner };
    }),
    ...[...state.instructions].flatMap(([partner, scopes]) =>
      [...scopes].map(([scope, reference]): Decision => {
        const atMs = decidedMs(`instruction ${partner} ${scope}`);
        return { kind: "instruction", atMs, partner, scope, on: true, reference };
      }),
    ),
    ...[...state.holds.values()].map(({ id, partner, sinceMs, reference }): Decision => {
      const whose = partner === undefined ? {} : { partner };
      return { kind: "hold", atMs: sinceMs, id, on: true, reference, ...whose };
    }),
    ...state.keyEvents,
    ...[...state.people].flatMap(([ref, choices]) => toCarriedPerson({ ref, ptn: choices.ptn }, choices, nowMs)),
  ];
}

function toCarriedPerson(person: JournalPerson, choices: PersonChoices, nowMs: EpochMs): readonly Decision[] {
  const { consents, objections, restrictedMs, erasedMs, removals, forgottenMs, rectifications } = choices;
  const isSettled = erasedMs !== undefined && erasedMs + ERASED_CONSENTS_KEPT_MS <= nowMs;
  const isNeeded = (one: { readonly atMs: EpochMs }) => !isSettled || one.atMs > erasedMs;
  return [
    // First, because it takes nothing away that is here still.
    ...(forgottenMs === undefined ? [] : [{ kind: "forgotten", ...person, atMs: forgottenMs } as const]),
    ...consents.filter(isNeeded).map((change): Decision => ({ kind: "consent", ...person, ...change })),
    ...[...objections].map(([purpose, atMs]): Decision => ({ kind: "objection", ...person, atMs, purpose, on: true })),
    ...rectifications.filter(isNeeded).map((one): Decision => ({ kind: "rectification", ...person, ...one })),
    ...(restrictedMs === undefined ? [] : [{ kind: "restriction", ...person, atMs: restrictedMs, on: true } as const]),
    ...[...removals].map(([purpose, atMs]): Decision => ({ kind: "removal", ...person, atMs, purpose })),
    ...(erasedMs === undefined ? [] : [{ kind: "erasure", ...person, atMs: erasedMs } as const]),
  ];
}
