import { describe, expect, it } from "vitest";
import type { Block } from "../../../reporting/blocks.ts";
import { toPage } from "../../../reporting/page.ts";
import { CARD_FIGURES } from "../../../reporting/page-cover.ts";
import { toHowCounted, toTrail } from "../../../reporting/page-how-counted.ts";
import { FIGURES, FURTHER_FIGURES } from "../../../schemas/figures.ts";
import type { RecordOfEngagement } from "../../../schemas/record.ts";
import { DROP_REASON_NAMES, DROP_REASONS, type DropReason } from "../../../schemas/verdict.ts";
import { anEmptyRecord, aRecord, SOME_TRAIL, someFigures, someResources } from "../../fixtures/a-record.ts";

/** The blocks of a page, those in columns among them, in reading order. */
function toBlocks(blocks: readonly Block[]): Block[] {
  return blocks.flatMap((block) =>
    block.kind === "columns" ? toBlocks([...block.left, ...block.right, ...(block.tail ?? [])]) : [block],
  );
}

function blocksOf<K extends Block["kind"]>(record: RecordOfEngagement, kind: K) {
  return toBlocks(toPage(record).blocks).filter((block): block is Extract<Block, { kind: K }> => block.kind === kind);
}

function tableOf(record: RecordOfEngagement, column: string) {
  return blocksOf(record, "table").find((table) => table.columns[0]?.title === column);
}

