import { describe, expect, it } from "vitest";
import { toPrintable } from "../../../reporting/printable.ts";
import {
  toCellWords,
  toChangeWords,
  toCountedWords,
  toCountWords,
  toDateWords,
  toDayWords,
  toDurationWords,
  toHourWords,
  toMonthShort,
  toMonthWords,
  toPlainText,
  toShortText,
  toSummaryWords,
} from "../../../reporting/words.ts";
import { FIGURE_NAMES, type Figures } from "../../../schemas/figures.ts";
import { anEmptyRecord, aRecord, NO_FIGURES, SOME_TRAIL, someFigures, someResources } from "../../fixtures/a-record.ts";

describe("numbers", () => {
  it.each([
    [0, "0"],
    [999, "999"],
    [12345, "12,345"],
    [1234567, "1,234,567"],
  ])("toCountWords() writes %i as people in Britain do", (count, words) => {
    expect(toCountWords(count)).toBe(words);
  });

  it("toCountedWords() minds the singular", () => {
    expect([0, 1, 2].map((count) => toCountedWords(count, "person", "people"))).toEqual([
      "0 people",
      "1 person",
      "2 people",
    ]);
  });

  it("toCellWords() says fewer than the record's threshold when a cell is withheld", () => {
    expect(toCellWords(null, 5)).toBe("fewer than 5");
    expect(toCellWords(null, 10)).toBe("fewer than 10");
    expect(toCellWords(1204, 5)).toBe("1,204");
  });
});

describe("toDurationWords()", () => {
  it.each([
    [1_000, "1 second"],
    [3_600_000, "1 hour"],
    [7_260_000, "2 hours 1 minute"],
    [401_220_000, "111 hours 27 minutes"],
  ])("says %i ms as %s", (ms, words) => expect(toDurationWords(ms)).toBe(words));
});

describe("toChangeWords()", () => {
  it.each([
    [112, 100, "up 12%"],
    [88, 100, "down 12%"],
    [100, 100, "no change"],
    [0, 0, "no change"],
    [0, 40, "down 100%"],
    [1, 4000, "down more than 99%"],
    [347, 174, "up 99%"],
    [1_999, 1_000, "up 100%"],
    [1, 100, "down 99%"],
    [10_001, 10_000, "up less than 1%"],
    [9_999, 10_000, "down less than 1%"],
    [7, 0, "up from 0"],
    [1000, 100, "up 900%"],
    [1001, 100, "up more than tenfold"],
  ])("says of %i after %i: %3$s", (now, before, words) => {
    expect(toChangeWords(now, before)).toBe(words);
  });
});

describe("dates", () => {
  it("toMonthWords(), toMonthShort(), toDateWords() and toHourWords() write them out", () => {
    expect(toMonthWords("2026-01")).toBe("January 2026");
    expect(toMonthShort("2026-12")).toBe("Dec");
    expect(toDateWords("2026-10-03")).toBe("3 October 2026");
    expect(toHourWords(9)).toBe("09:00 to 10:00");
  });

  it("toDayWords() takes the day of the Partner's zone when UTC still has the day before", () => {
    expect(toDayWords("2026-06-30T23:30:00Z", "Europe/London")).toBe("1 July 2026");
    expect(toDayWords("2026-06-30T23:30:00Z", "UTC")).toBe("30 June 2026");
  });
});

describe("text from outside", () => {
  it.each([
    ["line one\r\nline two\ttab", "line one line two tab"],
    ["safe\u202Egnp.exe", "safegnp.exe"],
    ["\u2066isolate\u2069 zero\u200Bwidth \u0000nul\u0007", "isolate zerowidth nul"],
    ["  wide   gaps  ", "wide gaps"],
    ["half a pair \uD83D", "half a pair"],
    ["e\u0301", "é"],
  ])("toPlainText() makes %j harmless", (text, plain) => {
    expect(toPlainText(text)).toBe(plain);
  });

  it("toShortText() cuts a long title at a word and marks the cut", () => {
    expect(toShortText("Working with families in need of help", 20)).toBe("Working with…");
    expect(toShortText("short", 20)).toBe("short");
    expect(Array.from(toShortText("x".repeat(300), 90))).toHaveLength(90);
  });

  it.each([
    ["Guide دليل الممارسة", "Guide [Arabic]"],
    ["מדריך and 指南", "[Hebrew] and [Chinese or Japanese]"],
    ["Team 👪 tool ★", "Team tool"],
    ["ᚠᚢ", "[other script]"],
    ["Zoë’s “naïve” café", "Zoë’s “naïve” café"],
  ])("toPrintable() names the script it has no letters for in %j", (text, printable) => {
    const latinOnly = (codePoint: number) => codePoint < 0x250 || (codePoint >= 0x2010 && codePoint <= 0x201d);
    expect(toPrintable(text, latinOnly)).toBe(printable);
  });
});

