import type { EpochMs } from "./ids.ts";

/** The streams of the log: `events` is short-lived, `journal` is permanent, `quarantine` holds what could not be read. */
export type StreamName = "events" | "journal" | "quarantine";

/** One message to append. `key` decides the partition, so that messages of one key stay in order. */
export interface LogRecord {
  readonly key: string;
  readonly value: Uint8Array;
}

/** A message as read back, with its place in its partition (whole number, from 0, without gaps). */
export interface StoredRecord extends LogRecord {
  readonly offset: number;
}

/** A contiguous range of one partition: `records[0].offset === first` and the last one's is `last`. Never empty. */
export interface LogBatch {
  readonly stream: StreamName;
  readonly partition: number;
  readonly first: number;
  readonly last: number;
  readonly records: readonly StoredRecord[];
}

/** How much `next` may take and how long it may wait for the first record. */
export interface BatchLimits {
  readonly recordsMax: number;
  readonly bytesMax: number;
  readonly waitMs: number;
}

/**
 * One member of a consumer group.
 *
 * The order that makes an insert count once: `begin` notes the exact range in the
 * group's stored position **before** the insert, `done` moves the position past it **after**. A member that
 * starts and finds a note is given exactly that range again, so that the insert carries the same token.
 */
export interface LogConsumer extends AsyncDisposable {
  /** The next range, or `undefined` if nothing came within `waitMs`. Throws `LogUnavailable`. */
  next(limits: BatchLimits): Promise<LogBatch | undefined>;
  /** Notes the range, durably. Throws `LogUnavailable`, `RangeLost`. */
  begin(batch: LogBatch): Promise<void>;
  /** Moves the group's position past the range, durably. Throws `LogUnavailable`, `RangeLost`. */
  done(batch: LogBatch): Promise<void>;
  /** Records appended and not yet done, over the partitions of this member. */
  lag(): Promise<number>;
}

/** Where the bytes of beacons and decisions lie until they are stored. Adapters: SQLite (embedded) and Kafka. */
export interface Log extends AsyncDisposable {
  /** Resolves when every record is durable (synced to disk, or acknowledged by all in-sync replicas). Throws `LogUnavailable`. */
  append(stream: StreamName, records: readonly LogRecord[]): Promise<void>;
  /** Joins the named group at its stored position, or at the first record kept if it has none. */
  consume(stream: StreamName, group: string): Promise<LogConsumer>;
  /** Every record from the first on and then live, without a group; ends when `signal` aborts. */
  follow(stream: StreamName, signal: AbortSignal): AsyncIterable<LogBatch>;
  /** The offset that the next record of each partition will get, by partition. */
  ends(stream: StreamName): Promise<ReadonlyMap<number, number>>;
  /** By partition, how far a group is: every record before the offset is done. A partition where it has done nothing may be absent. Throws `LogUnavailable`. */
  positions(stream: StreamName, group: string): Promise<ReadonlyMap<number, number>>;
  /** Removes records appended before `beforeMs` (UTC), overwriting their bytes where the adapter owns the disk. Answers how many. */
  expire(stream: StreamName, beforeMs: EpochMs): Promise<number>;
  /** Removes the records before an offset of a partition, overwriting their bytes where the adapter owns the disk. Answers how many. Throws `LogUnavailable`. */
  truncate(stream: StreamName, partition: number, before: number): Promise<number>;
  /**
   * Empties the records that the predicate chooses, with the journal never among them: key "" and no value, offsets
   * and receipt as before, the old bytes overwritten on the disk. Answers how many; `by retention` where the adapter
   * cannot change what is written (Kafka), so that the bytes leave with the retention of the topic. Throws `LogUnavailable`.
   */
  blank(
    stream: Exclude<StreamName, "journal">,
    isChosen: (record: StoredRecord) => boolean,
  ): Promise<number | "by retention">;
  /**
   * Sets a group back (or on) to these offsets by partition, forgetting a range that it has noted; a partition that is
   * not named stays. No member of the group may be joined. Offsets that are no longer kept count as the first one kept.
   * Throws `LogUnavailable`.
   */
  rewind(stream: StreamName, group: string, positions: ReadonlyMap<number, number>): Promise<void>;
}

/** The log cannot take or give records now; the caller answers 503 or waits. The message names the log and the remedy, never a record. */
export class LogUnavailable extends Error {
  override readonly name = "LogUnavailable";
}

/**
 * A range that this group member may not note or end: its partition went to another member, or another range of it
 * was begun or done meanwhile. Trying again changes nothing: drop the range and go on with `next`, which gives its
 * records again to whoever has the partition now.
 */
export class RangeLost extends LogUnavailable {}

/** The only source of "now", so that tests and simulations can set it. */
export interface Clock {
  /** UTC. */
  nowMs(): EpochMs;
}

