import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runBackup } from "../../api/backups/run-backup.ts";
import { restore } from "../../api/backups/run-restore.ts";
import { toCertificateLines } from "../../api/rights/certificate.ts";
import { enforceJournal } from "../../api/rights/enforce.ts";
import { type ErasureAsked, erasePeople } from "../../api/rights/erase.ts";
import { readRequest } from "../../api/rights/requests.ts";
import { closeMonth } from "../../reporting/close.ts";
import { readRecord } from "../../reporting/records.ts";
import { type Month, parseMonth, toEpochMs } from "../../schemas/ids.ts";
import type { ConsentPurpose } from "../../schemas/journal.ts";
import { makeColumnsPlain } from "../fixtures/disk.ts";
import { findMarks, openRightsHouse, type RightsHouse, type Use } from "../fixtures/rights-house.ts";
import { anEventId } from "../fixtures/transform-events.ts";

const folder = mkdtempSync(join(tmpdir(), "roebuck-removal-"));
const quiet = { info: () => {}, warn: () => {}, error: () => {} };
const NOVEMBER = parseMonth("2026-11") as Month; // a month
let house: RightsHouse;
beforeAll(async () => {
  house = await openRightsHouse({ ROEBUCK_BACKUP_DIR: folder });
  await makeColumnsPlain(house.service.warehouse);
  await house.hurry();
}, 120_000);
afterAll(async () => {
  await house[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const BEFORE = { at: "2026-11-19T10:00:00Z", received: "2026-11-19T10:00:00Z" };
const removing = (purpose: ConsentPurpose, sub: string, withdraw = false): ErasureAsked => ({
  people: { acct: "partner", partner: "acme", subs: [sub] },
  removal: { purpose, withdraw },
});

async function choose(sub: string, purpose: ConsentPurpose, granted: boolean, at: string): Promise<void> {
  const person = { ref: house.toRef(sub), ptn: "acme" };
  const change = { purpose, granted, wording: "v1", source: "api", atMs: toEpochMs(Date.parse(at)) } as const;
  await house.service.decide([{ kind: "consent", ...person, ...change }]);
}

/** Terms, targets and comments of somebody, by table. */
async function marks(sub: string): Promise<readonly string[]> {
  const columns = { behaviour: "target", engagement: "term", feedback: "comment" };
  const found: string[] = [];
  for (const [table, column] of Object.entries(columns)) {
    const rows = await house.rows<{ mark: string }>(
      `SELECT ${column} AS mark FROM ${table} WHERE startsWith(${column}, '${sub}-') ORDER BY mark`,
    );
    found.push(...rows.map(({ mark }) => `${table} ${mark}`));
  }
  return found;
}

const search = (sub: string, mark: string): Use => ({ sub, type: "search", term: `${sub}-${mark}` });
const click = (sub: string, mark: string): Use => ({ sub, type: "click", target: `${sub}-${mark}` });
const comment = (sub: string, mark: string): Use => ({ sub, type: "feedback", score: 4, comment: `${sub}-${mark}` });

/** Somebody who agreed to everything on the 18th, used all on the 19th and withdrew one consent at 11. */
async function live(sub: string, withdrawn?: ConsentPurpose): Promise<void> {
  await choose(sub, "behaviour", true, "2026-11-18T09:00:00Z");
  await choose(sub, "feedback", true, "2026-11-18T09:00:00Z");
  await house.send(
    { ...search(sub, "s"), ...BEFORE },
    { ...click(sub, "c"), ...BEFORE },
    { ...comment(sub, "f"), ...BEFORE },
  );
  await house.settle();
  if (withdrawn !== undefined) await choose(sub, withdrawn, false, "2026-11-20T11:00:00Z");
}

const readDrops = async (id: string) =>
  (await house.rows<{ reason: string }>(`SELECT toString(reason) AS reason FROM drops WHERE event_id = '${id}'`)).map(
    ({ reason }) => reason,
  );

describe("removing what was collected by a consent", () => {
  it("takes behaviour from its table, the log and the disk, and leaves the person's other purposes and everybody else", async () => {
    await live("kestrel", "behaviour");
    await live("robin");
    expect(findMarks(house.dataDir, ["kestrel-c"])).not.toEqual([]); // the search sees it while it is there
    const certificate = await erasePeople(house.service, removing("behaviour", "kestrel"), "wren", house.io);
    expect(certificate).toMatchObject({
      consent: "behaviour",
      purposes: ["behaviour"],
      withdrawn: false,
      found: 1,
      files_left: 0,
      log: { events: 1, quarantine: 0 },
    });
    expect(certificate.tables).toEqual([
      { table: "behaviour", before: 1, after: 0 },
      { table: "held", before: 0, after: 0 },
      { table: "people", before: 0, after: 0 },
    ]);
    expect(await marks("kestrel")).toEqual(["engagement kestrel-s", "feedback kestrel-f"]);
    expect(await marks("robin")).toEqual(["behaviour robin-c", "engagement robin-s", "feedback robin-f"]);
    expect(findMarks(house.dataDir, ["kestrel-c"])).toEqual([]);
    expect(findMarks(house.dataDir, ["robin-c"])).not.toEqual([]);
    expect(toCertificateLines(certificate)[0]).toContain("collected by consent to behaviour");

    const request = await readRequest(house.service, certificate.request);
    expect(request).toMatchObject({ state: "done", kind: "erasure" });
    expect(JSON.parse(request.certificate)).toEqual(certificate);
    const audit = `SELECT detail FROM audit WHERE action = 'subject.erase' AND subject = '${certificate.request}'`;
    const [entry] = await house.rows<{ detail: string }>(audit);
    expect(JSON.parse(entry?.detail ?? "")).toEqual({
      people: 1,
      acct: "partner",
      partner: "acme",
      purpose: "behaviour",
      withdraw: false,
    });
  });

  it("takes feedback and says that what was kept without a person stays", async () => {
    await live("plover", "feedback");
    await house.send({ ...comment("plover", "unlinked"), at: "2026-11-20T11:30:00Z" }); // consent was withdrawn: nobody's
    await house.settle();
    const certificate = await erasePeople(house.service, removing("feedback", "plover"), "wren", house.io);
    expect(certificate.tables[0]).toEqual({ table: "feedback", before: 1, after: 0 });
    expect(toCertificateLines(certificate).join("\n")).toContain(
      "Feedback that was kept without a person cannot be found",
    );
    expect(await marks("plover")).toEqual(["behaviour plover-c", "engagement plover-s", "feedback plover-unlinked"]);
  });

  it("drops what was on its way as erased, and keeps what is agreed to afterwards", async () => {
    await live("linnet", "feedback");
    await erasePeople(house.service, removing("feedback", "linnet"), "wren", house.io);
    const [late, fresh] = [anEventId(901), anEventId(902)];
    house.at("2026-11-20T12:30:00Z");
    await choose("linnet", "feedback", true, "2026-11-20T12:10:00Z");
    await house.send({ ...comment("linnet", "late"), at: "2026-11-20T10:59:00Z", id: late });
    await house.send({ ...comment("linnet", "fresh"), at: "2026-11-20T12:20:00Z", id: fresh });
    await house.settle();
    expect(await readDrops(late)).toEqual(["erased"]); // without the removal it would have been kept without a person
    expect(await readDrops(fresh)).toEqual([]);
    expect(await marks("linnet")).toContain("feedback linnet-fresh");
    expect(await enforceJournal(house.service)).toMatchObject({ erasedRows: 0 });
    expect(await marks("linnet")).toContain("feedback linnet-fresh");
  });

  it("takes engagement, too, of a public account, where it rests on the same consent", async () => {
    const consents = { acct: "public", consents: true, ...BEFORE } as const;
    await house.send({ ...search("heron", "s"), ...consents }, { ...click("heron", "c"), ...consents });
    await house.settle();
    const people = { acct: "public", partner: "", subs: ["heron"] } as const;
    const asked = { people, removal: { purpose: "behaviour", withdraw: false } } as const;
    const { purposes, tables } = await erasePeople(house.service, asked, "wren", house.io);
    expect(purposes).toEqual(["engagement", "behaviour"]);
    expect(tables.filter(({ before }) => before > 0).map(({ table }) => table)).toEqual(["engagement", "behaviour"]);
    expect(await marks("heron")).toEqual([]);
  });

  it("counts closed records again whose figures change", async () => {
    await live("dunlin");
    await house.send({ sub: "dunlin", type: "leave", engagedMs: 60_000, ...BEFORE });
    await house.settle();
    await closeMonth(house.service, NOVEMBER);
    const { version = 0 } = (await readRecord(house.service.warehouse, NOVEMBER, "acme")) ?? {};
    const certificate = await erasePeople(house.service, removing("behaviour", "dunlin", true), "wren", house.io);
    expect(certificate.records).toEqual([{ partner: "acme", month: "2026-11", version: version + 1 }]);
    const after = await readRecord(house.service.warehouse, NOVEMBER, "acme");
    expect(after).toMatchObject({ reason: "erasure" });
  });

  it("reaches the rows of every grant and those that a hold had kept back, and none that another purpose has there", async () => {
    await live("siskin", "behaviour");
    await choose("siskin", "behaviour", true, "2026-11-20T11:10:00Z");
    await house.send({ ...click("siskin", "again"), at: "2026-11-20T11:20:00Z" });
    await house.settle();
    for (const table of ["behaviour", "feedback"]) {
      const mark = table === "behaviour" ? "target" : "comment";
      await house.service.warehouse.execute({
        sql: `INSERT INTO held SELECT '${table}', partner, pseudonym, event_id, at, epoch, concat('{"held":"', ${mark}, '"}')
          FROM ${table} WHERE startsWith(${mark}, 'siskin-')`,
      });
    }
    const { tables } = await erasePeople(house.service, removing("behaviour", "siskin", true), "wren", house.io);
    expect(tables.slice(0, 2)).toEqual([
      { table: "behaviour", before: 2, after: 0 },
      { table: "held", before: 2, after: 0 },
    ]);
    expect(await house.rows("SELECT body FROM held WHERE position(body, 'siskin') > 0")).toEqual([
      { body: '{"held":"siskin-f"}' },
    ]);
  });
});

describe("a removal while the consent is in force", () => {
  it("is refused and noted, with nothing removed and no request opened", async () => {
    await live("wagtail");
    const count = "SELECT toString(uniqExact(id)) AS c FROM requests";
    const before = await house.rows(count);
    const asked = removing("behaviour", "wagtail");
    await expect(erasePeople(house.service, asked, "finch", house.io)).rejects.toMatchObject({
      code: "consent_in_force",
    });
    await expect(erasePeople(house.service, asked, "finch", house.io)).rejects.toThrow("must be withdrawn first");
    expect(await house.rows(count)).toEqual(before);
    expect(await marks("wagtail")).toHaveLength(3);
    const noted = await house.rows("SELECT subject, detail FROM audit WHERE actor = 'finch'");
    expect(noted).toEqual(Array(2).fill({ subject: "acme", detail: '{"refused":"consent_in_force"}' }));
  });

  it("withdraws it in the same act if the person says so, so that nothing is collected anew", async () => {
    const { request, withdrawn } = await erasePeople(
      house.service,
      removing("behaviour", "wagtail", true),
      "wren",
      house.io,
    );
    expect(withdrawn).toBe(true);
    const choices = house.service.journal().people.get(house.toRef("wagtail"));
    expect(choices?.consents.at(-1)).toMatchObject({
      purpose: "behaviour",
      granted: false,
      source: "operator",
      wording: request,
    });
    const id = anEventId(903);
    house.at("2026-11-20T12:50:00Z");
    await house.send({ ...click("wagtail", "later"), at: "2026-11-20T12:45:00Z", id, consents: true });
    await house.settle();
    expect(await readDrops(id)).toEqual(["no_consent"]);
    expect(await marks("wagtail")).toEqual(["engagement wagtail-s", "feedback wagtail-f"]);
  });

  it("is refused for others like an erasure: without an instruction, under a hold", async () => {
    const people = { acct: "partner", partner: "brook", subs: ["robin"] } as const;
    const removal = { purpose: "behaviour", withdraw: true } as const;
    await expect(erasePeople(house.service, { people, removal }, "wren", house.io)).rejects.toMatchObject({
      code: "no_instruction",
    });
    const hold = { kind: "hold", id: "case-9", partner: "acme", reference: "order 9" } as const;
    await house.service.decide([{ ...hold, atMs: house.clock.nowMs(), on: true }]);
    await expect(
      erasePeople(house.service, removing("behaviour", "robin", true), "wren", house.io),
    ).rejects.toMatchObject({ code: "legal_hold" });
    await house.service.decide([{ ...hold, atMs: house.clock.nowMs(), on: false }]);
    expect(await marks("robin")).toHaveLength(3);
  });
});

describe("a removal that is killed or older than a backup that is put back", () => {
  it.each(["wait for what", "delete", "empty", "verify"])("at the step %s is finished by the night", async (step) => {
    const sub = `killed-${step.replaceAll(" ", "-")}`;
    await live(sub, "behaviour");
    house.onStep = (label) => {
      if (label.includes(step)) throw new Error("killed");
    };
    await expect(erasePeople(house.service, removing("behaviour", sub), "wren", house.io)).rejects.toThrow("killed");
    house.onStep = () => {};
    expect((await enforceJournal(house.service)).erasuresFinished).toBe(1);
    expect(await marks(sub)).toEqual([`engagement ${sub}-s`, `feedback ${sub}-f`]);
    expect(findMarks(`${house.dataDir}/log`, [`${sub}-c`])).toEqual([]);
  });

  it("brings nothing of the purpose back, and the person's other rows", async () => {
    await live("merlin");
    house.at("2026-11-20T20:00:00Z");
    const { id } = await runBackup(house.service, {}, "wren", house.io);
    house.at("2026-11-21T10:00:00Z");
    await house.send(click("merlin", "c2"), search("merlin", "between"));
    await house.settle();
    await erasePeople(house.service, removing("behaviour", "merlin", true), "wren", house.io);
    const kept = ["engagement merlin-between", "engagement merlin-s", "feedback merlin-f"];
    expect(await marks("merlin")).toEqual(kept);
    house.at("2026-11-22T12:00:00Z");
    await house.shut();
    const { settings, clock } = house;
    const restored = await restore({ settings, sites: [], logger: quiet, clock }, { id }, "wren", house.io);
    await house.reopen();
    expect(restored.enforced[0]?.erasedRows).toBeGreaterThan(0);
    expect(await marks("merlin")).toEqual(kept);
    expect(findMarks(house.dataDir, ["merlin-between"])).not.toEqual([]); // the search sees what is there
    expect(findMarks(house.dataDir, ["merlin-c"])).toEqual([]);
  }, 300_000);
});
