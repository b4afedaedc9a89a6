import { readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importPartners } from "../../api/commands/partners-import.ts";
import { deliver, readDeliveries } from "../../api/delivery/deliver.ts";
import { toOfficerKey } from "../../api/delivery/ledger.ts";
import { NIGHTLY_JOBS } from "../../api/nightly-jobs.ts";
import { doDue } from "../../api/reporter.ts";
import type { Service } from "../../api/service.ts";
import { type Month, toEpochMs, toMonthOffset } from "../../schemas/ids.ts";
import { findGoodBackups } from "../fixtures/backup-content.ts";
import { type CuttableWarehouse, toCuttable } from "../fixtures/cuttable-warehouse.ts";
import { type MailServer, openMailServer } from "../fixtures/mail-server.ts";
import { openRightsHouse, type RightsHouse } from "../fixtures/rights-house.ts";
import { makeRough, type RoughMail } from "../fixtures/rough-mail.ts";
import { toRandom } from "../fixtures/transform-traffic.ts";
import { MONTHS, PARTNERS, toDueMails, toKey, toMonths, toUses } from "../fixtures/year-of-records.ts";

// A year that no machine's clock has reached, so that the tables' own TTL does none of the work.
const BEGIN = "2061-01-01T00:20:00Z";
const END = "2062-01-03T23:00:00Z";
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const YEAR_MS_MAX = 3_000_000;
const NEVER = new AbortController().signal;
const at = (time: string) => Date.parse(time);
const toTime = (ms: number) => new Date(ms).toISOString();
const toDay = (ms: number) => toTime(ms).slice(0, 10);

/** Times in which the process does not run: nights here and there, and over the 3rd of September. */
const DOWN: readonly (readonly [from: number, until: number])[] = [
  [at("2061-01-20T01:00:00Z"), at("2061-01-20T09:20:00Z")],
  [at("2061-03-26T20:00:00Z"), at("2061-03-27T06:00:00Z")], // the clocks change in London and Paris
  [at("2061-05-11T23:00:00Z"), at("2061-05-14T12:40:00Z")],
  [at("2061-09-02T18:00:00Z"), at("2061-09-05T06:40:00Z")],
  [at("2061-11-05T22:00:00Z"), at("2061-11-07T01:30:00Z")], // the clocks change in New York
  [at("2061-12-24T12:00:00Z"), at("2061-12-27T08:00:00Z")],
];
/** The mail server is off on this whole day. */
const MAIL_OFF = "2061-04-03";
/** In these months the process is cut off from the store as a mail is taken: nobody is left who knows. */
const CUT_AT_MAIL = ["2061-03", "2061-06", "2061-11"];
/** On the 3rd of this month one address is refused for good, and mended on the 20th. */
const REFUSED = { month: "2061-07", email: "dan@moth.example", partner: "moth" };
/** On this night there is no room for backups until 02:30. */
const NO_BACKUP = "2061-10-17";

/** Every night of the year, each with its backup, is lived with ROEBUCK_TEST_YEAR=whole, which takes three times as long. */
const IS_WHOLE = globalThis.process.env.ROEBUCK_TEST_YEAR === "whole";
/**
 * Otherwise each night and its backup in these days, in which February ends and clocks change; outside of them the first
 * days of each month and every fifth night. A night that is not lived is one in which the process is down.
 */
const LIVED: readonly (readonly [from: string, until: string])[] = IS_WHOLE
  ? [["2061-01-01", "2062-01-03"]]
  : [
      ["2061-02-27", "2061-03-04"],
      ["2061-03-25", "2061-03-28"],
      ["2061-04-02", "2061-04-04"],
      ["2061-10-15", "2061-10-18"],
      ["2061-11-05", "2061-11-08"],
    ];

let house: RightsHouse;
let mail: MailServer;
let rough: RoughMail;
let process: CuttableWarehouse;
let backups: string;
const random = toRandom(2_061);
const tally = { looks: 0, restarts: 0, cuts: 0 };
/** Mails that were taken and are in no ledger, because whoever could have noted them was gone, or never heard. */
const unheard: string[] = [];
/** Looks of which the process saw the end, by time. */
const seen: number[] = [];
/** There may be a mail to send: not on most nights, which then need not be asked. */
let isOpen = false;
let used = toMonthOffset(MONTHS[0] ?? fail(), -1);