/** A value for a `{name:Type}` placeholder of a query. */
export type QueryParameter = string | number | boolean | readonly (string | number)[];

/** A ClickHouse statement with its parameters and per-query settings. */
export interface Statement {
  /** Constant text; values go into `{name:Type}` placeholders, never into the text. */
  readonly sql: string;
  readonly parameters?: Readonly<Record<string, QueryParameter>>;
  readonly settings?: Readonly<Record<string, string | number>>;
}

/** ClickHouse, embedded or a server: the same over HTTP. Retries inside, always with the same token. Throws `WarehouseUnavailable` or `WarehouseRefused`. */
export interface Warehouse extends AsyncDisposable {
  /** All rows of a query as objects; 64-bit integers come as strings. `Row` is the caller's knowledge of its own SELECT. */
  rows<Row>(statement: Statement): Promise<Row[]>;
  /** Runs a statement without rows. */
  execute(statement: Statement): Promise<void>;
  /** Inserts objects (small, rare tables). With a `token`, repeating the insert adds nothing. */
  insertRows(table: string, rows: readonly object[], token?: string): Promise<void>;
  /** Inserts a columnar body. Repeating it with the same `token` adds nothing. */
  insertArrow(table: string, columns: readonly string[], body: Uint8Array, token: string): Promise<void>;
  /**
   * The bytes of a query in the named ClickHouse format as they come, memory flat; `settings` may compress them
   * (`output_format_...`). The stream fails with the warehouse's error, also in the middle.
   */
  stream(statement: Statement, format: string): Promise<AsyncIterable<Uint8Array>>;
  /** Inserts bytes of the named ClickHouse format as they come. With a `token`, repeating it with the same bytes adds nothing. */
  insertStream(table: string, format: string, body: AsyncIterable<Uint8Array>, token?: string): Promise<void>;
  /** True if it answers now. */
  ping(): Promise<boolean>;
}

/** ClickHouse is away or overloaded; the same call may succeed later. */
export class WarehouseUnavailable extends Error {
  override readonly name = "WarehouseUnavailable";
}

/** ClickHouse understood and refused; trying again changes nothing. `code` is ClickHouse's error number. The message never quotes values. */
export class WarehouseRefused extends Error {
  override readonly name = "WarehouseRefused";
  readonly code: number;
  constructor(message: string, code: number, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Somebody who gets mail. */
export interface MailAddress {
  /** Empty: only the address is shown. */
  readonly name: string;
  readonly address: string;
}

/** A file in a mail. With a `contentId` it belongs into the HTML (`cid:`), otherwise it is attached. */
export interface MailPart {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly contentId?: string;
}

/** One mail to one person; who it comes from is the mailer's. */
export interface MailMessage {
  readonly to: MailAddress;
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
  readonly parts?: readonly MailPart[];
  /**
   * Left of the `@` of the Message-ID: the same for a repeat, so that a mailbox that has the mail can tell. One by
   * chance if absent.
   */
  readonly key?: string;
  /** The Date header, UTC; this machine's time if absent. */
  readonly atMs?: EpochMs;
  /** Sent by a machine to a list of people: List-Id and the headers that keep answers of machines away. */
  readonly list?: string;
}

/** Hands mail over. Adapters: SMTP, and a folder of `.eml` files. One contract suite runs on both. */
export interface Mailer extends AsyncDisposable {
  readonly via: "smtp" | "outbox";
  /**
   * Resolves when the mail was taken: the server has answered that it has it, or the file is on the disk.
   *
   * Throws `MailRefused` if this mail to this address will never be taken, `MailDelayed` if it may be later.
   */
  send(message: MailMessage): Promise<void>;
}

/** What kept a mail from being taken, in words of ours: what a server says can quote addresses. */
export interface MailFault {
  /** For people; names no address. */
  readonly reason: string;
  /** The server's reply code (RFC 5321), or 0 if it gave none. */
  readonly code: number;
}

/** The server refuses this mail or its recipient for good (5xx). Trying again changes nothing until one of them does. */
export class MailRefused extends Error implements MailFault {
  override readonly name = "MailRefused";
  readonly reason: string;
  readonly code: number;
  constructor({ reason, code }: MailFault) {
    super(`Cannot send a mail: ${reason}; correct the address, then send again`);
    this.reason = reason;
    this.code = code;
  }
}

/** The mail was not taken now (4xx, no connection, no sign-in); it may be later. */
export class MailDelayed extends Error implements MailFault {
  override readonly name = "MailDelayed";
  readonly reason: string;
  readonly code: number;
  /** Nobody's mail is taken at present: the server is away, or does not know us. */
  readonly isForAll: boolean;
  constructor({ reason, code, isForAll }: MailFault & { readonly isForAll: boolean }) {
    super(`Cannot send a mail now: ${reason}; it is safe to try again`);
    this.reason = reason;
    this.code = code;
    this.isForAll = isForAll;
  }
}