describe("toPage()", () => {
  it("says why days and hours are not shown when few people used the website, and never that nobody did", () => {
    const texts = blocksOf(aRecord({ days: [], weekday_hours: [] }), "paragraph").map(({ text }) => text);
    expect(texts).toContainEqual(expect.stringMatching(/^Not shown: days and hours of fewer than 5 people/));
    expect(texts).not.toContainEqual(expect.stringMatching(/nothing was counted/i));
    expect(blocksOf(aRecord({ days: [], weekday_hours: [] }), "heat")).toEqual([]);
  });

  it("says nothing of few people, nor that nothing was counted, in a month of attendance and feedback alone", () => {
    const { how_counted } = aRecord();
    const figures = { ...anEmptyRecord().figures, events_attended: 9 };
    const attended = anEmptyRecord({ ...{ days: [], weekday_hours: [], figures, how_counted } });
    const texts = blocksOf(attended, "paragraph").map(({ text }) => text);
    expect(texts).toContain("Nothing was opened, searched for, downloaded or played in this month.");
    expect(texts).not.toContainEqual(expect.stringMatching(/days and hours of fewer|nothing was counted/i));
  });

  it("draws no grid and no table of hours in a month in which people searched and opened no page", () => {
    const weekday_hours = aRecord().weekday_hours.map((hours) => hours.map(() => 0));
    const searched = aRecord({ weekday_hours, figures: { ...aRecord().figures, page_views: 0 } });
    expect(blocksOf(searched, "chart").map(({ caption }) => caption)).toContain("Counted actions by day of the month");
    expect(blocksOf(searched, "heat")).toEqual([]);
    expect(tableOf(searched, "Hour")).toBeUndefined();
    expect(blocksOf(searched, "paragraph").map(({ text }) => text)).toContain("No page was opened in this month.");
  });

  it("says whose record it is, of which month, contract and version", () => {
    const [head] = blocksOf(aRecord(), "masthead");
    expect(head).toEqual({
      kind: "masthead",
      edition: "Version 1, closed 3 November 2026",
      kicker: "Record of Engagement",
      title: "Barnsetshire County Council",
      month: "October 2026",
      logos: {},
      facts:
        "1 to 31 October 2026 (Europe/London)  ·  Contract 1 April 2025 to 31 March 2028  ·  450 licensed seats  ·  County councils",
    });
    expect(toPage(aRecord()).title).toBe("Record of Engagement: Barnsetshire County Council, October 2026");
  });

  it.each([
    ["2025-04-01", null, "Contract from 1 April 2025"],
    [null, "2028-03-31", "Contract until 31 March 2028"],
  ])("words a contract from %s to %s", (contract_start, contract_end, words) => {
    const partner = { ...aRecord().partner, contract_start, contract_end };
    expect(blocksOf(aRecord({ partner }), "masthead")[0]?.facts).toContain(words);
  });

  it("leaves out contract, seats and group when they are not recorded", () => {
    const partner = { ...aRecord().partner, contract_start: null, contract_end: null, seats: null, group: "" };
    expect(blocksOf(aRecord({ partner }), "masthead")[0]?.facts).toBe("1 to 31 October 2026 (Europe/London)");
  });

  it("shows the reason of a later version, and none for the first", () => {
    const text = (record: RecordOfEngagement) => blocksOf(record, "notice").map((notice) => notice.text);
    expect(text(aRecord({ version: 3, reason: "Late data" }))).toContain(
      "Version 3 replaces version 2. Reason: Late data",
    );
    expect(text(aRecord())).toEqual([]);
  });

  it("says that the month was not over in every version that was closed before it was", () => {
    const completeness = { ...aRecord().completeness, provisional: true };
    const texts = blocksOf(aRecord({ version: 2, reason: "Late data", completeness }), "notice").map(
      ({ text }) => text,
    );
    expect(texts).toEqual([
      "The month was not over when this was counted. What comes later makes the next version.",
      "Version 2 replaces version 1. Reason: Late data",
    ]);
  });

  it.each([
    [1, "Since version 1, 1 event was added."],
    [1_204, "Since version 1, 1,204 events were added."],
    [-1, "Since version 1, 1 event was taken away."],
  ])("says how many events more or less than version 1 it has: %i", (received_since_first_close, words) => {
    const texts = blocksOf(aRecord({ version: 2, received_since_first_close }), "paragraph").map(({ text }) => text);
    expect(texts).toContain(words);
  });

  it("says on how many days of the month events arrived, one included", () => {
    const completeness = { ...aRecord().completeness, days_with_data: 1 };
    const texts = blocksOf(aRecord({ completeness }), "paragraph").map(({ text }) => text);
    expect(texts).toContain("Events arrived on 1 of the 31 days of the month.");
    const allDays = blocksOf(aRecord(), "paragraph").map(({ text }) => text);
    expect(allDays).toContain("Events arrived on all 31 days of the month.");
  });

  it.each([
    [["2026-10-03"], "On 3 October 2026 (UTC) nothing arrived"],
    [["2026-10-03", "2026-10-04", "2026-10-31"], "On 3, 4 and 31 October 2026 (UTC) nothing arrived"],
  ])("lists days on which nothing arrived: %j", (silent_days, words) => {
    const completeness = { ...aRecord().completeness, silent_days };
    const texts = blocksOf(aRecord({ completeness }), "paragraph").map(({ text }) => text);
    expect(texts).toContainEqual(expect.stringContaining(words));
  });

  it("says after how many hours an event is too late, one included, and of nobody what does not hold for one person", () => {
    const completeness = { ...aRecord().completeness, late_hours_max: 1 };
    const how_counted = { ...SOME_TRAIL, dropped: { too_old: 9 } };
    const texts = JSON.stringify(toPage(aRecord({ completeness, how_counted, people_min: 1 })).blocks);
    expect(texts).toContain("What arrived more than 1 hour late is not counted.");
    expect(texts).not.toMatch(/72 hours|\b1 people/);
  });

  it("gives reasons that read as one sentence", () => {
    const newcomers = { new_people: null, returning_people: null, absence: "withheld" } as const;
    const engaged = { engaged_ms: null, engaged_people: null, agreed_people: null, absence: "withheld" } as const;
    const feedback = { responses: 8, average: null, absence: "withheld" } as const;
    const texts = blocksOf(aRecord({ newcomers, engaged, feedback }), "paragraph").map(({ text }) => text);
    const why = "withheld, because it describes too few people or would reveal a number that does.";
    expect(texts).toContain(`New and returning people: ${why}`);
    expect(texts).toContain(`Engaged time: ${why}`);
    expect(texts).toContain(`Feedback: 8 answers. Average score: ${why}`);
  });

  it("says that no time was measured where nobody of whom it may be came", () => {
    expect(blocksOf(anEmptyRecord(), "paragraph").map(({ text }) => text)).toContain(
      "Engaged time: none was measured.",
    );
  });

  it("has month and version before the name in its footer, where a long name cuts neither off", () => {
    expect(toPage(aRecord({ version: 12 })).footer).toBe(
      "Roebuck  ·  Record of Engagement, October 2026, version 12  ·  Barnsetshire County Council",
    );
  });

  it("shows all eight figures with the month before, in words", () => {
    const [cards] = blocksOf(aRecord(), "cards");
    expect(cards?.cards.map((card) => card.label)).toEqual(CARD_FIGURES.map((name) => FIGURES[name].title));
    expect(cards?.cards[5]).toMatchObject({
      label: "Active people",
      value: "347",
      change: "up 12%",
      before: "September: 309",
      way: "up",
    });
  });

  it.each([
    [null, { change: "", before: "no record for September", way: "none" }],
    [someFigures(), { change: "no change", before: "September: 347", way: "none" }],
    [someFigures(2), { change: "down 50%", before: "September: 694", way: "down" }],
  ])("words the change of a figure", (previous, card) => {
    expect(blocksOf(aRecord({ previous }), "cards")[0]?.cards[5]).toMatchObject(card);
  });

  it("shows resources with their numbers, withheld ones as fewer than 5", () => {
    const table = tableOf(aRecord(), "Resource");
    expect(table?.rows[0]?.cells.map((cell) => cell.text)).toEqual([
      "Supporting families where there is parental conflict: a practice guide",
      "guide",
      "412",
      "499",
      "251",
    ]);
    expect(
      table?.rows
        .at(-1)
        ?.cells.slice(2)
        .map((cell) => cell.text),
    ).toEqual(Array(3).fill("fewer than 5"));
  });

  it("prints the first fifteen of sixty resources and says so", () => {
    const record = aRecord({ top_resources: someResources(60) });
    expect(tableOf(record, "Resource")?.rows).toHaveLength(15);
    expect(JSON.stringify(blocksOf(record, "paragraph"))).toContain(
      "The first 15 of 60 resources in this record; the CSV lists them all.",
    );
  });

  it("says why there is no list of what fewer people than the threshold used, and that nothing was used where it was not", () => {
    const lists = { top_resources: [], by_kind: [], by_topic: [], top_pages: [], departments: [], events: [] };
    const used = { Total_Item_Investigations: 4, page_views: 9, events_attended: 1 };
    const few = { ...anEmptyRecord().figures, active_people: 3, ...used };
    const words = (record: RecordOfEngagement) =>
      blocksOf(record, "paragraph")
        .map((block) => JSON.stringify(block))
        .join(" ");
    const shown = words(anEmptyRecord({ ...lists, figures: few }));
    expect(shown.match(/Not shown: what fewer than 5 people used/g)).toHaveLength(6);
    expect(shown).not.toContain("was used in this month");
    expect(words(anEmptyRecord(lists))).toContain("No resource was used in this month.");
  });

  it("says of each list that is empty what was not done, not that few did it, in a month in which three people attended an event and no more", () => {
    const figures = { ...anEmptyRecord().figures, active_people: 3, events_attended: 3 };
    const record = anEmptyRecord({ figures, events: [], days: [], weekday_hours: [] });
    const texts = blocksOf(record, "paragraph").map(({ text }) => text);
    expect(texts).toEqual(
      expect.arrayContaining([
        "No resource was used in this month.",
        "No kind of resource was used.",
        "No topic was used.",
        "No page was opened by a signed-in person.",
        "Nothing was opened, searched for, downloaded or played in this month.",
        "Nothing was searched for in this month.",
      ]),
    );
    expect(texts.filter((text) => text.startsWith("Not shown: what fewer"))).toHaveLength(2); // departments and events
    expect(texts).not.toContainEqual(expect.stringMatching(/days and hours of fewer/));
  });

  it("says that nobody was active, not that departments were not given, in a month of feedback alone", () => {
    const feedback = { responses: 2, average: null, absence: "withheld" } as const;
    const record = anEmptyRecord({ feedback, days: [], weekday_hours: [] });
    const texts = blocksOf(record, "paragraph").map(({ text }) => text);
    expect(texts).toContain("Nobody was active in this month.");
    expect(texts).toContain("Nothing was searched for in this month.");
    expect(texts).toContain("Nothing was opened, searched for, downloaded or played in this month.");
    expect(texts).not.toContainEqual(expect.stringMatching(/No department was given|Not shown/));
  });

  it.each([
    [1, "No term was searched for by 1 person or more."],
    [5, "No term was searched for by 5 people or more."],
  ])("says how many people must have searched for a term that is listed: %i", (people_min, words) => {
    expect(blocksOf(aRecord({ searches: [], people_min }), "paragraph").map(({ text }) => text)).toContain(words);
  });

  it("shows pages with their path", () => {
    expect(tableOf(aRecord(), "Page")?.rows[1]?.cells).toEqual([
      { text: "Leadership", under: "/topics/leadership" },
      { text: "937" },
      { text: "151" },
    ]);
  });

  it("defines every figure that has a card with its source", () => {
    const [definitions] = blocksOf(aRecord(), "definitions");
    expect(definitions?.items).toEqual(
      Object.values({ ...FIGURES, ...FURTHER_FIGURES }).map(({ title, prose, source }) => ({
        term: title,
        prose,
        source,
      })),
    );
  });

  it("shows value for money, and says why it is not known", () => {
    const texts = (record: RecordOfEngagement) => blocksOf(record, "paragraph").map(({ text }) => text);
    const { value } = aRecord();
    const none = { amount: null, fee_share: null, currency: "", absence: "no_fee" } as const;
    const unknown = { ...value, peers: [], peers_absence: "few_peers", cost_per_use: none } as const;
    expect(texts(aRecord())).toContainEqual(
      expect.stringMatching(/^Utilisation: 347 active people for 450 licensed seats/),
    );
    expect(texts(aRecord())).toContainEqual(expect.stringMatching(/^Cost per unique request: £/));
    expect(texts(aRecord({ value: unknown }))).toContain("Cost per unique request: no contract fee is recorded.");
    expect(texts(aRecord({ value: unknown }))).toContainEqual(expect.stringMatching(/^The peer group has too few/));
  });

  it("lists the first departments of 400 and says so", () => {
    const departments = Array.from({ length: 400 }, (_, index) => ({
      dept: `d${index}`,
      title: `Department ${index}`,
      people: 900 - index,
      uniqueRequests: 1_000 - index,
      actions: 2_000 - index,
    }));
    const record = aRecord({ departments });
    expect(tableOf(record, "Department")?.rows).toHaveLength(12);
    expect(JSON.stringify(blocksOf(record, "paragraph"))).toContain(
      "The first 12 of 400 departments in this record; the CSV lists them all.",
    );
  });

  it("says something under every heading when nothing was counted", () => {
    const blocks = toBlocks(toPage(anEmptyRecord()).blocks).filter((block) => block.kind !== "new-page");
    for (const [index, block] of blocks.entries()) {
      if (block.kind === "heading") expect(blocks[index + 1]?.kind).not.toBe("heading");
    }
    expect(JSON.stringify(blocks)).toContain("No resource was used in this month.");
    expect(JSON.stringify(blocks)).not.toMatch(/NaN|undefined|Infinity/);
  });

  it("carries no control or direction characters from a title", () => {
    const rows = someResources(1).map((row) => ({ ...row, title: "abc\u202Edef\u0000\nghi" }));
    expect(tableOf(aRecord({ top_resources: rows }), "Resource")?.rows[0]?.cells[0]?.text).toBe("abcdef ghi");
  });

  it("falls back to the id when a title is blank", () => {
    const rows = someResources(1).map((row) => ({ ...row, title: " \u200B" }));
    expect(tableOf(aRecord({ top_resources: rows }), "Resource")?.rows[0]?.cells[0]?.text).toBe("pg-104");
  });

  it("tells of rights and of the contact it is given", () => {
    const page = toPage(aRecord(), { contact: "Questions: records@example.org." });
    const texts = toBlocks(page.blocks).flatMap((block) => (block.kind === "paragraph" ? [block.text] : []));
    expect(texts.at(-1)).toBe("Questions: records@example.org.");
    expect(texts.at(-2)).toContain("may ask Barnsetshire County Council, the controller, or us.");
  });
});

