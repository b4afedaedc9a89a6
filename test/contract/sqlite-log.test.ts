import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openSqliteLog, type SqliteLogOptions } from "../../ingest/log/sqlite-log.ts";
import type { Log } from "../../schemas/ports.ts";
import { aClock, describeLogContract, type LogUnderTest } from "./log-suite.ts";

async function openUnderTest(options: Partial<SqliteLogOptions> = {}): Promise<LogUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), "roebuck-log-"));
  const clock = aClock();
  const open = () => openSqliteLog({ folder, clock, role: "writer", ...options });
  let log: Log = await open();
  let held: DatabaseSync | undefined;
  return {
    get log() {
      return log;
    },
    clock,
    restart: async () => {
      await log[Symbol.asyncDispose]();
      log = await open();
    },
    breakDown: async () => {
      held = new DatabaseSync(join(folder, "events.db"));
      held.exec("BEGIN IMMEDIATE"); // as a stray program that writes the file would
    },
    repair: async () => held?.close(),
    [Symbol.asyncDispose]: async () => {
      await log[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

describeLogContract("SQLite log", openUnderTest, 60);