/** A clock that goes on a little with each look at it, so that what takes time takes some. */
let nowMs = at(BEGIN);
const clock = {
  nowMs: () => {
    nowMs += 1;
    return toEpochMs(nowMs);
  },
};
function setClock(ms: number): void {
  nowMs = Math.max(nowMs, ms);
  house.at(toTime(ms));
}

function toProcess(): Service {
  const { service } = house;
  const backupDir = isBackedUp(toDay(nowMs)) ? backups : "";
  return { ...service, clock, warehouse: process.warehouse, settings: { ...service.settings, backupDir } };
}

const isBackedUp = (day: string) => LIVED.some(([from, until]) => day >= from && day <= until);
const isLived = (day: string) => isBackedUp(day) || day.slice(8) < "05" || Number(day.slice(8)) % 5 === 0;

/** Ends the process, in order or not, and starts the next on the same stores. */
async function restart(): Promise<void> {
  tally.restarts += 1;
  await house.reopen();
  process = toCuttable(house.service.warehouse);
}

/** Two minutes after a process was killed nobody has its turn any more. The store's own clock does not know of ours. */
async function letLeasesEnd(): Promise<void> {
  await house.service.warehouse.execute({
    sql: `INSERT INTO leases (name, turn, holder, released, seconds)
          SELECT name, max(leases.turn), argMax(holder, leases.turn), 1, 0 FROM leases GROUP BY name`,
  });
}

/** One look of the reporter. If the process is cut off in it, the next one looks ten minutes later. */
async function look(ms: number): Promise<void> {
  setClock(ms);
  await sendUse(ms);
  tally.looks += 1;
  const taken = mail.taken.length;
  await doDue(toProcess(), NEVER);
  const isCut = process.isCut();
  if (isCut) {
    tally.cuts += 1;
    await restart();
    await letLeasesEnd();
  }
  const keys = mail.taken.slice(taken).map(toMessageKey);
  if (keys.length > 0) {
    const sent = await readSent();
    unheard.push(...keys.filter((key) => !sent.has(key)));
  }
  if (isCut) await look(ms + 10 * MINUTE_MS);
  else seen.push(ms);
}

/** What people did in a month is on the log before it is closed. */
async function sendUse(ms: number): Promise<void> {
  const over = toMonthOffset(toDay(ms - 12 * 3_600_000).slice(0, 7) as Month, -1); // yyyy-mm of an instant
  if (over === used || !MONTHS.includes(over)) return;
  used = over;
  await house.send(...toUses(over));
}

async function readSent(): Promise<ReadonlySet<string>> {
  const rows = await house.rows<{ partner: string; month: Month; officer: string }>(
    "SELECT partner, month, officer FROM deliveries WHERE outcome = 'sent'",
  );
  const keys = new Map(
    PARTNERS.flatMap(({ partner: { id, officers } }) =>
      officers.map(({ email }) => [toOfficerKey(id, email), email] as const),
    ),
  );
  return new Set(rows.map(({ partner, month, officer }) => toKey(partner, month, keys.get(officer) ?? "")));
}

const toMessageKey = ({ email }: MailServer["taken"][number]) => /^<([^@]+)@/.exec(email.messageId ?? "")?.[1] ?? "";

/** When the reporter next has something to do before `untilMs`: it looks every ten minutes, mostly for nothing. */
async function toNextRetryMs(ms: number, untilMs: number): Promise<number | undefined> {
  if (!isOpen) return undefined;
  const { deliveries } = await readDeliveries(house.service, {});
  const times = deliveries.flatMap(({ state, nextMs }) =>
    state === "due" ? [ms + 10 * MINUTE_MS] : state === "waiting" ? [Math.max(nextMs, ms + 10 * MINUTE_MS)] : [],
  );
  isOpen = times.length > 0;
  const next = Math.ceil(Math.min(...times) / (10 * MINUTE_MS)) * 10 * MINUTE_MS;
  // a server that is off for a day is looked for every ten minutes; hours will do here
  const stepped = toDay(ms) === MAIL_OFF ? Math.max(next, ms + 4 * 3_600_000) : next;
  return stepped < untilMs ? stepped : undefined;
}

const isDown = (ms: number) => DOWN.some(([from, until]) => ms >= from && ms < until);

