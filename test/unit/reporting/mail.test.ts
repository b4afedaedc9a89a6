import { describe, expect, it } from "vitest";
import { CHART_ID, toMail } from "../../../reporting/mail.ts";
import { type MailContext, toMailWords } from "../../../reporting/mail-words.ts";
import type { RecordOfEngagement } from "../../../schemas/record.ts";
import { anEmptyRecord, aRecord, NO_FIGURES, someFigures, someResources } from "../../fixtures/a-record.ts";

const SIZE = { width: 600, height: 240 };
const aContext = (changes: Partial<MailContext> = {}): MailContext => ({
  officer: "Zoë O’Brien",
  organisation: "The Heron Trust",
  privacyContact: "privacy@heron.example",
  delivery: "pdf",
  portalUrl: "https://records.example.org",
  isRepeat: false,
  ...changes,
});
const named = (name: string, changes: Partial<RecordOfEngagement> = {}): RecordOfEngagement => {
  const record = aRecord(changes);
  return { ...record, partner: { ...record.partner, id: "acme", name } };
};
const mail = (record: RecordOfEngagement, changes: Partial<MailContext> = {}) =>
  toMail(record, aContext(changes), SIZE);
/** A text without its line breaks. */
const flat = (text: string) => text.replace(/\s+/g, " ");

describe("toMailWords()", () => {
  it.each<[string, string, string]>([
    ["a name", "Zoë O’Brien", "Dear Zoë O’Brien,"],
    ["none", "", "Dear Link Officer,"],
    ["white space", "  ", "Dear Link Officer,"],
    ["a line that would be a header", "Zoë\r\nBcc: spy@evil.example", "Dear Zoë Bcc: spy@evil.example,"],
    ["marks that turn the text around", "Zoë\u202Egro", "Dear Zoëgro,"],
  ])("greets an officer with %s", (_, officer, greeting) => {
    expect(toMailWords(aRecord(), aContext({ officer })).greeting).toBe(greeting);
  });

  it("says in the subject what it is, of which month and whose", () => {
    expect(toMailWords(named("Acme & Sons"), aContext()).subject).toBe(
      "Record of Engagement for October 2026, Acme & Sons",
    );
    expect(toMailWords(named("Acme & Sons"), aContext({ isRepeat: true })).subject).toBe(
      "Updated: Record of Engagement for October 2026, Acme & Sons",
    );
  });

  it("shortens a name that would fill the mail, and uses the id where there is none", () => {
    expect(toMailWords(named("Acme ".repeat(60)), aContext()).subject.length).toBeLessThan(180);
    expect(toMailWords(named(" \u0007 "), aContext()).subject).toBe("Record of Engagement for October 2026, acme");
  });

  it.each<[string, RecordOfEngagement["previous"], string]>([
    ["after a month of use", someFigures(0.5), "up 99% (September 2026: 174)"],
    ["after none that was closed", null, "no record for September 2026"],
    ["after a month without use", NO_FIGURES, "up from 0 (September 2026: 0)"],
  ])("sets each figure against the month before, %s", (_, previous, change) => {
    const { figures } = toMailWords(aRecord({ figures: someFigures(), previous }), aContext());
    expect(figures.map(({ label }) => label)).toHaveLength(5);
    expect(figures[0]).toMatchObject({ value: "347", change });
  });

  it("has no figures of a month without use, and says so in the summary", () => {
    const words = toMailWords(anEmptyRecord(), aContext());
    expect(words.figures).toEqual([]);
    expect(words.opening.join(" ")).toContain("no signed-in use of the website");
  });

  it("has nothing of the record in it where the Partner wants a link", () => {
    const words = toMailWords(aRecord(), aContext({ delivery: "link" }));
    expect(words.figures).toEqual([]);
    expect(words.opening.join(" ")).toContain("it is not sent by e-mail: sign in to read it");
    expect(JSON.stringify(words)).not.toMatch(/347|1,489|2,219|PDF/);
  });

  it("says what a version replaces and why", () => {
    const words = toMailWords(aRecord({ version: 3, reason: "late data" }), aContext({ isRepeat: true }));
    expect(words.opening).toContain(
      "This is version 3. It replaces the version that you have had; please use this one. Reason: late data.",
    );
    const first = toMailWords(aRecord({ version: 3, reason: "late data" }), aContext());
    expect(first.opening.join(" ")).not.toContain("replaces");
  });

  it.each(["see https://evil.example", "see www.evil.example", "ask x@evil.example", "evil.example"])(
    "leaves out what a mail program would make a link of: %s",
    (text) => {
      const [top] = someResources(1);
      const resources = top === undefined ? [] : [{ ...top, title: text }];
      const record = aRecord({ version: 2, reason: text, top_resources: resources });
      const words = toMailWords(record, aContext({ isRepeat: true }));
      expect(JSON.stringify(words)).not.toContain("evil");
      expect(words.opening.join(" ")).toContain("please use this one.");
    },
  );

  it.each<[string, Partial<MailContext>, boolean, boolean]>([
    ["names the portal and the privacy contact", {}, true, true],
    ["names no portal where there is none", { portalUrl: "" }, false, true],
    ["names no privacy contact where none is set", { privacyContact: "" }, true, false],
  ])("%s", (_, changes, hasPortal, hasContact) => {
    const { text } = mail(aRecord(), changes);
    expect(text.includes("https://records.example.org")).toBe(hasPortal);
    expect(text.includes("Data protection: privacy@heron.example")).toBe(hasContact);
    expect(text).not.toContain("{link}");
  });
});

