import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importFeedbackCommand } from "../../api/commands/import-feedback.ts";
import { importOnce, toImportedEvent } from "../../api/imported.ts";
import { toSealedFeedback } from "../../ingest/imported-feedback.ts";
import { parseFeedback } from "../../ingest/reports/feedback-file.ts";
import { toEpochMs } from "../../schemas/ids.ts";
import { findFiles } from "../fixtures/disk.ts";
import { openRightsHouse, type RightsHouse } from "../fixtures/rights-house.ts";

const NOBODY = "00".repeat(16);
const CONTACTS = `email,user,partner
wren@kestrel.example.org,kestrel-7741,acme
jay@dunlin.example.org,dunlin-8852,acme
ave@plover.example.org,plover-9963,acme
`;
const SURVEY = `Done;Who;Stars;Words
2026-11-02 10:00;wren@kestrel.example.org;5;Thank you, wren@kestrel.example.org
2026-11-02 10:01;jay@dunlin.example.org;4;Good
2026-11-02 10:02;ave@plover.example.org;1;Stop
2026-11-02 10:03;;3;From nobody
2026-11-02 10:04;x@else.example.org;2;From somebody else
`;

describe("roebuck import feedback", { timeout: 180_000 }, () => {
  let house: RightsHouse;
  beforeAll(async () => {
    house = await openRightsHouse();
    const granted = {
      kind: "consent",
      atMs: toEpochMs(Date.UTC(2026, 8, 1)),
      purpose: "feedback",
      granted: true,
    } as const;
    const wording = { wording: "2026-11", source: "api", ptn: "acme" } as const;
    await house.service.decide([
      { ...granted, ...wording, ref: house.toRef("kestrel-7741") },
      { kind: "restriction", atMs: house.clock.nowMs(), ref: house.toRef("plover-9963"), ptn: "acme", on: true },
    ]);
    writeFileSync(join(house.dataDir, "..", "contacts.csv"), CONTACTS);
    writeFileSync(join(house.dataDir, "..", "survey.csv"), SURVEY);
  }, 180_000);
  afterAll(async () => house[Symbol.asyncDispose]());

  const give = async (flags: Readonly<Record<string, string>> = {}, ...switches: readonly string[]) => {
    house.lines.length = 0;
    const operands = { FILE: join(house.dataDir, "..", "survey.csv") };
    const usual = { map: "date=Done,email=Who,score=Stars,comment=Words", event: "w-1", scale: "1-5" };
    const contacts = join(house.dataDir, "..", "contacts.csv");
    const given = Object.entries({ ...usual, contacts, ...flags }).filter(([, value]) => value !== "");
    const args = { operands, flags: Object.fromEntries(given), switches: new Set(switches) };
    await importFeedbackCommand.run(house.service, args, house.io);
    return house.lines.join("\n");
  };
  const rows = () =>
    house.rows<{ who: string; score: number; comment: string; event: string; partner: string }>(
      "SELECT lower(hex(pseudonym)) AS who, score, comment, event, partner FROM feedback ORDER BY score DESC",
    );

  it("does nothing in a dry run", async () => {
    const told = await give({}, "dry-run", "show-unmatched");
    expect(told).toContain("3 lines of feedback, 3 of people who are known.");
    expect(told).toContain("2 lines of nobody and of no Partner left out: no lawful basis.");
    expect(told).toContain("line 6: x@else.example.org");
    expect(await rows()).toEqual([]);
  });

  it("combines feedback with a person only by their consent, drops the restricted, and keeps a Partner's nobody unlinked", async () => {
    const told = await give({ partner: "acme" });
    expect(told).toContain("4 new.");
    expect(told).toContain("1 Processing restricted (restricted)");
    expect(told).not.toContain("x@else.example.org");
    const found = await rows();
    expect(found.map(({ score, comment, event, partner }) => [score, comment, event, partner])).toEqual([
      [5, "Thank you, [masked]", "w-1", "acme"],
      [4, "Good", "w-1", "acme"],
      [3, "From nobody", "w-1", "acme"],
      [2, "From somebody else", "w-1", "acme"],
    ]);
    const own = house.toPseudonyms("kestrel-7741").map(({ pseudonym }) => pseudonym as string);
    expect(found[0]?.who).not.toBe(NOBODY);
    expect(own).toContain(found[0]?.who);
    expect(found.slice(1).map(({ who }) => who)).toEqual([NOBODY, NOBODY, NOBODY]);
  });

  it("adds no row when the file is given again", async () => {
    expect(await give({ partner: "acme" })).toContain("0 new, 4 in already.");
    expect(await rows()).toHaveLength(4);
  });

  it("takes the same lines for another Partner, once each", async () => {
    const file = join(house.dataDir, "..", "bare.csv");
    const day = new Date(house.clock.nowMs()).toISOString().slice(0, 10);
    const after = new Date(house.clock.nowMs() + 9 * 86_400_000).toISOString().slice(0, 10);
    const ask = async (partner: string, text: string, ...switches: readonly string[]) => {
      writeFileSync(file, text);
      house.lines.length = 0;
      const args = { operands: { FILE: file }, flags: { event: "w-9", partner, scale: "1-5" } };
      await importFeedbackCommand.run(house.service, { ...args, switches: new Set(switches) }, house.io);
      return house.lines.join("\n");
    };
    const two = `date,score\n${day},5\n${day},4\n`;
    expect(await ask("acme", two)).toContain("2 new.");
    expect(await ask("brook", two)).toContain("2 new.");
    expect(await ask("brook", two)).toContain("0 new, 2 in already.");
    const late = await ask("brook", `date,score\n${after},5\n`, "dry-run");
    expect(late).toContain("1 line of feedback, 0 of people who are known.");
    expect(late).toContain(
      "1 line of feedback will not be stored or counted: the date lies in the future (in_future).",
    );
  });

  it("knows lines that an earlier build stored under an id without the Partner, of that Partner alone", async () => {
    const text = `date,score\n${new Date(house.clock.nowMs()).toISOString().slice(0, 10)},2\n`;
    const options = { map: {}, scale: { min: 1, max: 5 }, event: "w-10", zone: "UTC", nowMs: house.clock.nowMs() };
    const read = parseFeedback(Buffer.from(text), () => "not_in_contacts", { ...options, partner: "acme" });
    const [told] = "problems" in read ? [] : read.feedback;
    if (told === undefined) throw new Error(JSON.stringify(read));
    const { sealKey } = house.service.keyFiles.collectorKeys();
    const source = { sealKey, site: "www", receivedMs: house.clock.nowMs(), ordinal: () => 0 };
    const { sealed, formerId } = toSealedFeedback(told, source);
    const former = { ...sealed, events: sealed.events.map((event) => ({ ...event, id: formerId })) };
    await importOnce(house.service, "feedback", [toImportedEvent(former)], house.io);
    const file = join(house.dataDir, "..", "former.csv");
    writeFileSync(file, text);
    for (const [partner, words] of [
      ["acme", "0 new, 1 in already."],
      ["brook", "1 new."],
    ] as const) {
      house.lines.length = 0;
      const flags = { event: "w-10", partner, scale: "1-5", zone: "UTC" };
      await importFeedbackCommand.run(
        house.service,
        { operands: { FILE: file }, flags, switches: new Set() },
        house.io,
      );
      expect(house.lines.join("\n")).toContain(words);
    }
  });

  it("maps another scale and says how", async () => {
    const told = await give({ scale: "0-10", event: "w-2", partner: "acme" });
    expect(told).toContain("Scores: 0-1 as 1, 2-3 as 2, 4-6 as 3, 7-8 as 4, 9-10 as 5.");
    const scores = await house.rows<{ score: number }>("SELECT score FROM feedback WHERE event = 'w-2' ORDER BY score");
    expect(scores.map(({ score }) => score)).toEqual([2, 2, 3, 3]);
  });

  it.each<[string, Readonly<Record<string, string>>, RegExp]>([
    ["a map of other columns", { map: "date=When,score=Stars" }, /1 problem/],
    ["a map that is none", { map: "when=Done" }, /must be a field/],
    ["a scale that is none", { scale: "5" }, /--scale "5"/],
    ["a Partner that is not on file", { partner: "nobody" }, /2 problems/],
    ["a map file that is not there", { map: "", "map-file": "/nowhere.json" }, /Cannot read/],
    ["both kinds of map", { "map-file": "/nowhere.json" }, /give one of them/],
  ])("refuses %s", async (_, flags, message) => {
    const before = await rows();
    await expect(give(flags)).rejects.toThrow(message);
    expect(await rows()).toEqual(before);
  });

  it("left no address, user id or word of the contacts in any file", async () => {
    await house.shut();
    for (const mark of [
      "kestrel.example",
      "dunlin.example",
      "plover.example",
      "else.example",
      "kestrel-7741",
      "dunlin-8852",
    ])
      expect(findFiles(house.dataDir, mark), mark).toEqual([]);
    await house.reopen();
  });
});
