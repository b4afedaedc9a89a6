/**
 * The columns of every table that the transform fills: one list for the row encoder, the Arrow schema and the
 * check of the DDL.
 *
 * `arrow` says how a column is built: `dictionary` (few different strings), `utf8`, `fixed16` (16 bytes),
 * `millis` (instant, milliseconds UTC), `seconds` (instant, whole seconds UTC), `uint8`, `uint16`, `uint32`, `uint64`.
 * `type` is the ClickHouse type as `DESCRIBE TABLE` gives it.
 */
export type ArrowKind =
  | "dictionary"
  | "utf8"
  | "fixed16"
  | "millis"
  | "seconds"
  | "uint8"
  | "uint16"
  | "uint32"
  | "uint64";

/** One column of a table. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly arrow: ArrowKind;
  readonly prose: string;
}

const NAME = "LowCardinality(String)";
const partner = {
  name: "partner",
  type: NAME,
  arrow: "dictionary",
  prose: "Partner id; empty for subscriber and public accounts.",
} as const;
const pseudonym = {
  name: "pseudonym",
  type: "FixedString(16)",
  arrow: "fixed16",
  prose: "Who, under a key of this Partner; 16 zero bytes where the row is not combined with a person.",
} as const;
const eventId = {
  name: "event_id",
  type: "UUID",
  arrow: "fixed16",
  prose: "Id of the event as the sender gave it. Figures count different ids.",
} as const;
const at = {
  name: "at",
  type: "DateTime64(3, 'UTC')",
  arrow: "millis",
  prose: "When it happened, corrected for the sender's clock; UTC.",
} as const;
const epoch = { name: "epoch", type: "UInt16", arrow: "uint16", prose: "Key epoch of the pseudonym." } as const;
const acct = {
  name: "acct",
  type: NAME,
  arrow: "dictionary",
  prose: "Account kind: partner, subscriber or public.",
} as const;
const site = { name: "site", type: NAME, arrow: "dictionary", prose: "Site id." } as const;
const path = {
  name: "path",
  type: NAME,
  arrow: "dictionary",
  prose: "Path with the allow-listed part of the query.",
} as const;
const type = { name: "type", type: NAME, arrow: "dictionary", prose: "Event type." } as const;
const resource = {
  name: "resource",
  type: NAME,
  arrow: "dictionary",
  prose: "Resource id; empty if the page is no resource.",
} as const;

const dept = {
  name: "dept",
  type: NAME,
  arrow: "dictionary",
  prose: "Department from the token or import; empty if none.",
} as const;

/** Tables that the transform fills, with their columns in order. */
export const TABLES = {
  engagement: [
    partner,
    pseudonym,
    eventId,
    at,
    type,
    acct,
    dept,
    site,
    path,
    resource,
    {
      name: "full",
      type: "UInt8",
      arrow: "uint8",
      prose: "1 if the full content was used, so that the use is also a request.",
    },
    { name: "referrer", type: NAME, arrow: "dictionary", prose: "Host of the referrer; empty if direct." },
    { name: "term", type: "String", arrow: "utf8", prose: "search: what was looked for, masked." },
    epoch,
  ],
  behaviour: [
    partner,
    pseudonym,
    eventId,
    at,
    type,
    acct,
    site,
    path,
    { name: "engaged_ms", type: "UInt32", arrow: "uint32", prose: "leave: time visible and in use, milliseconds." },
    { name: "scroll_pct", type: "UInt8", arrow: "uint8", prose: "leave: furthest scroll, 0-100." },
    { name: "target", type: NAME, arrow: "dictionary", prose: "click: name of what was clicked, masked." },
    { name: "device", type: NAME, arrow: "dictionary", prose: "Device class." },
    { name: "browser", type: NAME, arrow: "dictionary", prose: "Browser family." },
    { name: "os", type: NAME, arrow: "dictionary", prose: "Operating system family." },
    epoch,
  ],
  feedback: [
    partner,
    pseudonym,
    eventId,
    at,
    acct,
    site,
    path,
    resource,
    { name: "event", type: NAME, arrow: "dictionary", prose: "Id of the event that it is about; empty if of none." },
    { name: "score", type: "UInt8", arrow: "uint8", prose: "1-5; 0 if none was given." },
    { name: "comment", type: "String", arrow: "utf8", prose: "Free text, masked." },
    epoch,
  ],
  attendance: [
    partner,
    pseudonym,
    {
      name: "event_id",
      type: "UUID",
      arrow: "fixed16",
      prose:
        "Id of this attendance; made from Partner, person and event where the source has none. Figures count different ids.",
    },
    { name: "at", type: "DateTime64(3, 'UTC')", arrow: "millis", prose: "When the event began; UTC." },
    acct,
    dept,
    { name: "event", type: "String", arrow: "utf8", prose: "Id of the webinar, meeting or course." },
    { name: "title", type: "String", arrow: "utf8", prose: "Its title, masked; empty if none was told." },
    { name: "kind", type: NAME, arrow: "dictionary", prose: "webinar, meeting, course, or the source's own word." },
    { name: "minutes", type: "UInt16", arrow: "uint16", prose: "How long the person was there, whole minutes." },
    epoch,
  ],
  statistics_hourly: [
    { name: "hour", type: "DateTime('UTC')", arrow: "seconds", prose: "Start of the hour, UTC." },
    site,
    path,
    { name: "referrer", type: NAME, arrow: "dictionary", prose: "Host of the referrer; empty if direct." },
    { name: "country", type: NAME, arrow: "dictionary", prose: "ISO 3166-1 alpha-2; empty if not known." },
    { name: "device", type: NAME, arrow: "dictionary", prose: "Device class." },
    { name: "views", type: "UInt64", arrow: "uint64", prose: "Anonymous views." },
    { name: "visits", type: "UInt64", arrow: "uint64", prose: "Anonymous views that came from another host." },
  ],
  drops: [
    partner,
    { name: "reason", type: NAME, arrow: "dictionary", prose: "Why: a key of the drop reasons." },
    {
      name: "event_id",
      type: "UUID",
      arrow: "fixed16",
      prose: "Id of the event, so that repeated delivery counts once. No person.",
    },
    {
      name: "at",
      type: "DateTime('UTC')",
      arrow: "seconds",
      prose: "When it happened, or the receipt where that is no usable time; UTC.",
    },
    type,
  ],
  resources: [
    partner,
    { name: "kind", type: NAME, arrow: "dictionary", prose: "resource, file (of a resource, downloaded) or page." },
    { name: "id", type: "String", arrow: "utf8", prose: "Resource id, or path." },
    { name: "title", type: "String", arrow: "utf8", prose: "Latest title seen by this Partner's people, masked." },
    { name: "type", type: NAME, arrow: "dictionary", prose: "Kind of resource." },
    { name: "topic", type: NAME, arrow: "dictionary", prose: "Topic; empty if none." },
    at,
  ],
  audit: [
    { name: "at", type: "DateTime64(3, 'UTC')", arrow: "millis", prose: "When; UTC." },
    { name: "actor", type: NAME, arrow: "dictionary", prose: "Account name, id of an API key, or roebuck." },
    { name: "action", type: NAME, arrow: "dictionary", prose: "What was done, as subject.erase." },
    { name: "subject", type: "String", arrow: "utf8", prose: "A request, Partner, key or month; never a person." },
    { name: "detail", type: "String", arrow: "utf8", prose: "Counts and outcomes, JSON." },
  ],
} as const satisfies Record<string, readonly Column[]>;

/** A table that the transform fills. */
export type TableName = keyof typeof TABLES;

/** All tables, in the order in which a batch is inserted. */
export const TABLE_NAMES = Object.keys(TABLES) as readonly TableName[]; // keys of a constant object