describe("toMail()", () => {
  it("says the same in plain text and in HTML", () => {
    const record = named("Acme");
    const { text, html } = mail(record);
    const words = toMailWords(record, aContext());
    for (const line of [words.greeting, ...words.opening, ...words.signature]) {
      expect(flat(text)).toContain(flat(line));
      expect(flat(html.replace(/<[^>]+>/g, " "))).toContain(flat(line));
    }
    for (const { label, value, change } of words.figures) {
      expect(flat(text)).toContain(`${label} ${value} ${change}`);
      for (const part of [label, value, change]) expect(html).toContain(part);
    }
  });

  it("breaks lines of plain text where every mail program shows them, and never an address", () => {
    const portalUrl = `https://records.example.org/${"long/".repeat(30)}`;
    const { text } = mail(named("Acme ".repeat(20)), { portalUrl });
    expect(text).toContain(portalUrl);
    for (const line of text.split("\n").filter((one) => !one.includes("://")))
      expect(line.length).toBeLessThanOrEqual(90);
    expect(text.split("\n")).toContain("-- ");
  });

  it("lets no name be markup", () => {
    const { html, subject } = mail(named("<b>Acme</b> & <script>"), { officer: "<i>Zoë</i>" });
    expect(html).not.toMatch(/<b>|<i>|<script/);
    expect(html).toContain("&lt;b&gt;Acme&lt;/b&gt; &amp; &lt;script&gt;");
    expect(subject).toContain("<b>Acme</b> & <script>"); // a subject is text
  });

  it("fetches nothing: the picture is within, and no other address is named than the portal's", () => {
    const { html } = mail(aRecord());
    expect([...html.matchAll(/(?:src|href|url)[=(]"?([^"\s)>]+)/g)].map(([, address]) => address)).toEqual([
      `cid:${CHART_ID}`,
      "https://records.example.org",
    ]);
    expect(html).not.toMatch(/<(?:script|link|style|iframe|form)\b/);
  });

  it.each<[string, RecordOfEngagement, Partial<MailContext>, RegExp | undefined]>([
    ["months where there are some", aRecord(), {}, /by month\. /],
    ["days in the first month", aRecord({ trend: [] }), {}, /by day\. /],
    ["nothing where days would tell who came", aRecord({ trend: [], days: [] }), {}, undefined],
    ["nothing of a month without use", anEmptyRecord(), {}, undefined],
    ["nothing where a link is wanted", aRecord(), { delivery: "link" }, undefined],
  ])("draws %s", (_, record, context, alt) => {
    const { chart, html } = mail(record, context);
    if (alt === undefined) {
      expect(chart).toBeUndefined();
      expect(html).not.toContain("<img");
    } else {
      expect(chart?.alt).toMatch(alt);
      expect(html).toContain(`alt="${chart?.alt}"`);
    }
  });

  it("is the same for the same record and officer", () => {
    expect(mail(aRecord())).toEqual(mail(aRecord()));
  });
});