describe("toSummaryWords()", () => {
  it("tells people, visits, requests, the change and the favourite in one sentence", () => {
    expect(toSummaryWords(aRecord({ top_resources: someResources(8) }))).toBe(
      "In October 2026, 347 people from Barnsetshire County Council were active, 1,489 visits were made, and resources " +
        "were used in full 2,219 times, up 12% on the month before; the resource used most was “Supporting families " +
        "where there is parental conflict: a practice guide”.",
    );
  });

  const NOBODY = "nobody from Barnsetshire County Council was counted as active";
  it.each<readonly [string, Partial<Figures>, string]>([
    [
      "one person",
      { active_people: 1, visits: 1, Unique_Item_Requests: 1 },
      "1 person from Barnsetshire County Council was active, 1 visit was made, and resources were used in full 1 time",
    ],
    [
      "people who attended and never came to the website",
      { active_people: 6, events_attended: 6 },
      "6 people from Barnsetshire County Council were active, 0 visits were made, and resources were used in full 0 times",
    ],
    [
      "people who opened pages alone, beside one who is active",
      { active_people: 1, visits: 9, page_views: 30 },
      "1 person from Barnsetshire County Council was active, 9 visits were made, and resources were used in full 0 times",
    ],
    [
      "people who opened pages alone",
      { visits: 3, page_views: 12 },
      `${NOBODY}, 3 visits were made, pages were opened 12 times, and resources were used in full 0 times`,
    ],
    [
      "a visit that began in the month before",
      { page_views: 1 },
      `${NOBODY}, 0 visits were made, pages were opened 1 time, and resources were used in full 0 times`,
    ],
    [
      "use that is combined with no person",
      {
        page_views: 4,
        Total_Item_Investigations: 4,
        Unique_Item_Investigations: 4,
        Total_Item_Requests: 2,
        Unique_Item_Requests: 2,
      },
      `${NOBODY}, 0 visits were made, pages were opened 4 times, and resources were used in full 2 times`,
    ],
    [
      "attendances that are combined with no person",
      { events_attended: 2 },
      `${NOBODY}, 0 visits were made, pages were opened 0 times, and resources were used in full 0 times`,
    ],
  ])("is true of %s", (_, some, words) => {
    const figures = { ...NO_FIGURES, ...some };
    expect(toSummaryWords(aRecord({ figures, previous: null, top_resources: [] }))).toBe(`In October 2026, ${words}.`);
  });

  it("says that there was no use only when nothing at all was counted", () => {
    expect(toSummaryWords(anEmptyRecord())).toBe(
      "In October 2026, no signed-in use of the website by people from Barnsetshire County Council was counted.",
    );
    for (const figure of FIGURE_NAMES) {
      const figures = { ...NO_FIGURES, [figure]: 1 };
      expect(toSummaryWords(anEmptyRecord({ figures })), figure).not.toContain("no signed-in use");
    }
    expect(toSummaryWords(anEmptyRecord({ how_counted: SOME_TRAIL }))).toBe(
      "In October 2026, no page view, visit, search or attendance by people from Barnsetshire County Council was counted.",
    );
  });

  it.each([
    [someFigures(), ", as in the month before;"],
    [NO_FIGURES, ", up from 0 in the month before;"],
    [someFigures(0.05), ", up more than tenfold on the month before;"],
  ])("compares with the month before", (previous, words) => {
    expect(toSummaryWords(aRecord({ previous }))).toContain(words);
  });

  it("names no favourite when its number is withheld", () => {
    const withheld = someResources().slice(-1);
    expect(toSummaryWords(aRecord({ top_resources: withheld }))).not.toContain("used most");
  });

  it("calls the first resource the one used most of those shown when another is withheld", () => {
    expect(toSummaryWords(aRecord({ top_resources: someResources(9) }))).toContain(
      "; the resource used most of those shown was “Supporting families",
    );
  });
});
