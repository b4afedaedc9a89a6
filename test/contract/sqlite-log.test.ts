import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { type LogNotice, openSqliteLog, type SqliteLogOptions } from "../../ingest/log/sqlite-log.ts";
import { type EpochMs, toEpochMs } from "../../schemas/ids.ts";
import { type BatchLimits, type Log, LogUnavailable, type StoredRecord } from "../../schemas/ports.ts";
import { describeLogContract, doRecords, type LogUnderTest, someRecords, toTexts } from "./log-suite.ts";
import { aClock, someMs } from "./settable-clock.ts";

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

interface Folder extends Disposable {
  readonly path: string;
}

function aFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), "roebuck-log-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

function openWriter(folder: Folder, options: Partial<SqliteLogOptions> = {}): Promise<Log> {
  return openSqliteLog({ folder: folder.path, clock: aClock(), role: "writer", ...options });
}

function openReader(folder: Folder): Promise<Log> {
  return openSqliteLog({ folder: folder.path, clock: aClock(), role: "reader" });
}

const now: BatchLimits = { recordsMax: 1_000_000, bytesMax: 1e9, waitMs: 0 };

/** Everything that is kept, in order, read as a group that has never read. */
async function readAll(log: Log, group = "check"): Promise<readonly StoredRecord[]> {
  await using consumer = await log.consume("events", group);
  const records: StoredRecord[] = [];
  for (let batch = await consumer.next(now); batch !== undefined; batch = await consumer.next(now)) {
    for (const record of batch.records) records.push(record);
  }
  return records;
}

function hoursLater(hours: number): EpochMs {
  return toEpochMs(someMs + hours * 3_600_000);
}

/** Reproducible whole numbers from `min` to `max`. */
function seeded(seed: number): (min: number, max: number) => number {
  let state = seed;
  return (min, max) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return min + ((state >>> 8) % (max - min + 1));
  };
}

const here = import.meta.dirname;

describe("one writer", () => {
  test("openSqliteLog() refuses a second writer process and names the first", async () => {
    using folder = aFolder();
    await using log = await openWriter(folder);
    const second = spawnSync(process.execPath, [join(here, "sqlite-log-writer.ts"), folder.path, "0"], {
      encoding: "utf8",
    });
    expect(second.status).not.toBe(0);
    expect(second.stderr).toContain(
      `Cannot open the log in "${folder.path}": another process (pid ${process.pid}) is writing it. ` +
        "Stop that one first, or choose another ROEBUCK_DATA_DIR.",
    );
    await log.append("events", someRecords(1));
  });

  test("openSqliteLog() opens the folder for writing again once the first writer is closed", async () => {
    using folder = aFolder();
    await (await openWriter(folder))[Symbol.asyncDispose]();
    await using log = await openWriter(folder);
    await expect(openWriter(folder)).rejects.toThrow("another process");
    await log.append("events", someRecords(1));
  });

  test("append() and expire() refuse when the log was opened as a reader", async () => {
    using folder = aFolder();
    await expect(openReader(folder)).rejects.toThrow("Start the process that writes it first");
    await using _writer = await openWriter(folder);
    await using reader = await openReader(folder);
    await expect(reader.append("events", someRecords(1))).rejects.toThrow("opened as a reader");
    await expect(reader.expire("events", someMs)).rejects.toThrow("opened as a reader");
  });

  test("openSqliteLog() lets nobody else read the folder or any file in it", async () => {
    using folder = aFolder();
    chmodSync(folder.path, 0o755);
    await using log = await openWriter(folder);
    await using _consumer = await log.consume("events", "reader");
    await log.append("events", someRecords(1));
    expect(statSync(folder.path).mode & 0o777).toBe(0o700);
    const modes = readdirSync(folder.path).map((name) => [
      name,
      (statSync(join(folder.path, name)).mode & 0o777).toString(8),
    ]);
    expect(modes.length).toBeGreaterThan(8);
    expect(modes.filter(([, mode]) => mode !== "600")).toEqual([]);
  });
});