describe("toTrail()", () => {
  const sum = (record: RecordOfEngagement, sign: string) =>
    toTrail(record.how_counted)
      .filter((step) => step.sign === sign)
      .reduce((total, step) => total + step.count, 0);

  it("adds up: received less what is taken away is what is counted, and its parts are the whole", () => {
    const record = aRecord();
    expect(sum(record, "") - sum(record, "−")).toBe(sum(record, "="));
    expect(sum(record, "part")).toBe(sum(record, "="));
  });

  it("names each reason in the order in which the pipeline checks, and leaves out those that did not happen", () => {
    const dropped: Partial<Record<DropReason, number>> = { no_basis: 1, partner_left: 0 };
    for (const reason of DROP_REASON_NAMES) if (reason !== "partner_left") dropped[reason] = 2;
    const steps = toTrail({ ...SOME_TRAIL, dropped }).filter((step) => step.sign === "−");
    const titles = DROP_REASON_NAMES.filter((reason) => reason !== "partner_left").map(
      (reason) => DROP_REASONS[reason].title,
    );
    expect(steps.slice(0, titles.length).map((step) => step.what)).toEqual(titles);
  });

  it("shows what cannot be explained as a line of its own, so that the sum is never wrong in silence", () => {
    const record = aRecord({ how_counted: { ...SOME_TRAIL, received: SOME_TRAIL.received + 7 } });
    expect(toTrail(record.how_counted)).toContainEqual({ sign: "−", what: "Not explained", count: 7 });
    expect(sum(record, "") - sum(record, "−")).toBe(sum(record, "="));
  });

  it("is printed as a table that ends in the parts of what is counted", () => {
    const table = toHowCounted(aRecord()).find((block) => block.kind === "table");
    const rows = table?.rows.map((row) => row.cells.map((cell) => cell.text).join(" "));
    expect(rows?.slice(-4)).toEqual([
      "= Counted 9,458",
      "of which engagement 8,302",
      "of which behaviour, by consent 1,104",
      "of which feedback, given by choice 52",
    ]);
  });
});

describe("a part that the release which closed the month did not count", () => {
  it("is left out, with its heading, and nothing stands in its place", () => {
    const record = aRecord({
      not_counted: ["departments", "searches", "events", "by_topic"],
      engaged: { engaged_ms: null, engaged_people: null, agreed_people: null, absence: "not_counted" },
      feedback: { responses: 0, average: null, absence: "not_counted" },
    });
    const headings = (given: RecordOfEngagement) => JSON.stringify(toPage(given).blocks);
    for (const title of ["Who used it", "Events attended", "Time and feedback", "Topics"]) {
      expect(headings(record)).not.toContain(`"heading","text":"${title}"`);
    }
    expect(headings(record)).not.toContain("Not counted by the release");
    for (const title of ["Who used it", "Events attended", "Time and feedback", "Topics"]) {
      expect(headings(aRecord())).toContain(`"heading","text":"${title}"`);
    }
  });
});
