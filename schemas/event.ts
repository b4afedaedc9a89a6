import type { EpochMs, EventId, SubjectRef } from "./ids.ts";

/** Kinds of account; they decide the lawful basis (GDPR Art. 6: contract, or consent for everything). */
export const ACCOUNT_KINDS = ["partner", "subscriber", "public"] as const;
/** One of the kinds of account. */
export type AccountKind = (typeof ACCOUNT_KINDS)[number];

/** Purposes of processing. Their rows live in separate tables. */
export const PURPOSES = ["engagement", "behaviour", "feedback"] as const;
/** One of the purposes that concern a person. */
export type Purpose = (typeof PURPOSES)[number];

/** Every event type of the wire that leads to a row, with the purpose that it serves. */
export const PURPOSE_OF_TYPE = {
  page_view: "engagement",
  download: "engagement",
  search: "engagement",
  play: "engagement",
  attendance: "engagement",
  leave: "behaviour",
  click: "behaviour",
  feedback: "feedback",
} as const satisfies Record<string, Purpose>;
/** An event type that leads to a row. */
export type EventType = keyof typeof PURPOSE_OF_TYPE;

/** A unit of content with an id of its own (COUNTER's item). `full`: the full content was shown, so the use is also a request. */
export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly topic?: string;
  readonly full?: boolean;
}

/** Kinds of event that reports and lists are imported under. `POST /v1/attendance` takes a site's own word, too. */
export const EVENT_KINDS = ["webinar", "meeting", "course"] as const;

/** What people attended: a webinar, a meeting, a course. */
export interface AttendedEvent {
  readonly id: string;
  /** Masked; empty if none was told. */
  readonly title: string;
  /** One of {@link EVENT_KINDS}, or the word of a site whose server told it. */
  readonly kind: string;
}

/** What is left of a user agent: three coarse words and whether it is a robot. The string itself is never written. */
export interface Agent {
  readonly device: "desktop" | "mobile" | "tablet" | "other";
  readonly browser: string;
  readonly os: string;
  readonly robot: boolean;
}

/** The choices that came with the token. */
export interface TokenConsent {
  readonly behaviour?: boolean;
  readonly feedback?: boolean;
}

/** Who acted, without saying who: the user id is already replaced by its keyed reference. */
export interface SealedPerson {
  readonly ref: SubjectRef;
  readonly acct: AccountKind;
  /** Partner id; empty for subscriber and public accounts. */
  readonly ptn: string;
  readonly dept?: string;
  readonly consent?: TokenConsent;
}

/**
 * One event as it lies in the log. All text has been minimised (allow-listed query, masked) by the collector.
 *
 * `atMs` is the corrected time, receipt - (sent_at - at), not yet limited: the transform decides what is too
 * old or in the future.
 */
export interface SealedEvent {
  readonly id: EventId;
  readonly type: EventType;
  readonly atMs: EpochMs;
  /** Path with the allow-listed part of the query, without scheme and host: `/guides/safe?page=2`. */
  readonly path: string;
  readonly title?: string;
  /** Host only; empty or absent for direct. */
  readonly referrer?: string;
  readonly resource?: Resource;
  /** search: what was looked for, masked. */
  readonly term?: string;
  /** leave: time visible and in use, milliseconds. */
  readonly engagedMs?: number;
  /** leave: furthest scroll, 0-100. */
  readonly scrollPct?: number;
  /** click: name of what was clicked, masked. */
  readonly target?: string;
  /** feedback: 1-5. */
  readonly score?: number;
  /** feedback: free text, masked. */
  readonly comment?: string;
  /** attendance: what was attended; feedback: what it is about. */
  readonly event?: AttendedEvent;
  /** attendance: whole minutes that the person was there. */
  readonly minutes?: number;
}

/** Where the events of a sealed beacon came from. Imported history has no age limit; everything else follows the same rules. */
export type Origin = "beacon" | "import" | "matomo" | "server";

/** The events of one request by one signed-in person: one record of the `events` stream, as UTF-8 JSON. */
export interface SealedBeacon {
  readonly kind: "beacon";
  readonly v: 1;
  readonly origin: Origin;
  readonly site: string;
  /** Server receipt, UTC. */
  readonly receivedMs: EpochMs;
  readonly person: SealedPerson;
  readonly agent: Agent;
  /** ISO 3166-1 alpha-2, or empty if not known. */
  readonly country: string;
  readonly events: readonly SealedEvent[];
}

/** A sum of anonymous views: no id, no row per visitor. */
export interface StatisticsCell {
  /** Start of the hour, UTC. */
  readonly hourMs: EpochMs;
  readonly site: string;
  readonly path: string;
  readonly referrer: string;
  readonly country: string;
  readonly device: Agent["device"];
  readonly views: number;
  /** Views whose referrer is another host. */
  readonly visits: number;
}

/** Sums of anonymous views over one flush of one collector, or a piece of imported history: one record of the `events` stream, as UTF-8 JSON. */
export interface SealedStatistics {
  readonly kind: "statistics";
  readonly v: 1;
  readonly cells: readonly StatisticsCell[];
  /**
   * Which piece of which history the sums are of, for the audit trail. In the record itself, because then neither
   * can be there without the other, on any log.
   */
  readonly note?: SealedNote;
}

/**
 * What a server did with its API key, or was refused, for the audit trail: one record of the `events` stream, as UTF-8
 * JSON. A collector knows no warehouse, so that what it must note goes the way of the events. Never a person.
 */
export interface SealedNote {
  readonly kind: "note";
  readonly v: 1;
  /** When, UTC. */
  readonly atMs: EpochMs;
  /** Id of the API key. */
  readonly actor: string;
  /** As in `consents.tell`. */
  readonly action: string;
  /** A Partner's id; empty if several, or none, are meant. */
  readonly subject: string;
  /** Counts and outcomes. */
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

/** Whatever the `events` stream holds. */
export type SealedRecord = SealedBeacon | SealedStatistics | SealedNote;

/** The version of the sealed record that this code writes and reads. */
export const SEALED_VERSION = 1;