describe("consumers", () => {
  test("consume() refuses a second consumer of a group, also through another log", async () => {
    using folder = aFolder();
    await using log = await openWriter(folder);
    await using reader = await openReader(folder);
    {
      await using _first = await log.consume("events", "transform");
      await expect(log.consume("events", "transform")).rejects.toThrow("another consumer of this group is open");
      await expect(reader.consume("events", "transform")).rejects.toThrow("another consumer of this group is open");
      await using _other = await reader.consume("journal", "transform");
    }
    await using _again = await reader.consume("events", "transform");
  });

  test("consume() refuses a group name that could be a path", async () => {
    using folder = aFolder();
    await using log = await openWriter(folder);
    await expect(log.consume("events", "../transform")).rejects.toThrow("1-64 of a-z");
  });

  test("begin() and done() refuse a range out of turn, which a restart would count twice", async () => {
    using folder = aFolder();
    await using log = await openWriter(folder);
    await log.append("events", someRecords(10));
    await using consumer = await log.consume("events", "transform");
    const first = await consumer.next({ ...now, recordsMax: 4 });
    const second = await consumer.next({ ...now, recordsMax: 4 });
    if (first === undefined || second === undefined) throw new Error("no batch came");
    await consumer.begin(first);
    await expect(consumer.begin(second)).rejects.toThrow("0-3 was begun and must be done first");
    await expect(consumer.done(second)).rejects.toThrow("0-3 was begun and must be done first");
    await consumer.done(first);
    await expect(consumer.begin(first)).rejects.toThrow("everything before 4 is done already");
    await consumer.begin(second);
    await consumer.done(second);
    expect(await consumer.lag()).toBe(2);
  });

  test("next() tells through onEvent which records expired before the group read them", async () => {
    using folder = aFolder();
    const notices: LogNotice[] = [];
    const clock = aClock();
    await using log = await openWriter(folder, { clock, onEvent: (notice) => notices.push(notice) });
    await log.append("events", someRecords(10));
    {
      await using consumer = await log.consume("events", "transform");
      const batch = await consumer.next({ ...now, recordsMax: 6 });
      if (batch !== undefined) await consumer.begin(batch);
    }
    clock.set(hoursLater(3));
    await log.append("events", someRecords(2, "new"));
    await log.expire("events", hoursLater(2));
    await using consumer = await log.consume("events", "transform");
    expect(toTexts((await doRecords(consumer, 2)).flatMap(({ records }) => records))).toEqual(["new 0", "new 1"]);
    const unread = { what: "expired-unread", stream: "events", group: "transform", first: 0 };
    expect(notices).toEqual([
      { ...unread, last: 5, noted: true },
      { ...unread, last: 9, noted: false },
    ]);
  });

  test("next() answers undefined when the log closes while it waits", async () => {
    using folder = aFolder();
    const log = await openWriter(folder);
    const consumer = await log.consume("events", "transform");
    const waiting = consumer.next({ ...now, waitMs: 60_000 });
    await log[Symbol.asyncDispose]();
    expect(await waiting).toBeUndefined();
    await expect(consumer.next(now)).rejects.toBeInstanceOf(LogUnavailable);
    await expect(log.consume("events", "transform")).rejects.toBeInstanceOf(LogUnavailable);
  });

  test("next() in a worker thread gives what the main thread appends, while it appends", async () => {
    using folder = aFolder();
    await using log = await openWriter(folder);
    const worker = new Worker(join(here, "sqlite-log-reader.ts"), {
      workerData: { folder: folder.path, count: 2_000 },
    });
    const texts: string[] = [];
    worker.on("message", (message: "ready" | readonly string[]) => message !== "ready" && texts.push(...message));
    await once(worker, "message");
    const ended = once(worker, "exit");
    for (let round = 0; round < 20; round += 1) {
      await log.append("events", someRecords(100, `round ${round}:`));
      await pause(5);
    }
    await ended;
    const expected = Array.from({ length: 20 }, (_, round) => toTexts(someRecords(100, `round ${round}:`))).flat();
    expect(texts).toEqual(expected);
  });
});

/** Starts the writer program, kills it after some load, and gives the texts that it said were kept. */
async function runUntilKilled(folder: Folder, round: number, loadMs: number, mode: string): Promise<readonly string[]> {
  const program = [join(here, "sqlite-log-writer.ts"), folder.path, String(round), mode];
  const child: ChildProcess = spawn(process.execPath, program, { stdio: ["ignore", "pipe", "inherit"] });
  if (child.stdout === null) throw new Error("the writer has no output");
  const closed = once(child, "close");
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on("line", (line) => lines.push(line));
  await once(reader, "line");
  await pause(loadMs);
  child.kill("SIGKILL");
  await closed;
  expect(lines[0]).toBe("open");
  return lines.slice(1);
}