/** What happens on a day beside the reporter's looks. */
async function live(day: string): Promise<void> {
  const come = PARTNERS.filter(({ from }) => from === day).map(({ partner }) => partner);
  if (come.length > 0) await importPartners(house.service, come);
  if (day === MAIL_OFF) await mail.stop();
  if (day > MAIL_OFF && toDay(at(`${day}T00:00:00Z`) - DAY_MS) === MAIL_OFF) await mail.start();
  if (day === `${REFUSED.month}-03`) rough.refused.add(REFUSED.email);
  if (day === `${REFUSED.month}-20`) await mend();
  if (isLived(day) && random() < 1 / 12) await restart();
}

/** What an operator does once a mailbox is there again. */
async function mend(): Promise<void> {
  rough.refused.clear();
  setClock(at(`${REFUSED.month}-20T00:00:00Z`));
  const order = { month: toMonthOffset(REFUSED.month as Month, -1), partner: REFUSED.partner };
  const lease = { isMine: async () => true };
  for (let left = 1; left > 0; ) {
    const report = await deliver(toProcess(), order, "wren", { lease, signal: NEVER });
    left = report.failed + report.left;
  }
}

/** Arms what goes wrong at a look. */
function spoil(day: string): void {
  if (day.endsWith("-03") && CUT_AT_MAIL.includes(day.slice(0, 7))) {
    rough.onTaking = () => {
      if (random() > 0.3) return;
      process.cutAfter(0);
      rough.onTaking = () => undefined;
    };
  } else if (random() < 1 / 10) process.cutAfter(Math.floor(random() * 160));
}

async function liveNight(ms: number): Promise<void> {
  const day = toDay(ms);
  if (day === NO_BACKUP) {
    renameSync(backups, `${backups}-away`);
    writeFileSync(backups, "a file where the folder was");
  }
  await look(ms);
  if (day !== NO_BACKUP) return;
  rmSync(backups);
  renameSync(`${backups}-away`, backups);
  await look(ms + 30 * MINUTE_MS);
}

async function liveDay(dayMs: number): Promise<void> {
  const day = toDay(dayMs);
  await live(day);
  const nextMs = dayMs + DAY_MS;
  const instants = [
    ...(day.endsWith("-03") ? [0] : []),
    2 * 3_600_000,
    ...(day.endsWith("-02") ? [DAY_MS - 10 * MINUTE_MS] : []),
  ].map((offset) => dayMs + offset);
  const back = DOWN.map(([, until]) => until).filter((until) => until >= dayMs && until < nextMs);
  isOpen ||= instants.length + back.length > 1;
  for (const ms of [...instants, ...back].toSorted((a, b) => a - b)) {
    if (isDown(ms) || (!back.includes(ms) && !isLived(day))) continue;
    if (back.includes(ms)) await restart();
    spoil(day);
    await (ms === dayMs + 2 * 3_600_000 ? liveNight(ms) : look(ms));
    let retry = await toNextRetryMs(nowMs, nextMs);
    while (retry !== undefined && !isDown(retry)) {
      await look(retry);
      retry = await toNextRetryMs(nowMs, nextMs);
    }
  }
}

beforeAll(async () => {
  mail = await openMailServer();
  rough = makeRough(mail, random);
  const folder = join(tmpdir(), `roebuck-year-${globalThis.process.pid}`);
  backups = join(folder, "backups");
  house = await openRightsHouse(
    {
      ROEBUCK_CLOSE_DAY: "3",
      ROEBUCK_BACKUP_DIR: backups,
      ROEBUCK_SMTP_HOST: "127.0.0.1",
      ROEBUCK_SMTP_PORT: String(mail.port),
      ROEBUCK_SMTP_TLS: "none",
      ROEBUCK_MAIL_FROM: "Records <records@roebuck.example>",
      ROEBUCK_PORTAL_URL: "https://records.example.org",
    },
    BEGIN,
  );
  process = toCuttable(house.service.warehouse);
  await importPartners(
    house.service,
    PARTNERS.filter(({ from }) => from <= "2061-01-01").map(({ partner }) => partner),
  );
  await look(at(BEGIN));
  for (let dayMs = at("2061-01-02T00:00:00Z"); dayMs < at(END); dayMs += DAY_MS) await liveDay(dayMs);
  globalThis.process.stdout.write(
    `A year: ${JSON.stringify({ ...tally, ...rough, mails: mail.taken.length, unheard: unheard.length })}\n`,
  );
}, YEAR_MS_MAX);
afterAll(async () => {
  await house?.[Symbol.asyncDispose]();
  await mail?.[Symbol.asyncDispose]();
  rmSync(join(backups, ".."), { recursive: true, force: true });
}, 120_000);

