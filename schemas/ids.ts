/**
 * Identifiers and instants that must not be mixed up with other strings and numbers.
 *
 * A branded type costs nothing at run time; it only stops, say, a raw user id from being stored where a
 * pseudonym belongs.
 */
declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** An instant in whole milliseconds since 1970-01-01T00:00:00Z. Always UTC. */
export type EpochMs = Branded<number, "EpochMs">;

/**
 * What the collector puts in place of a user id before anything is written: HMAC-SHA-256 over account kind,
 * Partner and user id under the seal key, as 43 characters of base64url.
 */
export type SubjectRef = Branded<string, "SubjectRef">;

/** What the warehouse knows a person by: 16 bytes as 32 lower-case hex digits. Linkable only within one Partner and key epoch. */
export type Pseudonym = Branded<string, "Pseudonym">;

/** A UUID in lower case with hyphens. */
export type EventId = Branded<string, "EventId">;

/** A calendar month, `yyyy-mm`. Its borders are midnights in the zone of the Partner it is counted for. */
export type Month = Branded<string, "Month">;

/** Marks a number as an instant. Throws nothing: the caller knows that it counts milliseconds since 1970, UTC. */
export function toEpochMs(ms: number): EpochMs {
  return Math.trunc(ms) as EpochMs; // the one place where the brand is given
}

const MONTH = /^(\d{4})-(0[1-9]|1[0-2])$/;

/** Reads `yyyy-mm`; `undefined` for anything else. */
export function parseMonth(text: string): Month | undefined {
  return MONTH.test(text) ? (text as Month) : undefined; // checked on this line
}

/** The month `offset` months after (or, negative, before) `month`. */
export function toMonthOffset(month: Month, offset: number): Month {
  const [year = 0, number = 1] = month.split("-").map(Number);
  const count = year * 12 + (number - 1) + offset;
  const text = `${String(Math.floor(count / 12)).padStart(4, "0")}-${String((((count % 12) + 12) % 12) + 1).padStart(2, "0")}`;
  return text as Month; // built from a valid month
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Reads a UUID of any version, in either case; `undefined` for anything else. */
export function parseEventId(text: string): EventId | undefined {
  const lower = text.toLowerCase();
  return UUID.test(lower) ? (lower as EventId) : undefined; // checked on this line
}

/** An instant as ClickHouse reads a DateTime64(3, 'UTC'): `yyyy-mm-dd hh:mm:ss.mmm`, UTC. */
export function toStoreTime(ms: EpochMs): string {
  return new Date(ms).toISOString().replace("T", " ").replace("Z", "");
}