function toText({ value }: StoredRecord): string {
  return Buffer.from(value).toString().replace(/\.+$/, "");
}

describe("after kill -9", () => {
  test("append() has kept every record that it acknowledged, and the log opens again", async () => {
    using folder = aFolder();
    const random = seeded(1);
    const acknowledged: string[] = [];
    for (let round = 0; round < 8; round += 1) {
      const lines = await runUntilKilled(folder, round, random(10, 400), "keeping");
      acknowledged.push(...lines.slice(0, -1)); // the last line may be cut off
      await using log = await openWriter(folder);
      const records = await readAll(log, `check-${round}`);
      expect(records.every(({ offset }, index) => offset === index)).toBe(true);
      const kept = new Set(records.map(toText));
      expect(kept.size).toBe(records.length);
      expect(acknowledged.filter((text) => !kept.has(text))).toEqual([]);
    }
    expect(acknowledged.length).toBeGreaterThan(100);
  });

  // A writer that is starved of the processor for long is killed in states that the bounds do not tell: then once more.
  test("expire() has removed nothing that was not due, and append() gives no offset twice", { retry: 1 }, async () => {
    using folder = aFolder();
    const random = seeded(2);
    let endBefore = 0;
    for (let round = 0; round < 6; round += 1) {
      const lines = await runUntilKilled(folder, round, random(100, 500), "expiring");
      const acknowledged = lines.slice(0, -1);
      const file = join(folder.path, "bounds"); // absent if the kill came before the first expiry
      const bounds = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n").map(Number) : [];
      const firstNotDue = Math.max(0, ...bounds);
      await using log = await openWriter(folder);
      const records = (await readAll(log, `check-${round}`)).filter((record) => toText(record).startsWith(`${round}:`));
      expect(records.every(({ offset }, index) => offset === (records[0]?.offset ?? 0) + index)).toBe(true);
      expect(records[0]?.offset ?? endBefore).toBeGreaterThanOrEqual(endBefore);
      const kept = new Set(records.map(toText));
      // A record lies under the hour of its commit, which is not before the hour in its text.
      const due = (text: string) => Number(text.split(":")[2]) < firstNotDue;
      expect(acknowledged.filter((text) => !due(text) && !kept.has(text))).toEqual([]);
      endBefore = (await log.ends("events")).get(0) ?? 0;
    }
  });
});

/** The counts in the marks that stand in any file of the log. Nobody may have the log open. */
function findMarkedCounts(folder: Folder, round: number): readonly number[] {
  const files = readdirSync(folder.path).filter((file) => file.startsWith("events.db"));
  const text = files.map((file) => readFileSync(join(folder.path, file)).toString("latin1")).join("\n");
  return [...text.matchAll(/erase-me;(\d+)\.(\d+);/g)].flatMap(([, of, count]) =>
    Number(of) === round ? [Number(count)] : [],
  );
}

describe("after kill -9 while records are emptied", () => {
  test("blank() has left no byte of what it said was emptied, has lost nothing else, and finishes later", async () => {
    using folder = aFolder();
    const random = seeded(5);
    let emptied = 0;
    for (let round = 0; round < 6; round += 1) {
      rmSync(join(folder.path, "emptied"), { force: true });
      const acknowledged = (await runUntilKilled(folder, round, random(150, 600), "emptying")).slice(0, -1);
      const file = join(folder.path, "emptied"); // absent if the kill came before the first time
      const upTo = Math.max(0, ...(existsSync(file) ? readFileSync(file, "utf8").trim().split("\n").map(Number) : []));
      emptied += upTo;
      expect(findMarkedCounts(folder, round).filter((count) => count <= upTo)).toEqual([]);

      await using log = await openWriter(folder);
      const records = await readAll(log, `check-${round}`);
      expect(records.map(({ offset }) => offset)).toEqual(records.map((_, index) => index));
      const kept = new Set(records.map(toText));
      expect(acknowledged.filter((text) => !text.includes("erase-me;") && !kept.has(text))).toEqual([]);
      await log.blank("events", (record) => toText(record).includes("erase-me;"));
      expect(grepFiles(folder, "erase-me;")).toBe("");
      expect(await readAll(log, `after-${round}`)).toHaveLength(records.length);
    }
    expect(emptied).toBeGreaterThan(100);
  });
});

