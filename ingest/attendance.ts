import { WIRE_ATTENDANCE, WIRE_ATTENDANCES, type WireAttendance } from "../schemas/beacon.ts";
import { type Origin, SEALED_VERSION, type SealedBeacon } from "../schemas/event.ts";
import { type EpochMs, type EventId, toEpochMs } from "../schemas/ids.ts";
import { type JournalState, toPartnerStanding } from "../schemas/journal.ts";
import { toDerivedId } from "./derived-id.ts";
import { NO_AGENT } from "./import-line.ts";
import { toAttendedEvent } from "./minimise.ts";
import type { Refusal, RejectedItem } from "./problem.ts";
import { sealPerson } from "./seal.ts";
import { toDetail } from "./wire.ts";

const DAY_MS = 86_400_000;

/** What told attendances are read under. */
export interface AttendanceRules {
  readonly sealKey: Uint8Array;
  readonly journal: JournalState;
  readonly nowMs: EpochMs;
  /** Ids of the registered sites; the first serves whoever names none. */
  readonly sites: readonly string[];
  /** As the transform has it: of a UTC day that is as many days ago, or more, nothing is kept. */
  readonly retentionDays: number;
  readonly futureMinutesMax: number;
  /** Whether the caller may speak for a Partner's people; `""` stands for accounts without a Partner. */
  reaches(partner: string): boolean;
}

/** Attendances for the log, and those that were not taken, by their place in the request. */
export interface ToldAttendances {
  readonly sealed: readonly SealedBeacon[];
  readonly rejected: readonly RejectedItem[];
}

/**
 * Reads the body of `POST /v1/attendance`: each attendance is taken or rejected by itself, because the list of one event
 * has people of many Partners. Refuses if none is left.
 *
 * There is no late limit but the retention: a list of who attended is told when there is one. What is older is rejected
 * at once rather than dropped later, since a server can be told.
 * Pure, never throws.
 *
 * @param body as it was parsed from JSON
 */
export function toToldAttendances(body: unknown, rules: AttendanceRules): ToldAttendances | Refusal {
  const envelope = WIRE_ATTENDANCES.safeParse(body);
  if (!envelope.success) return { refused: "body_invalid", detail: toDetail(envelope.error.issues) };
  const site = envelope.data.site ?? rules.sites[0] ?? "";
  if (!rules.sites.includes(site)) return { refused: "site_unknown" };
  const sealed: SealedBeacon[] = [];
  const rejected: RejectedItem[] = [];
  for (const [index, candidate] of envelope.data.attendances.entries()) {
    const parsed = WIRE_ATTENDANCE.safeParse(candidate);
    if (!parsed.success) {
      rejected.push({ index, code: "event_invalid", detail: toDetail(parsed.error.issues) });
      continue;
    }
    const reason = toReason(parsed.data, rules);
    if (reason !== undefined) rejected.push({ index, ...reason });
    else sealed.push(toSealedAttendance(parsed.data, { ...rules, site, receivedMs: rules.nowMs, origin: "server" }));
  }
  const [first] = rejected;
  if (sealed.length > 0 || first === undefined) return { sealed, rejected };
  return { refused: first.code, ...(first.detail === undefined ? {} : { detail: first.detail }), rejected };
}

function toReason({ at, user }: WireAttendance, rules: AttendanceRules): Omit<RejectedItem, "index"> | undefined {
  const { nowMs, journal, retentionDays, futureMinutesMax } = rules;
  if (!rules.reaches(user.ptn ?? "")) return { code: "partner_forbidden" };
  if (user.ptn !== undefined) {
    const standing = toPartnerStanding(journal, user.ptn, nowMs);
    if (standing !== "active") return { code: standing === "left" ? "partner_left" : "partner_unknown" };
  }
  if (at > nowMs + futureMinutesMax * 60_000)
    return { code: "event_invalid", detail: "at: must not lie in the future." };
  if (Math.floor(at / DAY_MS) <= Math.floor(nowMs / DAY_MS) - retentionDays)
    return {
      code: "event_invalid",
      detail: `at: must lie within the last ${retentionDays === 1 ? "day" : `${retentionDays} days`}.`,
    };
  return undefined;
}

/** Where an attendance comes from. */
export interface AttendanceSource {
  readonly sealKey: Uint8Array;
  readonly site: string;
  readonly receivedMs: EpochMs;
  readonly origin: Extract<Origin, "server" | "import">;
}

/**
 * One attendance as the log holds it: the person sealed, title and kind masked. An attendance without an id of its own
 * gets one from Partner, person and event, so that it is one however often and by whichever tool it is told. Pure.
 */
export function toSealedAttendance(
  { id, at, user, event, minutes }: WireAttendance,
  { sealKey, site, receivedMs, origin }: AttendanceSource,
): SealedBeacon {
  const person = sealPerson(sealKey, user);
  return {
    kind: "beacon",
    v: SEALED_VERSION,
    origin,
    site,
    receivedMs,
    person,
    agent: NO_AGENT,
    country: "",
    events: [
      {
        // The schema has checked the id. The reference holds account kind, Partner and person.
        id:
          id === undefined
            ? toDerivedId(sealKey, `attendance\n${person.ref}\n${event.id.trim()}`)
            : (id.toLowerCase() as EventId),
        type: "attendance",
        atMs: toEpochMs(at),
        path: "",
        event: toAttendedEvent(event),
        minutes,
      },
    ],
  };
}
