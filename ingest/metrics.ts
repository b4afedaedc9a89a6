import type { ErrorCode } from "../schemas/errors.ts";
import type { UncountedReason } from "./collect.ts";
import type { MatomoIgnored } from "./matomo-hit.ts";

const APPEND_BOUNDS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** What the collector counts of its own work. No label ever names a person, an address, a Partner or a page. */
export class Metrics {
  #beacons = 0;
  #events = 0;
  #rejectedEvents = 0;
  #bodyBytes = 0;
  #unknownFields = 0;
  #brokenResources = 0;
  #attendances = 0;
  #attendancesRejected = 0;
  #views = 0;
  #consents = 0;
  #consentsRefused = 0;
  readonly #refused = new Map<ErrorCode, number>();
  readonly #uncounted = new Map<UncountedReason, number>();
  readonly #matomoIgnored = new Map<MatomoIgnored, number>();
  readonly #appendBuckets = new Array<number>(APPEND_BOUNDS_S.length + 1).fill(0);
  #appendSumS = 0;
  #appendCount = 0;

  /** A body was read: its length and the fields that nobody knows. */
  countBody(bytes: number, unknownFields: number): void {
    this.#bodyBytes += bytes;
    this.#unknownFields += unknownFields;
  }

  /** So many events were kept without their resource, since that was not valid. */
  countBrokenResources(events: number): void {
    this.#brokenResources += events;
  }

  /** A beacon was answered 202. */
  countAccepted(events: number, rejectedEvents: number): void {
    this.#beacons += 1;
    this.#events += events;
    this.#rejectedEvents += rejectedEvents;
  }

  /** A server told attendances: so many were taken, so many not. */
  countAttendances(accepted: number, rejected: number): void {
    this.#attendances += accepted;
    this.#attendancesRejected += rejected;
  }

  /** A request was refused. */
  countRefused(code: ErrorCode): void {
    this.#refused.set(code, (this.#refused.get(code) ?? 0) + 1);
  }

  /** Anonymous events: so many views counted, so many others not, by reason. */
  countViews(views: number, uncounted: Readonly<Record<UncountedReason, number>>): void {
    this.#views += views;
    for (const [reason, count] of Object.entries(uncounted) as [UncountedReason, number][]) // keys of that record
      if (count > 0) this.#uncounted.set(reason, (this.#uncounted.get(reason) ?? 0) + count);
  }

  /** Choices of people: so many changed something and were written, so many grants were too many for a day. */
  countConsents(written: number, refused: number): void {
    this.#consents += written;
    this.#consentsRefused += refused;
  }

  /** A hit of Matomo's tracker was of a kind that leads to nothing here. */
  countMatomoIgnored(kind: MatomoIgnored): void {
    this.#matomoIgnored.set(kind, (this.#matomoIgnored.get(kind) ?? 0) + 1);
  }

  /** An append to the log took this long, seconds. */
  observeAppend(seconds: number): void {
    let bucket = 0;
    while (bucket < APPEND_BOUNDS_S.length && seconds > (APPEND_BOUNDS_S[bucket] ?? 0)) bucket += 1;
    this.#appendBuckets[bucket] = (this.#appendBuckets[bucket] ?? 0) + 1;
    this.#appendSumS += seconds;
    this.#appendCount += 1;
  }

  /** All of it in the text format of Prometheus, version 0.0.4. */
  toText(): string {
    const lines = [
      ...toCounter("roebuck_beacons_accepted_total", "Beacons answered 202.", this.#beacons),
      ...toCounter("roebuck_events_accepted_total", "Events of accepted beacons.", this.#events),
      ...toCounter(
        "roebuck_events_rejected_total",
        "Events of accepted beacons that were invalid.",
        this.#rejectedEvents,
      ),
      ...toCounter("roebuck_body_bytes_total", "Bytes of beacon bodies read.", this.#bodyBytes),
      ...toCounter("roebuck_unknown_fields_total", "Fields that were ignored as unknown.", this.#unknownFields),
      ...toCounter(
        "roebuck_resources_broken_total",
        "Events kept without their invalid resource.",
        this.#brokenResources,
      ),
      ...toCounter("roebuck_attendances_accepted_total", "Attendances told by servers and taken.", this.#attendances),
      ...toCounter("roebuck_attendances_rejected_total", "Attendances not taken.", this.#attendancesRejected),
      ...toCounter("roebuck_statistics_views_total", "Anonymous page views counted.", this.#views),
      ...toCounter("roebuck_consents_written_total", "Changes of consent written to the journal.", this.#consents),
      ...toCounter("roebuck_consents_refused_total", "Grants beyond those of a day.", this.#consentsRefused),
      ...toCounters("roebuck_refused_total", "Requests refused, by error code.", "code", this.#refused),
      ...toCounters("roebuck_events_uncounted_total", "Events without a token not counted.", "reason", this.#uncounted),
      ...toCounters("roebuck_matomo_ignored_total", "Hits of Matomo's tracker ignored.", "kind", this.#matomoIgnored),
      ...this.#toHistogram("roebuck_log_append_seconds", "Time until the log held an accepted beacon, seconds."),
    ];
    return `${lines.join("\n")}\n`;
  }

  #toHistogram(name: string, help: string): string[] {
    const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`];
    let sum = 0;
    for (const [index, count] of this.#appendBuckets.entries()) {
      sum += count;
      lines.push(`${name}_bucket{le="${APPEND_BOUNDS_S[index] ?? "+Inf"}"} ${sum}`);
    }
    return [...lines, `${name}_sum ${this.#appendSumS}`, `${name}_count ${this.#appendCount}`];
  }
}

function toCounter(name: string, help: string, value: number): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} counter`, `${name} ${value}`];
}

function toCounters(name: string, help: string, label: string, values: ReadonlyMap<string, number>): string[] {
  const lines = [...values].map(([key, value]) => `${name}{${label}="${key}"} ${value}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} counter`, ...lines];
}