function grepFiles(folder: Folder, text: string): string {
  // a process of its own: reading the files here would drop the locks that SQLite holds on them
  return spawnSync("grep", ["-rlaF", text, folder.path], { encoding: "utf8" }).stdout;
}

describe("erasure", () => {
  test("expire() leaves no byte of what expired in any file, though records of all sizes lie around it", async () => {
    using folder = aFolder();
    const clock = aClock();
    const random = seeded(3);
    await using log = await openWriter(folder, { clock });
    const hours = 6;
    for (let hour = 0; hour < hours; hour += 1) {
      clock.set(hoursLater(hour));
      for (let round = 0; round < 10; round += 1) {
        const values = Array.from({ length: 250 }, () => Buffer.from(`of-hour-${hour};`.repeat(random(1, 90))));
        await log.append(
          "events",
          values.map((value) => ({ key: `key-of-hour-${hour};`, value })),
        );
      }
    }
    for (let hour = 0; hour < hours; hour += 1) {
      expect(grepFiles(folder, `of-hour-${hour};`)).not.toBe("");
      expect(await log.expire("events", hoursLater(hour + 1))).toBe(2_500);
      expect(grepFiles(folder, `of-hour-${hour};`)).toBe("");
    }
  });

  test("expire() gives the disk back after a backlog, and still leaves nothing behind", async () => {
    using folder = aFolder();
    const clock = aClock();
    await using log = await openWriter(folder, { clock });
    const fill = async (text: string, appends: number) => {
      const records = Array.from({ length: 100 }, () => ({ key: text, value: Buffer.from(text.repeat(1_000)) }));
      for (let count = 0; count < appends; count += 1) await log.append("events", records);
    };
    await fill("backlog;", 120);
    clock.set(hoursLater(2));
    await fill("latest!;", 5);
    const bytesBefore = statSync(join(folder.path, "events.db")).size;
    await log.expire("events", hoursLater(1));
    expect(statSync(join(folder.path, "events.db")).size).toBeLessThan(bytesBefore - 10_000_000);
    expect(grepFiles(folder, "backlog;")).toBe("");
    expect(await readAll(log)).toHaveLength(500);
    await log.expire("events", hoursLater(9));
    expect(grepFiles(folder, "latest!;")).toBe("");
  });

  test("expire() lets appends go on while it removes many records", async () => {
    using folder = aFolder();
    const clock = aClock();
    await using log = await openWriter(folder, { clock });
    for (let round = 0; round < 10; round += 1) await log.append("events", someRecords(2_000));
    clock.set(hoursLater(2));
    let expired = false;
    const expiry = log.expire("events", hoursLater(1)).then((count) => {
      expired = true;
      return count;
    });
    let appendsMeanwhile = 0;
    while (!expired) {
      await log.append("events", someRecords(1, "meanwhile"));
      appendsMeanwhile += 1;
    }
    expect(await expiry).toBe(20_000);
    expect(appendsMeanwhile).toBeGreaterThan(5);
    expect(await readAll(log)).toHaveLength(appendsMeanwhile);
  });

  test("expire() says that it is not finished while another program reads on, and finishes later; appends go on", async () => {
    using folder = aFolder();
    await using log = await openWriter(folder);
    await log.append("events", [{ key: "key", value: Buffer.from("to-be-erased") }]);
    const stray = new DatabaseSync(join(folder.path, "events.db"), { readOnly: true });
    stray.exec("BEGIN");
    stray.prepare("SELECT * FROM hours").all();
    const expiry = expect(log.expire("events", hoursLater(1))).rejects.toThrow("another program reads the file");
    await pause(100);
    await log.append("events", someRecords(1, "meanwhile"));
    await expiry;
    stray.close();
    expect(await log.expire("events", someMs)).toBe(0);
    expect(grepFiles(folder, "to-be-erased")).toBe("");
    expect(toTexts(await readAll(log))).toEqual(["meanwhile 0"]);
  });

  test("blank() and truncate() leave no byte of what they removed in any file, and appends go on", async () => {
    using folder = aFolder();
    const clock = aClock();
    await using log = await openWriter(folder, { clock });
    for (let hour = 0; hour < 3; hour += 1) {
      clock.set(hoursLater(hour));
      const records = Array.from({ length: 3_000 }, (_, index) => {
        const text = index % 5 === 0 ? `erased-person;${"x".repeat(index % 700)}` : `kept ${index}`;
        return { key: index % 5 === 0 ? "erased-key" : "key", value: Buffer.from(text) };
      });
      await log.append("events", records);
      await log.append("journal", records);
    }
    expect(grepFiles(folder, "erased-person;")).not.toBe("");
    const isErased = ({ key }: StoredRecord) => key === "erased-key";
    const [blanked] = await Promise.all([
      log.blank("events", isErased),
      log.append("events", someRecords(1, "meanwhile")),
      log.truncate("journal", 0, 8_999),
    ]);
    expect(blanked).toBe(1_800);
    expect(grepFiles(folder, "erased-person;")).toBe("");
    expect(grepFiles(folder, "erased-key")).toBe("");
    expect(await readAll(log)).toHaveLength(9_001);
  });

  test("blank() refuses the journal", async () => {
    using folder = aFolder();
    await using log = await openWriter(folder);
    // A caller in JavaScript could still ask for it.
    const blank = log.blank as (stream: string, isChosen: () => boolean) => Promise<unknown>;
    await expect((async () => blank.call(log, "journal", () => true))()).rejects.toThrow("its entries are a chain");
  });

  test("expire() removes what is due and nothing else when the clock has jumped back and forth", async () => {
    using folder = aFolder();
    const clock = aClock();
    await using log = await openWriter(folder, { clock });
    for (const hour of [0, 9, 1, 8, 2]) {
      clock.set(hoursLater(hour));
      await log.append("events", someRecords(10, `hour ${hour}:`, 1));
    }
    expect(await log.expire("events", hoursLater(5))).toBe(30);
    const records = await readAll(log);
    expect(toTexts(records)).toEqual([...toTexts(someRecords(10, "hour 9:")), ...toTexts(someRecords(10, "hour 8:"))]);
    expect(records.map(({ offset }) => offset)).toEqual([
      10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39,
    ]);
    expect(await log.ends("events")).toEqual(new Map([[0, 50]]));
  });
});

