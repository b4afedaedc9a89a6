import { type EpochMs, toEpochMs } from "./ids.ts";

const HOUR_MS = 3_600_000;
/** No zone has ever changed its clocks twice within this time. */
const STEP_MS = 6 * HOUR_MS;
/** No zone is farther than this from UTC. */
const OFFSET_MS_MAX = 16 * HOUR_MS;

/** From an instant on, local time = UTC + offset. */
export interface ZoneOffset {
  /** UTC. The first of a list holds for everything before, too. */
  readonly fromMs: EpochMs;
  readonly offsetMs: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function toFormat(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  formats.set(zone, format);
  return format;
}

/** Tells whether the runtime knows the IANA zone. */
export function isZone(zone: string): boolean {
  try {
    toFormat(zone);
    return true;
  } catch {
    return false;
  }
}

/** How far local time is ahead of UTC at an instant, milliseconds. Throws RangeError if the zone is not known. */
export function toOffsetMs(zone: string, atMs: number): number {
  const parts = new Map(
    toFormat(zone)
      .formatToParts(atMs)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0;
  const wallMs = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return wallMs - Math.floor(atMs / 1_000) * 1_000;
}

/**
 * The offsets that hold between two instants, oldest first; at least one. The change of clocks is found to the
 * millisecond. Throws RangeError if the zone is not known.
 */
export function toZoneOffsets(zone: string, fromMs: number, toMs: number): readonly ZoneOffset[] {
  const offsets: ZoneOffset[] = [{ fromMs: toEpochMs(fromMs), offsetMs: toOffsetMs(zone, fromMs) }];
  let current = offsets[0]?.offsetMs;
  for (let low = fromMs; low < toMs; low += STEP_MS) {
    const high = Math.min(low + STEP_MS, toMs);
    const offsetMs = toOffsetMs(zone, high);
    if (offsetMs === current) continue;
    offsets.push({ fromMs: toEpochMs(toChangeMs(zone, low, high)), offsetMs });
    current = offsetMs;
  }
  return offsets;
}

/** The first instant after `low` that has the offset of `high`. Halves the time between. */
function toChangeMs(zone: string, low: number, high: number): number {
  const target = toOffsetMs(zone, high);
  let before = low;
  let after = high;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (toOffsetMs(zone, middle) === target) after = middle;
    else before = middle;
  }
  return after;
}

/**
 * The first instant at which clocks in the zone show 00:00 of that day or, where clocks jump over midnight, later.
 * Where they go back over midnight, the earlier of the two midnights.
 */
export function toDayBeginMs(zone: string, wallMs: number): EpochMs {
  return toInstantMs(zone, wallMs);
}

/**
 * The first instant at which clocks in the zone show a time of day or, where they jump over it, the instant of the jump.
 * Where they go back and show it twice, the earlier.
 *
 * @param wallMs what the clocks show, in milliseconds as if it were UTC
 * @throws RangeError if the zone is not known
 */
export function toInstantMs(zone: string, wallMs: number): EpochMs {
  const offsets = toZoneOffsets(zone, wallMs - OFFSET_MS_MAX, wallMs + OFFSET_MS_MAX);
  for (const [index, { fromMs, offsetMs }] of offsets.entries()) {
    const until = offsets[index + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
    const candidate = Math.max(index === 0 ? Number.NEGATIVE_INFINITY : fromMs, wallMs - offsetMs);
    if (candidate < until) return toEpochMs(candidate);
  }
  throw new RangeError(`Cannot find a time of day in ${zone}: its offsets leave no instant for it`);
}
