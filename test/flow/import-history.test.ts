import { spawn } from "node:child_process";
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findFiles } from "../fixtures/disk.ts";
import { aMatomoAction, aMatomoVisit, anAccessLine } from "../fixtures/history.ts";
import { Installation } from "../fixtures/roebuck-process.ts";

const MAIN = fileURLToPath(new URL("../../api/main.ts", import.meta.url));
/** Whatever of people stands in the files below. */
const MARKS = [
  "203.0.113.77",
  "203.0.113",
  "2001:db8",
  "wren",
  "kestrel",
  "9f2c7d1a4b5e6f70",
  "s3cr3tpw",
  "Chrome/141",
];

const PLANTED = [
  anAccessLine({ address: "203.0.113.77", user: "wren.kestrel", referrer: "https://www.search.example/?q=wren" }),
  anAccessLine({ address: "2001:db8::77", request: "GET /guides/safe?mail=wren@kestrel.example HTTP/1.1" }),
  anAccessLine({ request: "GET /mail/wren@kestrel.example HTTP/1.1", referrer: "https://wren:s3cr3tpw@s.example/" }),
  anAccessLine({ request: "GET /style.css HTTP/1.1", address: "203.0.113.77" }),
  anAccessLine({ agent: "Googlebot/2.1 (+http://www.google.com/bot.html) wren" }),
  "203.0.113.77 wren this is no line of a log",
];

describe("roebuck import access-log and import matomo", { timeout: 240_000 }, () => {
  const roebuck = new Installation({ ROEBUCK_LOG_LEVEL: "debug" });
  afterAll(() => roebuck[Symbol.asyncDispose]());
  beforeAll(() => roebuck.start(), 180_000);
  const log = join(roebuck.folder, "access.log");
  const visits = join(roebuck.folder, "visits.json");
  const ask = async (sql: string) => (await roebuck.ask("sql", sql, "--format", "TSV")).trim();
  const readPages = (where: string) =>
    ask(
      `SELECT path, referrer, country, device, sum(views), sum(visits) FROM statistics_v1 WHERE ${where} GROUP BY ALL ORDER BY ALL`,
    );

  it("says in a dry run what would be counted, and counts nothing", async () => {
    writeFileSync(log, PLANTED.map((line) => `${line}\n`).join(""));
    const { out, err } = await roebuck.run("import", "access-log", log, "--dry-run");
    expect(out).toContain("6 lines, 0 of them in already.\n3 page views counted, 2 of them visits.");
    expect(out).toContain("1 not counted: robots.");
    expect(out).toContain("Nothing was imported");
    expect(err).toContain("line 6: could not be read.");
    expect(await ask("SELECT count() FROM statistics_v1")).toBe("0");
  });

  it("counts a web server's log by page, once however often it is given, and its new end", async () => {
    expect(await roebuck.ask("import", "access-log", log)).toContain("3 page views counted, 2 of them visits.");
    const rows = [
      "/guides/safe\t\t\tdesktop\t1\t0",
      "/guides/safe\twww.search.example\t\tdesktop\t1\t1",
      "/mail/[masked]\ts.example\t\tdesktop\t1\t1",
    ].join("\n");
    expect(await readPages("1")).toBe(rows);
    expect(await ask("SELECT DISTINCT hour FROM statistics_v1")).toBe("2025-10-10 13:00:00");
    expect(await roebuck.ask("import", "access-log", log)).toContain("6 lines, 6 of them in already.\n0 page views");
    expect(await readPages("1")).toBe(rows);
    appendFileSync(log, `${anAccessLine({ request: "GET /grown HTTP/1.1" })}\n`);
    expect(await roebuck.ask("import", "access-log", log)).toContain("7 lines, 6 of them in already.\n1 page views");
    expect(await readPages("path = '/grown'")).toBe("/grown\t\t\tdesktop\t1\t0");
  });

  it("counts the visits of Matomo's export, packed or not, once", async () => {
    const page = "https://www.example.org/matomo";
    const other = { userId: "wren@kestrel.example", actionDetails: [aMatomoAction(page, 3_600)], referrerUrl: null };
    const text = JSON.stringify([aMatomoVisit({ visitIp: "203.0.113.77" }), aMatomoVisit(other)], null, 2);
    writeFileSync(visits, gzipSync(text));
    const told = await roebuck.ask("import", "matomo", visits);
    expect(told).toContain("2 visits, 0 of them in already.\n3 page views counted, 1 of them visits.");
    writeFileSync(visits, text);
    expect(await roebuck.ask("import", "matomo", visits)).toContain("2 visits, 2 of them in already.");
    expect(await readPages("device = 'mobile'")).toBe(
      [
        "/about\twww.example.org\tIE\tmobile\t1\t0",
        "/guides/safe?page=2\twww.search.example\tIE\tmobile\t1\t1",
        "/matomo\t\tIE\tmobile\t1\t0",
      ].join("\n"),
    );
    expect(await ask("SELECT hour FROM statistics_v1 WHERE path = '/matomo'")).toBe("2025-10-10 14:00:00");
  });

  it.each([
    [["access-log", "missing.log"], 1, "ENOENT"],
    [["access-log", "visits.json"], 1, "none of its"],
    [["matomo", "access.log"], 1, "element 1: it must be an array of objects"],
    [["matomo", "visits.json", "--until", "2025-13-01"], 2, '--until "2025-13-01" is no day'],
    [["matomo", "visits.json", "--until", "2025-12-01"], 1, "Give the same --from and --until"],
    [["matomo", "visits.json", "--site", "shop"], 2, '--site "shop" is not one of ROEBUCK_SITES'],
    [["matomo"], 2, "FILE is missing"],
  ])("refuses %j", async (words, code, told) => {
    const before = await readPages("1");
    const answer = await roebuck.run("import", ...words);
    expect(answer.err).toContain(told);
    expect(answer.code).toBe(code);
    expect(await readPages("1")).toBe(before);
  });

  it("has written nothing of a person, in any file and any word", () => {
    for (const mark of MARKS) expect([mark, ...findFiles(roebuck.dataDir, mark)]).toEqual([mark]);
    for (const mark of MARKS) expect(roebuck.logged).not.toContain(mark);
  });

  it("counts each line once when the service is killed in the middle, again and again", async () => {
    const killed = join(roebuck.folder, "killed.log");
    const lines = Array.from({ length: 60_000 }, (_, index) =>
      anAccessLine({
        request: `GET /killed/${index % 5_000} HTTP/1.1`,
        referrer: index % 4 === 0 ? "https://k.example/" : "-",
      }),
    );
    writeFileSync(killed, `${lines.join("\n")}\n`);
    const count = () => ask("SELECT sum(views), sum(visits) FROM statistics_v1 WHERE startsWith(path, '/killed/')");
    const isDone = async () => {
      const { code, err } = await roebuck.run("import", "access-log", killed);
      if (code !== 0) expect(err).toContain("Wait and repeat");
      return code === 0;
    };
    for (const delayMs of [1_500, 2_500]) {
      const child = spawn(process.execPath, [MAIN, "import", "access-log", killed], {
        env: roebuck.environment,
        stdio: "ignore",
      });
      const ended = new Promise((resolve) => child.once("exit", resolve));
      await wait(delayMs);
      await roebuck.end("SIGKILL");
      await ended;
      await roebuck.start();
      await wait(31_000);
    }
    // Whoever was killed keeps others out for half a minute.
    for (let tries = 0; tries < 60 && !(await isDone()); tries++) await wait(2_000);
    expect(await count()).toBe("60000\t15000");
  });
});