describe("a year of records, with a mail server that takes nine mails of ten and a process that is killed now and then", () => {
  it("brings each officer each month's record under one Message-ID, and nobody anything else", () => {
    expect(new Set(mail.taken.map(toMessageKey))).toEqual(new Set(toDueMails().map(({ key }) => key)));
    for (const { key, email, month } of toDueMails()) {
      const mails = mail.taken.filter((one) => toMessageKey(one) === key);
      expect(new Set(mails.map(({ to }) => to)), key).toEqual(new Set([email]));
      expect(mails[0]?.email.subject, key).toContain(`Record of Engagement for ${toMonthName(month)}`);
    }
  });

  it("hands a mail over again only if nobody was left who had heard that it was taken", () => {
    expect(unheard.length).toBeGreaterThanOrEqual(CUT_AT_MAIL.length);
    for (const { key } of toDueMails()) {
      const times = mail.taken.filter((one) => toMessageKey(one) === key).length;
      expect([key, times]).toEqual([key, 1 + unheard.filter((one) => one === key).length]);
    }
  });

  it("notes each mail as sent once, and why one was not taken", async () => {
    const sent = await house.rows<{ times: string }>(
      "SELECT toString(count()) AS times FROM deliveries WHERE outcome = 'sent' GROUP BY partner, month, version, officer",
    );
    expect(sent.map(({ times }) => times)).toEqual(toDueMails().map(() => "1"));
    const silent = await house.rows("SELECT * FROM deliveries WHERE outcome NOT IN ('begun', 'sent') AND reason = ''");
    expect(silent).toEqual([]);
    expect(rough.faults).toBeGreaterThan(5);
  });

  it("refuses one mailbox for a while, and holds up nobody else for it", async () => {
    const month = toMonthOffset(REFUSED.month as Month, -1); // a literal of the right form
    const rows = await house.rows<{ partner: string; outcome: string; reason: string; day: string }>(
      `SELECT partner, outcome, reason, toString(toDate(at)) AS day FROM deliveries
       WHERE month = '${month}' AND outcome IN ('sent', 'refused') ORDER BY at`,
    );
    expect(rows.filter(({ outcome }) => outcome === "refused")).toEqual([
      {
        partner: REFUSED.partner,
        outcome: "refused",
        reason: "the mail server refuses the recipient (550 5.1.1)",
        day: `${REFUSED.month}-03`,
      },
    ]);
    const days = rows.filter(({ outcome }) => outcome === "sent").map(({ partner, day }) => [partner, day]);
    for (const [partner, day] of days)
      expect(day, partner).toBe(`${REFUSED.month}-${partner === REFUSED.partner ? "20" : "03"}`);
  });

  it("names nobody in what it logs", () => {
    expect(house.logged.length).toBeGreaterThan(100);
    const addresses = PARTNERS.flatMap(({ partner: { officers } }) => officers.map(({ email }) => email));
    for (const address of addresses) expect(house.logged.filter((line) => line.includes(address))).toEqual([]);
  });
});

describe("the closes of the year", () => {
  it("run on the 3rd in UTC, or at the next start, each month once", async () => {
    const rows = await house.rows<{ month: string; started: string; outcome: string; ms: string }>(
      `SELECT subject AS month, formatDateTime(started_at, '%Y-%m-%d %H:%i', 'UTC') AS started, outcome,
              toString(date_diff('millisecond', started_at, ended_at)) AS ms
       FROM runs WHERE kind = 'scheduled close' AND outcome = 'done' ORDER BY month`,
    );
    const expected = [toMonthOffset(MONTHS[0] ?? fail(), -1), ...MONTHS].map((month) => {
      const third = at(`${toMonthOffset(month, 1)}-03T00:00:00Z`);
      return [month, toDay(DOWN.find(([from, until]) => third >= from && third < until)?.[1] ?? third)];
    });
    // At its first look Roebuck closes the month before last, which is due: of it there is nothing to deliver.
    expect(rows.map(({ month, started }) => [month, started.slice(0, 10)])).toEqual([
      ["2060-11", "2061-01-01"],
      ...expected,
    ]);
    for (const { ms, month } of rows) expect(Number(ms), month).toBeGreaterThan(0);
  });

  it("make one version each, of the local month of each Partner, whatever its clocks do", async () => {
    const rows = await house.rows<{ partner: string; month: Month; version: number; views: number }>(
      `SELECT partner, month, version, toUInt32(JSONExtractUInt(body, 'figures', 'page_views')) AS views
       FROM records WHERE month >= '2061-01' AND partner IN ('${PARTNERS.map(({ partner: { id } }) => id).join("','")}')
       ORDER BY partner, month, version`,
    );
    expect(rows).toEqual(
      PARTNERS.flatMap(({ partner: { id }, ...span }) =>
        toMonths(span).map((month) => {
          // What people of swan did in its last month comes in once it has left: nothing of it is processed any more.
          const isGone = id === "swan" && month === span.last;
          const views = isGone ? 0 : toUses(month).filter(({ partner }) => partner === id).length;
          return { partner: id, month, version: 1, views };
        }),
      ),
    );
  });
});