describe("full disk", () => {
  test("append() rejects and keeps nothing of it when the file may not grow, and works again once there is room", async () => {
    using folder = aFolder();
    const clock = aClock();
    await using log = await openWriter(folder, { clock, fileBytesMax: 400_000, recordsPerCommitMax: 50 });
    const large = (text: string) => ({ key: "key", value: Buffer.from(text.padEnd(1_000, ".")) });
    const appends = Array.from({ length: 100 }, (_, count) =>
      log.append(
        "events",
        Array.from({ length: 10 }, (_, part) => large(`${count}:${part}`)),
      ),
    );
    const outcomes = await Promise.allSettled(appends);
    const failures = outcomes.filter((outcome) => outcome.status === "rejected").map(({ reason }): unknown => reason);
    expect(failures.length).toBeGreaterThan(10);
    for (const failure of failures) {
      expect(failure).toBeInstanceOf(LogUnavailable);
      expect(String(failure)).toContain("Make room on the disk");
    }
    const acknowledged = outcomes.flatMap((outcome, count) =>
      outcome.status === "fulfilled" ? Array.from({ length: 10 }, (_, part) => `${count}:${part}`) : [],
    );
    expect((await readAll(log)).map(toText)).toEqual(acknowledged);
    await log.expire("events", hoursLater(1));
    await log.append("events", [large("room again")]);
    expect((await readAll(log, "later")).map(toText)).toEqual(["room again"]);
  });

  test("append() refuses a record that is too large, and too many that wait", async () => {
    using folder = aFolder();
    await using log = await openWriter(folder, { recordBytesMax: 1_000, waitingRecordsMax: 20 });
    await expect(log.append("events", [{ key: "k", value: Buffer.alloc(1_000) }])).rejects.toThrow(
      "at most 1000 are taken",
    );
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => log.append("events", someRecords(8))));
    expect(outcomes.map(({ status }) => status)).toEqual([
      "fulfilled",
      "fulfilled",
      "rejected",
      "rejected",
      "rejected",
    ]);
    expect(await readAll(log)).toHaveLength(16);
  });
});

