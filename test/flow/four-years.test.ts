import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { releaseHold, setHold } from "../../api/clocks/holds.ts";
import { importPartners } from "../../api/commands/partners-import.ts";
import { toKeysFolder } from "../../api/folders.ts";
import { openKeyFiles, readSigningKey } from "../../api/key-files.ts";
import { createLogger } from "../../api/logger.ts";
import { runNightly } from "../../api/nightly.ts";
import type { PartnerImport } from "../../api/partners.ts";
import { openService, type Service } from "../../api/service.ts";
import { createCollector } from "../../ingest/app.ts";
import { openCountry } from "../../ingest/country.ts";
import { toSubjectRef } from "../../ingest/seal.ts";
import { type EpochMs, type SubjectRef, toEpochMs } from "../../schemas/ids.ts";
import type { Decision } from "../../schemas/journal.ts";
import { parseSites } from "../../schemas/settings.ts";
import { toKnownPseudonyms } from "../../transform/pseudonym.ts";
import { aClock } from "../contract/settable-clock.ts";
import { DESKTOP } from "../fixtures/collector.ts";
import { countInFiles, findFiles, makeDiskPlain } from "../fixtures/disk.ts";
import { newEventId } from "../fixtures/roebuck-process.ts";
import { someSettings } from "../fixtures/some-settings.ts";

// Years that no machine's clock has reached, so that the tables' own TTL does none of the work; 2060 has a 29 February.
const DAY_MS = 86_400_000;
const ORIGIN = "https://www.example.org";

/** A person of the story. */
interface Person {
  readonly name: string;
  readonly acct: "partner" | "subscriber";
  readonly ptn: string;
  /** First and last UTC day on which they come. */
  readonly from: string;
  readonly until: string;
  /** Agreed to behaviour, on their first day. */
  readonly agrees: boolean;
}

const PEOPLE: readonly Person[] = [
  { name: "ann", acct: "partner", ptn: "acme", from: "2060-01-05", until: "2064-12-31", agrees: true },
  { name: "bob", acct: "partner", ptn: "acme", from: "2060-01-05", until: "2060-05-01", agrees: true },
  { name: "cat", acct: "partner", ptn: "acme", from: "2060-01-05", until: "2060-05-01", agrees: true },
  { name: "gil", acct: "partner", ptn: "acme", from: "2060-02-29", until: "2060-02-29", agrees: true },
  { name: "dan", acct: "partner", ptn: "zeta", from: "2060-01-05", until: "2064-12-31", agrees: true },
  { name: "eve", acct: "partner", ptn: "omega", from: "2060-01-05", until: "2060-12-31", agrees: true },
  { name: "fay", acct: "subscriber", ptn: "", from: "2060-01-05", until: "2061-03-01", agrees: false },
];

/** Days that decide something; between them every fourth week. */
const CRITICAL = [
  "2060-01-05",
  "2060-02-29",
  "2061-01-03", // day 365
  "2061-01-04", // day 366: 2060 has a 29 February, so the first day was 365 days ago
  "2061-02-27",
  "2061-02-28",
  "2062-02-28",
  "2062-03-01", // two years after a 29 February
  "2063-06-01",
  "2063-12-31",
  "2064-01-01", // three years after zeta left
];
const LEFT = "2061-01-01";
const HOLD_FROM = "2060-06-01";
const HOLD_UNTIL = "2063-06-01";

const folder = mkdtempSync(join(tmpdir(), "roebuck-years-"));
const settings = someSettings({
  ROEBUCK_DATA_DIR: join(folder, "data"),
  ROEBUCK_SITES: `www=${ORIGIN}`,
  ROEBUCK_BATCH_WAIT_MS: "5",
});
const sites = parseSites(settings.sites);
const clock = aClock(toEpochMs(Date.parse("2060-01-04T12:00:00Z")));
const keyFiles = openKeyFiles(toKeysFolder(settings), typeof sites === "string" ? [] : sites);
let service: Service;
let collector: Awaited<ReturnType<typeof startCollecting>>;

