import type { ZodError, z } from "zod";
import {
  BEACON_FIELDS,
  EVENT_FIELDS,
  WIRE_BEACON,
  WIRE_CONSENT,
  WIRE_EVENT,
  type WireBeacon,
  type WireConsent,
  type WireEvent,
} from "../schemas/beacon.ts";
import type { Refusal, RejectedEvent } from "./problem.ts";

/** An envelope that was read, and how many of its fields nobody knows. */
export interface Envelope {
  readonly beacon: WireBeacon;
  readonly unknownFields: number;
}

/** Events of one beacon that passed, and why the others did not. */
export interface CheckedEvents {
  readonly events: readonly WireEvent[];
  /** Choices of the person, in the order of the beacon: they become decisions, not rows. */
  readonly consents: readonly WireConsent[];
  readonly rejected: readonly RejectedEvent[];
  readonly unknownFields: number;
  /** Events that were kept without their resource, since that was not valid. */
  readonly brokenResources: number;
}

/** Reads the envelope of a beacon. Pure, never throws. */
export function parseEnvelope(text: string): Envelope | Refusal {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { refused: "body_invalid", detail: "The body is not JSON." };
  }
  const outcome = WIRE_BEACON.safeParse(body);
  if (!outcome.success) return { refused: "body_invalid", detail: toDetail(outcome.error.issues) };
  return { beacon: outcome.data, unknownFields: countUnknown(body, BEACON_FIELDS) };
}

/**
 * Checks the events one by one, so that a bad one does not cost its neighbours. Refuses if none is left.
 *
 * A page is a page whatever its site has written about its resource: if nothing else is wrong with an event, of any
 * type, it is kept without, as if it had named none.
 */
export function checkEvents(candidates: readonly unknown[]): CheckedEvents | Refusal {
  const events: WireEvent[] = [];
  const consents: WireConsent[] = [];
  const rejected: RejectedEvent[] = [];
  let unknownFields = 0;
  let brokenResources = 0;
  for (const [index, candidate] of candidates.entries()) {
    const whole = toSchema(candidate).safeParse(candidate);
    const isBroken = !whole.success && isOnlyResource(whole.error);
    const outcome = isBroken ? toSchema(candidate).safeParse(toWithoutResource(candidate)) : whole;
    if (outcome.success) {
      if (isBroken) brokenResources += 1;
      if (outcome.data.type === "consent") consents.push(outcome.data);
      else events.push(outcome.data);
      unknownFields += countUnknown(candidate, EVENT_FIELDS);
    } else rejected.push({ index, code: "event_invalid", detail: toDetail(outcome.error.issues) });
  }
  if (events.length + consents.length === 0) {
    return { refused: "event_invalid", detail: rejected[0]?.detail ?? "", rejected };
  }
  return { events, consents, rejected, unknownFields, brokenResources };
}

function isOnlyResource({ issues }: ZodError): boolean {
  return issues.every(({ path }) => path[0] === "resource");
}

function toWithoutResource(candidate: unknown): unknown {
  const { resource: _, ...rest } = candidate as { resource?: unknown }; // its resource was looked at, so it is an object
  return rest;
}

/** The schema of an event's own type, which spares the search for it; that of all events if the type is not known. */
function toSchema(candidate: unknown): z.ZodType<WireEvent | WireConsent> {
  const type = typeof candidate === "object" && candidate !== null && "type" in candidate ? candidate.type : undefined;
  return SCHEMAS.get(type) ?? WIRE_EVENT;
}

const TYPES = [...WIRE_EVENT.options, WIRE_CONSENT];
const SCHEMAS: ReadonlyMap<unknown, z.ZodType<WireEvent | WireConsent>> = new Map(
  TYPES.map((option) => [option.shape.type.value, option]),
);

/** What is wrong with the first field that is, as a sentence: the field and what it requires, never the value. */
export function toDetail(issues: ZodError["issues"]): string {
  const issue = issues[0];
  if (issue === undefined) return "The value is not valid.";
  const field = issue.path.map(String).join(".");
  // zod's message would quote the fields' names, which the sender has made up.
  if (issue.code === "unrecognized_keys") return `${field === "" ? "The body" : field}: has a field that is not known.`;
  const required =
    issue.code === "invalid_union" ? toUnionMessage(issue) : issue.message.replace(/^Invalid input: /, "");
  return field === "" ? `The value as a whole: ${required}.` : `${field}: ${required}.`;
}

function toUnionMessage(issue: Extract<ZodError["issues"][number], { code: "invalid_union" }>): string {
  return issue.path.at(-1) === "type" ? TYPE_MESSAGE : TIME_MESSAGE;
}

const TYPE_MESSAGE = `must be one of ${TYPES.map((option) => option.shape.type.value).join(", ")}`;
const TIME_MESSAGE = "must be ISO 8601 with a zone, such as 2026-11-24T09:30:00Z, or whole milliseconds since 1970";

/** How many fields of an object are not in the list. They are ignored, so that old collectors take new beacons. */
function countUnknown(value: unknown, known: ReadonlySet<string>): number {
  let count = 0;
  for (const name in value as object) if (!known.has(name)) count += 1; // the schema has checked that it is an object
  return count;
}