/** The files of a log as they are on the disk now, while it is open: what a power cut would leave. */
function copyLive(folder: Folder): Folder {
  const copy = aFolder();
  execFileSync("cp", ["-r", `${folder.path}/.`, copy.path]); // a process of its own: see grepFiles
  return copy;
}

describe("torn and damaged files", () => {
  test("openSqliteLog() comes back with whole appends only when the tail of the write-ahead log is cut off or garbage", async () => {
    using folder = aFolder();
    await using log = await openWriter(folder);
    for (let round = 0; round < 60; round += 1) await log.append("events", someRecords(7, `round ${round}:`));
    const texts = toTexts(await readAll(log));
    const bytes = statSync(join(folder.path, "events.db-wal")).size;
    const random = seeded(4);
    const counts = new Set<number>();
    for (let round = 0; round < 25; round += 1) {
      using torn = copyLive(folder);
      const wal = join(torn.path, "events.db-wal");
      for (const ending of ["", "-wal", "-shm"]) rmSync(join(torn.path, `groups.db${ending}`), { force: true });
      const cut = round === 0 ? bytes : random(0, bytes);
      truncateSync(wal, cut);
      if (round % 3 === 0) writeFileSync(wal, Buffer.alloc(random(1, 20_000), round), { flag: "a" });
      await using again = await openWriter(torn);
      const kept = toTexts(await readAll(again));
      expect(kept.length % 7).toBe(0);
      expect(kept).toEqual(texts.slice(0, kept.length));
      if (round === 0) expect(kept).toHaveLength(420);
      await again.append("events", someRecords(1, "after"));
      expect(toTexts(await readAll(again, "later"))).toEqual([...kept, "after 0"]);
      counts.add(kept.length);
    }
    expect(counts.size).toBeGreaterThan(5);
  });

  test("append() gives no offset again that a group has seen, and tells of it, when the tail is lost", async () => {
    using folder = aFolder();
    await using log = await openWriter(folder);
    await log.append("events", someRecords(10));
    {
      await using consumer = await log.consume("events", "transform");
      await doRecords(consumer, 10);
    }
    using torn = copyLive(folder);
    truncateSync(join(torn.path, "events.db-wal"), 0);
    const notices: LogNotice[] = [];
    await using again = await openWriter(torn, { onEvent: (notice) => notices.push(notice) });
    expect(notices).toEqual([{ what: "tail-lost", stream: "events", first: 0, last: 9 }]);
    await again.append("events", someRecords(1, "new"));
    await using consumer = await again.consume("events", "transform");
    const batch = await consumer.next(now);
    expect([batch?.first, toTexts(batch?.records ?? [])]).toEqual([10, ["new 0"]]);
  });

  test.each([
    ["its first bytes are overwritten", 0],
    ["bytes in the middle are overwritten", 9],
  ])("openSqliteLog() names the file, leaves it and frees the folder when %s", async (_, page) => {
    using folder = aFolder();
    const path = join(folder.path, "events.db");
    {
      await using log = await openWriter(folder);
      for (let round = 0; round < 20; round += 1) await log.append("events", someRecords(200));
    }
    using whole = aFolder();
    cpSync(path, join(whole.path, "events.db"));
    const damaged = readFileSync(path);
    damaged.fill(0xa5, page * 4_096, page * 4_096 + 3_000);
    writeFileSync(path, damaged);
    await expect(openWriter(folder)).rejects.toThrow(`Cannot open the log file "${path}": it is damaged`);
    expect(readFileSync(path).equals(damaged)).toBe(true);
    cpSync(join(whole.path, "events.db"), path);
    await using log = await openWriter(folder);
    expect(await readAll(log)).toHaveLength(4_000);
  });

  test("openSqliteLog() refuses a file of a later layout", async () => {
    using folder = aFolder();
    await (await openWriter(folder))[Symbol.asyncDispose]();
    using file = new DatabaseSync(join(folder.path, "journal.db"));
    file.exec("PRAGMA user_version = 7");
    await expect(openWriter(folder)).rejects.toThrow("its layout is version 7, this release knows 1");
  });
});