const toDay = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const toMs = (day: string, hour: number): EpochMs => toEpochMs(Date.parse(`${day}T00:00:00Z`) + hour * 3_600_000);
const refOf = ({ acct, ptn, name }: Person): SubjectRef =>
  toSubjectRef(keyFiles.collectorKeys().sealKey, acct, ptn, `${name}-user-id`);

/** What stands for a person on a disk. */
const MARKS: Readonly<Record<string, (person: Person) => string | Uint8Array>> = {
  "the address of a page": ({ name }) => `/heron-${name}-5512`,
  "the words of a comment": ({ name }) => `kestrel ${name} says`,
};
const pseudonyms = new Map<string, string>();

async function openAll(): Promise<void> {
  service = await openService({
    settings,
    sites: typeof sites === "string" ? [] : sites,
    logger: createLogger("error"),
    clock,
    transforms: "here",
  });
  await makeDiskPlain(service.warehouse);
  collector = await startCollecting();
}

async function startCollecting() {
  return createCollector({
    ...service,
    keys: service.keyFiles.collectorKeys,
    country: await openCountry(settings),
  });
}

beforeAll(openAll);
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

function aPartner(id: string, contractEnd: string | null): PartnerImport {
  return {
    id,
    name: `Name of ${id}`,
    group: "",
    seats: 10,
    fee: "12000.00",
    currency: "GBP",
    contractStart: null,
    contractEnd,
    zone: "UTC",
    officers: [{ name: `Officer of ${id}`, email: `officer@${id}.example` }],
  };
}

/** What the store should hold, kept in the simplest way: every row that was ever taken. */
interface ModelRow {
  readonly table: "engagement" | "behaviour" | "feedback";
  readonly person: Person;
  readonly day: string;
}
const model: ModelRow[] = [];

async function visit(person: Person, day: string): Promise<number> {
  const key = readSigningKey(keyFiles.collectorFile, "www");
  const nowMs = clock.nowMs();
  const iat = Math.floor(nowMs / 1_000) - 60;
  const claims = {
    iss: "www",
    aud: "roebuck",
    sub: `${person.name}-user-id`,
    acct: person.acct,
    iat,
    exp: iat + 3_600,
  };
  const token = await new SignJWT(person.ptn === "" ? claims : { ...claims, ptn: person.ptn })
    .setProtectedHeader({ alg: "HS256", typ: "beacon+jwt", kid: key?.kid ?? "" })
    .sign(Buffer.from(key?.key ?? "", "base64url"));
  const isFirst = day === person.from;
  const path = isFirst ? `/heron-${person.name}-5512` : "/guides";
  const common = { at: nowMs - 2_000, url: `${ORIGIN}${path}`, title: "A page" };
  const events = [
    { ...common, id: newEventId(), type: "page_view" },
    { ...common, id: newEventId(), type: "leave", engaged_ms: 1_000, scroll_pct: 50 },
    ...(isFirst
      ? [{ ...common, id: newEventId(), type: "feedback", score: 4, comment: `kestrel ${person.name} says` }]
      : []),
  ];
  const answer = await collector.request("/v1/beacons", {
    method: "POST",
    headers: { origin: ORIGIN, "content-type": "application/json", "user-agent": DESKTOP },
    body: JSON.stringify({ v: 1, site: "www", token, sent_at: nowMs, events }),
  });
  if (answer.status === 202) {
    model.push({ table: "engagement", person, day });
    if (person.agrees && day >= person.from) model.push({ table: "behaviour", person, day });
    if (isFirst) model.push({ table: "feedback", person, day });
  }
  return answer.status;
}

const agrees = (person: Person, atMs: EpochMs): Decision => ({
  kind: "consent",
  ref: refOf(person),
  ptn: person.ptn,
  purpose: "behaviour",
  granted: true,
  atMs,
  wording: `wording of ${person.name}`,
  source: "api",
});

