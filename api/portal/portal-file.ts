import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { createPrivateFile, createPrivateFolder } from "../../ingest/log/private-file.ts";
import { type EpochMs, toEpochMs } from "../../schemas/ids.ts";

const instant = z.number().transform(toEpochMs);
const LINK = z.object({
  hash: z.string(),
  kind: z.enum(["sign_in", "join"]),
  who: z.string(),
  body: z.string(),
  made_ms: instant,
  expires_ms: instant,
  used_ms: instant.nullable(),
});
const SESSION = z.object({
  hash: z.string(),
  kind: z.enum(["officer", "operator"]),
  who: z.string(),
  made_ms: instant,
  seen_ms: instant,
});

/** A link that was mailed. Of the link itself only the hash is kept. */
export interface PortalLink {
  readonly hash: string;
  /** `sign_in`: begins a session. `join`: who is asked to become a Link Officer agrees by it. */
  readonly kind: "sign_in" | "join";
  /** Whom it is for, as {@link PortalSession.who}. */
  readonly who: string;
  /** What more belongs to it, as JSON; empty for none. */
  readonly body: string;
  /** UTC. */
  readonly madeMs: EpochMs;
  readonly expiresMs: EpochMs;
}

/** Somebody who is signed in. Of the cookie only the hash is kept. */
export interface PortalSession {
  readonly hash: string;
  readonly kind: "officer" | "operator";
  /** Stands for an officer's address, or the id of an operator's API key. */
  readonly who: string;
  /** UTC. */
  readonly madeMs: EpochMs;
  readonly seenMs: EpochMs;
}

/** Links and sessions of the portal: nothing in it opens anything, since it has hashes only. */
export interface PortalFile extends Disposable {
  addLink(link: PortalLink): void;
  /** Links for somebody that were made since. */
  countLinks(who: string, sinceMs: EpochMs): number;
  findLink(hash: string): (PortalLink & { readonly usedMs: EpochMs | null }) | undefined;
  /** Uses a link up: of all who try, one gets it, once, before it expires. */
  takeLink(hash: string, nowMs: EpochMs): PortalLink | undefined;
  addSession(session: PortalSession): void;
  findSession(hash: string): PortalSession | undefined;
  seeSession(hash: string, nowMs: EpochMs): void;
  endSession(hash: string): void;
  /** Removes what is over: sessions made or last seen before, and links that expired before. */
  expire(before: { readonly madeMs: EpochMs; readonly seenMs: EpochMs; readonly expiredMs: EpochMs }): void;
}

const SCHEMA = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA secure_delete = ON;
CREATE TABLE IF NOT EXISTS links (hash TEXT PRIMARY KEY, kind TEXT NOT NULL, who TEXT NOT NULL, body TEXT NOT NULL,
  made_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, used_ms INTEGER) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS links_who ON links (who, made_ms);
CREATE TABLE IF NOT EXISTS sessions (hash TEXT PRIMARY KEY, kind TEXT NOT NULL, who TEXT NOT NULL,
  made_ms INTEGER NOT NULL, seen_ms INTEGER NOT NULL) WITHOUT ROWID;
`;

/**
 * Opens `portal.sqlite` (0600) in the data folder. It is in no backup: what it holds is over within a day, and whoever
 * was signed in signs in again.
 *
 * A file rather than a table of the warehouse, because one link must be used once and ClickHouse knows no such update.
 */
export function openPortalFile(dataDir: string): PortalFile {
  createPrivateFolder(dataDir);
  const path = join(dataDir, "portal.sqlite");
  createPrivateFile(path);
  const db = new DatabaseSync(path);
  db.exec(SCHEMA);
  const statements = {
    addLink: db.prepare("INSERT INTO links VALUES (?, ?, ?, ?, ?, ?, NULL)"),
    countLinks: db.prepare("SELECT count(*) AS links FROM links WHERE who = ? AND made_ms >= ?"),
    findLink: db.prepare("SELECT * FROM links WHERE hash = ?"),
    takeLink: db.prepare(
      "UPDATE links SET used_ms = ? WHERE hash = ? AND used_ms IS NULL AND expires_ms > ? RETURNING *",
    ),
    addSession: db.prepare("INSERT INTO sessions VALUES (?, ?, ?, ?, ?)"),
    findSession: db.prepare("SELECT * FROM sessions WHERE hash = ?"),
    seeSession: db.prepare("UPDATE sessions SET seen_ms = ? WHERE hash = ?"),
    endSession: db.prepare("DELETE FROM sessions WHERE hash = ?"),
    expireSessions: db.prepare("DELETE FROM sessions WHERE made_ms < ? OR seen_ms < ?"),
    expireLinks: db.prepare("DELETE FROM links WHERE expires_ms < ?"),
  };
  return {
    addLink({ hash, kind, who, body, madeMs, expiresMs }) {
      statements.addLink.run(hash, kind, who, body, madeMs, expiresMs);
    },
    countLinks: (who, sinceMs) => z.object({ links: z.number() }).parse(statements.countLinks.get(who, sinceMs)).links,
    findLink(hash) {
      const row = statements.findLink.get(hash);
      return row === undefined ? undefined : toLink(row);
    },
    takeLink(hash, nowMs) {
      const row = statements.takeLink.get(nowMs, hash, nowMs);
      return row === undefined ? undefined : toLink(row);
    },
    addSession({ hash, kind, who, madeMs, seenMs }) {
      statements.addSession.run(hash, kind, who, madeMs, seenMs);
    },
    findSession(hash) {
      const row = statements.findSession.get(hash);
      return row === undefined ? undefined : toSession(row);
    },
    seeSession: (hash, nowMs) => void statements.seeSession.run(nowMs, hash),
    endSession: (hash) => void statements.endSession.run(hash),
    expire({ madeMs, seenMs, expiredMs }) {
      statements.expireSessions.run(madeMs, seenMs);
      statements.expireLinks.run(expiredMs);
    },
    [Symbol.dispose]: () => db.close(),
  };
}

function toLink(row: unknown): PortalLink & { readonly usedMs: EpochMs | null } {
  const { made_ms, expires_ms, used_ms, ...rest } = LINK.parse(row);
  return { ...rest, madeMs: made_ms, expiresMs: expires_ms, usedMs: used_ms };
}

function toSession(row: unknown): PortalSession {
  const { made_ms, seen_ms, ...rest } = SESSION.parse(row);
  return { ...rest, madeMs: made_ms, seenMs: seen_ms };
}
