import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createOrdinals } from "../../../../ingest/import-line.ts";
import { toSealedFeedback } from "../../../../ingest/imported-feedback.ts";
import { type FeedbackOptions, parseFeedback } from "../../../../ingest/reports/feedback-file.ts";
import { parseFeedbackMap, parseFeedbackMapJson } from "../../../../ingest/reports/feedback-map.ts";
import { isBadFile } from "../../../../ingest/reports/rows.ts";
import { parseScale, toScaleWords, toScore } from "../../../../ingest/reports/score-scale.ts";
import { parseSealedRecord } from "../../../../transform/sealed-record.ts";
import { someContacts, someOptions, toReportFile } from "../../../fixtures/reports.ts";

const OPTIONS: FeedbackOptions = { ...someOptions(), map: {}, scale: { min: 1, max: 5 } };
const WREN = "wren.kestrel@northgate.example.org";

const read = (text: string | Uint8Array, options: Partial<FeedbackOptions> = {}, find = someContacts()) => {
  const outcome = parseFeedback(typeof text === "string" ? Buffer.from(text) : text, find, { ...OPTIONS, ...options });
  if (isBadFile(outcome)) throw new Error(JSON.stringify(outcome.problems));
  return outcome;
};

describe("toScore()", () => {
  it.each([
    [{ min: 1, max: 5 }, [1, 2, 3, 4, 5], [1, 2, 3, 4, 5]],
    [{ min: 0, max: 10 }, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [1, 1, 2, 2, 3, 3, 3, 4, 4, 5, 5]],
    [{ min: 0, max: 1 }, [0, 1], [1, 5]],
    [{ min: 1, max: 4 }, [1, 2, 3, 4], [1, 2, 4, 5]],
  ])("of %j", (scale, given, scores) => {
    expect(given.map((one) => toScore(one, scale))).toEqual(scores);
  });

  it("keeps to 1-5 and never turns an order round, on any scale", () => {
    const scales = fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 1, max: 50 }));
    fc.assert(
      fc.property(scales, fc.array(fc.double({ min: 0, max: 1, noNaN: true })), ([min, width], places) => {
        const scale = { min, max: min + width };
        const scores = places.sort((a, b) => a - b).map((place) => toScore(min + place * width, scale));
        expect(scores.every((score, index) => score >= (scores[index - 1] ?? 1) && score <= 5)).toBe(true);
        expect([toScore(scale.min, scale), toScore(scale.max, scale)]).toEqual([1, 5]);
      }),
    );
  });

  it("is told in words", () => {
    expect(toScaleWords({ min: 0, max: 10 })).toBe("0-1 as 1, 2-3 as 2, 4-6 as 3, 7-8 as 4, 9-10 as 5");
    expect(toScaleWords({ min: 0, max: 1 })).toBe("0 as 1, 1 as 5");
  });
});

describe("parseScale()", () => {
  it.each([
    ["0-10", { min: 0, max: 10 }],
    ["5-1", undefined],
    ["5-5", undefined],
    ["ten", undefined],
  ])("of %s", (text, scale) => {
    expect(parseScale(text)).toEqual(scale);
  });
});

describe("parseFeedbackMap()", () => {
  it("takes commas and equals signs in the names of columns", () => {
    expect(parseFeedbackMap("date=Completion time, score=How useful, in all? (1=bad),email=Email")).toEqual({
      date: "Completion time",
      score: "How useful, in all? (1=bad)",
      email: "Email",
    });
  });

  it.each(["", "when=Date", "date=", "date"])("says what is wrong with %j", (text) => {
    expect(parseFeedbackMap(text)).toMatch(/must be a field, = and the name/);
  });

  it("is the same as JSON", () => {
    expect(parseFeedbackMapJson('{"date": "When", "score": "Rating"}')).toEqual({ date: "When", score: "Rating" });
    for (const text of ["", "5", '{"when": "x"}', '{"date": 5}', '{"date": ""}'])
      expect(parseFeedbackMapJson(text)).toBeUndefined();
  });
});