describe("the nights of the year", () => {
  /** Nights are due at 02:00 UTC: those with a look before the next, and whether a backup was asked for then. */
  const toNights = () => {
    const nights = new Map<string, boolean>();
    for (const ms of seen) {
      const day = toDay(ms - 2 * 3_600_000);
      if (day >= "2061-01-01") nights.set(day, nights.get(day) === true || isBackedUp(toDay(ms)));
    }
    nights.delete("2061-01-01"); // the first look: there is nothing to make up for
    return nights;
  };

  it("have each job done once if the process was up before the next night, and not at all otherwise", async () => {
    const rows = await house.rows<{ job: string; day: string }>(
      `SELECT subject AS job, toString(toDate(started_at - toIntervalHour(2))) AS day FROM runs
       WHERE kind = 'nightly' AND outcome = 'done' ORDER BY day, job`,
    );
    const expected = [...toNights()].flatMap(([day, backup]) =>
      NIGHTLY_JOBS.filter(({ name }) => name !== "backup" || backup).map(({ name }) => `${day} ${name}`),
    );
    expect(rows.map(({ day, job }) => `${day} ${job}`).sort()).toEqual(expected.sort());
    expect(new Set(rows.map(({ day }) => day)).size).toBeGreaterThan(IS_WHOLE ? 350 : 100);
  });

  it("leave the certificate of a purge and a backup that can be read, with how long they took", async () => {
    const purges = await house.rows<{ day: string; ms: string }>(
      `SELECT toString(toDate(started_at - toIntervalHour(2))) AS day,
              toString(date_diff('millisecond', started_at, ended_at)) AS ms FROM runs WHERE kind = 'purge' AND outcome = 'done'`,
    );
    expect(new Set(purges.map(({ day }) => day))).toEqual(new Set(toNights().keys()));
    for (const { day, ms } of purges) expect(Number(ms), day).toBeGreaterThan(0);
    const made = await house.rows<{ id: string }>(
      "SELECT subject AS id FROM runs WHERE kind = 'backup' AND outcome = 'done' ORDER BY started_at DESC LIMIT 5",
    );
    const good = await findGoodBackups({ ...house.settings, backupDir: backups }, backups);
    expect(good).toEqual(expect.arrayContaining(made.map(({ id }) => id)));
    expect(readdirSync(backups).filter((name) => /^\d{8}T/.test(name)).length).toBeLessThanOrEqual(29);
  });

  it("say why a job failed, and go on with it", async () => {
    const failed = await house.rows<{ job: string; day: string; reason: string }>(
      `SELECT subject AS job, toString(toDate(started_at)) AS day, JSONExtractString(detail, 'reason') AS reason FROM runs
       WHERE kind = 'nightly' AND outcome = 'failed' ORDER BY started_at`,
    );
    expect(failed.map(({ job, day }) => [job, day])).toContainEqual(["backup", NO_BACKUP]);
    for (const { reason, job } of failed) expect(reason, job).not.toBe("");
  });

  it("let nothing live longer than a year", async () => {
    const [row] = await house.rows<{ oldest: string }>("SELECT toString(min(toDate(at))) AS oldest FROM engagement");
    expect(row?.oldest).toBe("2061-01-10");
  });
});

function toMonthName(month: Month): string {
  return new Date(`${month}-01T00:00:00Z`).toLocaleDateString("en-GB", {
    month: "long",
    year: "numeric",
    timeZone: "UTC",
  });
}

function fail(): never {
  throw new Error("there must be one");
}