/** What the tables hold, as the model says it should be after the night of a day. */
function expected(today: string) {
  const lastDay = toDay(toMs(today, 0) - 365 * DAY_MS);
  const isGone = ({ person }: ModelRow) => person.ptn === "zeta" && today >= "2064-01-01";
  const rows = model.filter((row) => row.day > lastDay && !isGone(row));
  const isHeldNow = today >= HOLD_FROM && today < HOLD_UNTIL;
  const held = model.filter((row) => row.day <= lastDay && row.person.ptn === "omega" && isHeldNow);
  const count = (some: readonly ModelRow[]) =>
    Object.fromEntries(
      [...Map.groupBy(some, ({ table, person }) => `${table} of ${person.ptn}`)]
        .map(([name, all]) => [name, all.length])
        .toSorted(),
    );
  return { rows: count(rows), held: held.length };
}

async function actual() {
  const rows = await service.warehouse.rows<{ name: string; c: string }>({
    sql: ["engagement", "behaviour", "feedback"]
      .map(
        (table) =>
          `SELECT concat('${table} of ', partner) AS name, toString(uniqExact(event_id)) AS c FROM ${table} GROUP BY partner`,
      )
      .join(" UNION ALL "),
  });
  const [held] = await service.warehouse.rows<{ c: string }>({ sql: "SELECT toString(count()) AS c FROM held FINAL" });
  return {
    rows: Object.fromEntries(rows.map(({ name, c }) => [name, Number(c)] as const).toSorted()),
    held: Number(held?.c),
  };
}

const inFiles = (mark: string | Uint8Array) => countInFiles(folder, mark);

/** Who is on the disk, by the marks of their first day and by their pseudonym. */
function onDisk(name: string): { readonly marks: number; readonly pseudonym: number } {
  const person = PEOPLE.find((one) => one.name === name);
  if (person === undefined) throw new Error(`Nobody is called ${name}`);
  const marks = Object.values(MARKS).reduce((sum, toMark) => sum + inFiles(toMark(person)), 0);
  const hexed = pseudonyms.get(name);
  if (hexed === undefined) return { marks, pseudonym: 0 }; // not here yet
  return { marks, pseudonym: inFiles(hexed) + inFiles(Buffer.from(hexed, "hex")) };
}

/** The night of a day, then its visits. */
async function liveThrough(day: string): Promise<void> {
  clock.set(toMs(day, 2.5));
  await untilStoredNow();
  await runNightly(service, new AbortController().signal);
  expect([day, await actual()]).toEqual([day, expected(day)]);
  clock.set(toMs(day, 10));
  for (const person of PEOPLE.filter(({ from, until }) => from <= day && day <= until)) {
    if (person.agrees && person.from === day) await service.decide([agrees(person, toEpochMs(clock.nowMs() - 60_000))]);
    const status = await visit(person, day);
    expect([person.name, day, status]).toEqual([person.name, day, person.ptn === "zeta" && day >= LEFT ? 403 : 202]);
    if (person.from === day) {
      const keys = service.keyFiles.pseudonymKeys();
      const known = toKnownPseudonyms(keys, { ref: refOf(person), ptn: person.ptn }, undefined);
      pseudonyms.set(person.name, known.find(({ realm }) => realm === "engagement")?.pseudonym ?? "");
    }
  }
  await service.drain({ progress: () => undefined, signal: new AbortController().signal });
}