describe("parseFeedback()", () => {
  const map = {
    date: "Completion time",
    score: "How useful was it, in all?",
    comment: "Anything else?",
    email: "Email",
    name: "Name",
  };

  it("reads a survey by its map: known people, a Partner's nobody, and what may not be kept", () => {
    const survey = readFileSync(toReportFile("survey.csv"));
    const outcome = read(survey, { map, event: "w-7", scale: { min: 0, max: 10 } });
    expect(
      outcome.feedback.map(({ line, person, event, score }) => [line, "sub" in person && person.sub, event, score]),
    ).toEqual([
      [2, "u-wren", "w-7", 5],
      [4, "u-jay", "w-7", 2],
    ]);
    expect(outcome).toMatchObject({ empty: 1, ofNobody: 2, unmatched: [{ reason: "not_in_contacts" }] });
    const ofPartner = read(survey, { map, event: "w-7", scale: { min: 0, max: 10 }, partner: "northgate" });
    expect(
      ofPartner.feedback.map(({ person }) => ("sub" in person ? person.ptn : `nobody of ${person.nobodyOf}`)),
    ).toEqual(["northgate", "nobody of northgate", "eastmoor", "nobody of northgate"]);
    expect(ofPartner.ofNobody).toBe(0);
  });

  it("reads columns that are named as the fields without a map, with user ids of the site", () => {
    const text = `date,resource,score,comment,user,partner\n2026-10-01,guide-12,4,"Good, clear",u-1,acme\n2026-10-01,guide-12,,x,,acme\n`;
    expect(read(text).feedback).toMatchObject([
      { person: { sub: "u-1", ptn: "acme" }, resource: "guide-12", score: 4, comment: "Good, clear" },
      { person: { nobodyOf: "acme" }, comment: "x" },
    ]);
  });

  it.each<[string, string, RegExp]>([
    ["no date column", "score\n5\n", /there must be a date/],
    ["no answer column", "date\n2026-10-01\n", /a score or a comment/],
    ["a bad date", "date,score,event\nsoon,5,w\n", /line":2.*\\"soon\\" is not a time/],
    ["no date", "date,score,event\n,5,w\n", /there is no date/],
    ["a score beyond the scale", "date,score,event\n2026-10-01,7,w\n", /\\"7\\" is no score from 1 to 5/],
    ["a score in hexadecimal", "date,score,event\n2026-10-01,0x5,w\n", /\\"0x5\\" is no score.*must be digits/],
    ["a score with an exponent", "date,score,event\n2026-10-01,1e0,w\n", /\\"1e0\\" is no score/],
    ["a score with a sign", "date,score,event\n2026-10-01,+5,w\n", /\\"\+5\\" is no score/],
    ["a score in words", "date,score,event\n2026-10-01,good,w\n", /\\"good\\" is no score/],
    ["nothing that it is about", "date,score\n2026-10-01,5\n", /it is about nothing/],
    ["a user of no Partner", "date,score,event,user\n2026-10-01,5,w,u-1\n", /partner must be filled/],
  ])("refuses a file with %s", (_, text, problem) => {
    expect(() => read(text)).toThrow(problem);
  });

  it("takes a score with a decimal point or comma", () => {
    const text = 'date,score,event\n2026-10-01,4.4,w\n2026-10-01,"4,6",w\n';
    expect(read(text, { partner: "acme" }).feedback.map(({ score }) => score)).toEqual([4, 5]);
  });

  it("asks how dates are written without advice that the command does not have", () => {
    const text = "date,score,event\n05/10/2026,5,w\n";
    expect(() => read(text)).toThrow(/--dates dmy or --dates mdy how its dates are written"/);
  });

  it("refuses a map to a column that is not there", () => {
    expect(() => read("a,b\n1,2\n", { map: { date: "When", score: "b" } })).toThrow(/no column.*When/);
  });

  it("never throws, whatever is in the file", () => {
    fc.assert(fc.property(fc.string(), (text) => void parseFeedback(Buffer.from(text), someContacts(), OPTIONS)));
  });
});

describe("toSealedFeedback()", () => {
  const sealAll = (text: string, options: Partial<FeedbackOptions> = {}) => {
    const source = { sealKey: Buffer.alloc(32, 7), site: "www", receivedMs: OPTIONS.nowMs, ordinal: createOrdinals() };
    return read(text, { event: "w-7", ...options }).feedback.map((told) => toSealedFeedback(told, source).sealed);
  };

  it("seals the person and masks the comment", () => {
    const [sealed] = sealAll(`date,score,comment,email\n2026-10-01,5,Mail ${WREN},${WREN}\n`);
    expect(parseSealedRecord(Buffer.from(JSON.stringify(sealed)))).toEqual(sealed);
    expect(sealed).toMatchObject({
      origin: "import",
      person: { acct: "partner", ptn: "northgate" },
      events: [{ type: "feedback", score: 5, comment: "Mail [masked]", event: { id: "w-7" } }],
    });
    expect(sealed?.person.consent).toBeUndefined();
    expect(JSON.stringify(sealed)).not.toMatch(/example\.org|u-wren/);
  });

  it("of nobody says no to being combined, and is nobody's of one Partner only", () => {
    const text = "date,score,partner\n2026-10-01,5,acme\n2026-10-01,4,acme\n2026-10-01,4,brook\n";
    const people = sealAll(text).map(({ person }) => person);
    expect(people[0]?.consent).toEqual({ behaviour: false, feedback: false });
    expect(people[0]?.ref === people[1]?.ref && people[0]?.ref !== people[2]?.ref).toBe(true);
  });

  it("gives a line the same id in every import, lines that repeat different ones, and another event another", () => {
    const text = `date,score,email\n2026-10-01,5,${WREN}\n2026-10-01,5,${WREN}\n`;
    const toIds = (options: Partial<FeedbackOptions> = {}) => sealAll(text, options).map(({ events }) => events[0]?.id);
    expect(toIds()).toEqual(toIds());
    expect(new Set([...toIds(), ...toIds({ event: "w-8" })]).size).toBe(4);
  });

  it("gives lines that name no Partner other ids for each Partner that the file is given for", () => {
    const toIds = (text: string, partner: string) =>
      sealAll(text, { partner }).map(({ events }) => String(events[0]?.id));
    const bare = "date,score\n2026-10-05,5\n2026-10-05,4\n";
    expect(toIds(bare, "northgate")).toEqual(toIds(bare, "northgate"));
    expect(new Set([...toIds(bare, "northgate"), ...toIds(bare, "quietbrook")]).size).toBe(4);
    const users = "date,score,user\n2026-10-05,5,u-1\n";
    expect(toIds(users, "northgate")).not.toEqual(toIds(users, "quietbrook"));
    const known = `date,score,email\n2026-10-05,5,${WREN}\n`;
    expect(toIds(known, "northgate")).toEqual(toIds(known, "quietbrook"));
    const named = "date,score,partner\n2026-10-05,5,acme\n";
    expect(toIds(named, "northgate")).toEqual(toIds(named, "quietbrook"));
  });
});