async function untilStoredNow(): Promise<void> {
  while (service.storedUntilMs() < clock.nowMs()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function planDays(): readonly string[] {
  const days = new Set(CRITICAL);
  for (let ms = toMs("2060-01-05", 0); ms <= toMs("2064-01-01", 0); ms = toEpochMs(ms + 28 * DAY_MS))
    days.add(toDay(ms));
  return [...days].toSorted();
}

describe("four years", () => {
  it("pass, and at every night the store holds what the clocks allow and nothing else", async () => {
    await importPartners(service, [aPartner("acme", null), aPartner("zeta", null), aPartner("omega", null)]);
    await runNightly(service, new AbortController().signal);
    let hold = "";
    const seen = new Map<string, ReturnType<typeof look>>();
    const look = () => ({
      ann: onDisk("ann"),
      bob: onDisk("bob"),
      cat: onDisk("cat"),
      dan: onDisk("dan"),
      eve: onDisk("eve"),
      fay: onDisk("fay"),
      gil: onDisk("gil"),
      wordings: ["ann", "bob", "cat", "gil", "dan", "eve"].filter((name) => inFiles(`wording of ${name}`) > 0),
      officers: ["acme", "zeta", "omega"].filter((id) => inFiles(`officer@${id}.example`) > 0),
      names: ["acme", "zeta", "omega"].filter((id) => inFiles(`Name of ${id}`) > 0),
    });
    let isHeld = false;
    for (const day of planDays()) {
      if (day >= HOLD_FROM && !isHeld && hold === "") {
        hold = (await setHold(service, { partner: "omega", reference: "court 1" }, "test")).id;
        isHeld = true;
      }
      if (day >= HOLD_UNTIL && isHeld) {
        await releaseHold(service, hold, "test");
        isHeld = false;
      }
      if (day >= "2060-12-01" && service.journal().partners.get("zeta")?.leftMs === undefined) {
        await importPartners(service, [aPartner("zeta", "2060-12-31")]);
      }
      await liveThrough(day);
      if (CRITICAL.includes(day)) seen.set(day, look());
    }

    const on = (day: string) => {
      const found = seen.get(day);
      if (found === undefined) throw new Error(`${day} was not looked at`);
      return found;
    };
    const there = {
      marks: expect.not.toSatisfy((n: number) => n === 0),
      pseudonym: expect.not.toSatisfy((n: number) => n === 0),
    };
    const known = { ...there, marks: 0 };
    const gone = { marks: 0, pseudonym: 0 };
    for (const name of ["ann", "bob", "cat", "dan", "eve", "fay"] as const) {
      expect([name, on("2061-01-03")[name]]).toEqual([name, there]);
      // Day 366: the rows of the first day are gone, the last day of everyone is known; a hold keeps its own.
      expect([name, on("2061-01-04")[name]]).toEqual([name, name === "eve" ? there : known]);
    }
    // 29 February 2060 was 365 days ago on 28 February 2061.
    expect(on("2061-02-27").gil).toEqual(there);
    expect(on("2061-02-28").gil).toEqual(known);
    // Two calendar years.
    expect(on("2062-02-28").gil).toEqual(known);
    expect(on("2062-02-28").wordings).toContain("gil");
    expect(on("2062-03-01").gil).toEqual(gone);
    expect(on("2062-03-01").wordings).not.toContain("gil");
    expect(on("2063-06-01").bob).toEqual(gone);
    expect(on("2063-06-01").wordings).not.toContain("bob");
    // Released: eve's rows, kept beyond their time, are gone with the next night.
    expect(on("2062-03-01").eve).toEqual(there);
    expect(on("2063-06-01").eve.marks).toBe(0);
    // Three calendar years after a Partner left.
    expect(on("2063-12-31")).toMatchObject({
      officers: expect.arrayContaining(["zeta"]),
      names: expect.arrayContaining(["zeta"]),
    });
    const last = on("2064-01-01");
    expect(last.officers).toEqual(["acme", "omega"]);
    expect(last.names).toEqual(["acme", "omega"]);
    expect(last.dan).toEqual(gone);
    expect(last.ann).toEqual(known);
    expect(service.keyFiles.pseudonymKeys().salts.has("zeta")).toBe(false);
    for (const { name } of PEOPLE) expect(findFiles(folder, `${name}-user-id`)).toEqual([]);
  }, 900_000);
});
