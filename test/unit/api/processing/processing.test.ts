import { describe, expect, it } from "vitest";
import { toProcessingText } from "../../../../api/processing/formats.ts";
import { toDataPlaces } from "../../../../api/processing/places.ts";
import { type ProcessingRecord, toActivities } from "../../../../api/processing/record.ts";
import { TABLES } from "../../../../schemas/columns.ts";
import { toEpochMs } from "../../../../schemas/ids.ts";
import { toHtmlText, toMarkdownText } from "../../../../schemas/markup.ts";
import { MEASURES, PROCESSING } from "../../../../schemas/processing.ts";
import { someSettings } from "../../../fixtures/some-settings.ts";

const LIVE = someSettings({
  ROEBUCK_RETENTION_DAYS: "217",
  ROEBUCK_LOG_RETENTION_HOURS: "31",
  ROEBUCK_BACKUP_DAYS: "19",
  ROEBUCK_EXPORT_DAYS: "13",
  ROEBUCK_BACKUP_DIR: "/srv/backups",
});

function aRecord(changes: Partial<ProcessingRecord> = {}): ProcessingRecord {
  return {
    schema: "roebuck.processing/1",
    madeMs: toEpochMs(Date.parse("2026-11-20T12:00:00Z")),
    organisation: "The Roe Trust",
    contact: "Dr Fallow, dpo@roe.example",
    activities: toActivities(LIVE),
    controllers: [
      {
        partner: "acme",
        name: "Acme College",
        contacts: [
          { name: "Ada Officer", email: "ada@acme.example" },
          { name: "", email: "office@acme.example" },
        ],
        hasInstruction: true,
        hasLeft: false,
      },
      { partner: "brook", name: "brook", contacts: [], hasInstruction: false, hasLeft: true },
    ],
    places: toDataPlaces(LIVE),
    ...changes,
  };
}

/** The part of a page under a heading. */
function toSection(html: string, id: string): string {
  return html.split(`<section id="${id}"`)[1]?.split("</section>")[0] ?? "";
}
const html = toProcessingText(aRecord(), "html");
/** Without what is for layout and screen readers alone. */
const toPlain = (text: string) => text.replace(/ (?:role|data-heading)="[^"]*"/g, "");
const count = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].length;

describe("the page of records of processing", () => {
  it.each(PROCESSING.map(({ stores, ...entry }) => [stores.join(", "), stores, entry] as const))(
    "tells of %s under each role that we have for it",
    (_, stores, { roles, concerns, basis, recipients }) => {
      const sections: readonly string[] = roles.length === 0 ? ["anonymous"] : roles;
      for (const id of sections) {
        const section = toSection(html, id).replaceAll("&nbsp;", " ");
        for (const store of stores)
          expect([id, section]).toEqual([id, expect.stringContaining(`<code>${store}</code>`)]);
        expect(section).toContain(toHtmlText(concerns));
        if (id === "controller") for (const told of [basis, recipients]) expect(section).toContain(toHtmlText(told));
      }
      for (const id of ["controller", "processor", "anonymous"].filter((one) => !sections.includes(one)))
        for (const store of stores) expect(toSection(html, id)).not.toContain(`<code>${store}</code>`);
    },
  );

  it.each(Object.entries(TABLES))("tells every column of %s and what it means", (table, columns) => {
    const fields = toSection(html, "fields")
      .split("<caption>")
      .find((part) => new RegExp(`Fields of [^<]*\\b${table}\\b`).test(part));
    for (const { name } of columns)
      expect([table, fields]).toEqual([table, expect.stringContaining(`<code>${name}</code>`)]);
  });

  it("says how long under the settings in force, not under those of the release", () => {
    for (const id of ["controller", "processor"]) {
      const section = toSection(html, id);
      for (const told of ["217 days, by dropping", "31 hours, once", "19 days, by deleting", "13 days, by deleting"])
        expect(section).toContain(told);
      expect(section).not.toContain("365");
    }
  });

  it("names organisation, contact, Partners and their officers, and every measure", () => {
    expect(html).toContain("<title>Records of processing activities - The Roe Trust</title>");
    expect(html).toContain("<dd>Dr Fallow, dpo@roe.example</dd>");
    const section = toPlain(toSection(html, "processor"));
    expect(section).toContain(
      '<th scope="row">Acme College (acme)</th><td>Ada Officer, ada@acme.example; office@acme.example</td><td>runs</td><td>on file</td>',
    );
    expect(section).toMatch(
      /<th scope="row">brook<\/th><td><strong class="gap">\[no Link Officer is on file\]<\/strong><\/td><td>has ended<\/td><td>not on file/,
    );
    for (const { title, prose } of MEASURES) {
      expect(toPlain(toSection(html, "security"))).toContain(`<th scope="row">${title}</th><td>${toHtmlText(prose)}`);
    }
  });

  it("says what is not set and how to set it, in place of a name", () => {
    const bare = aRecord({ organisation: undefined, contact: undefined, controllers: [] });
    for (const format of ["html", "md"] as const) {
      const text = toProcessingText(bare, format).replaceAll("\\", "");
      expect(text).toContain("[not set: name the organisation in ROEBUCK_ORGANISATION]");
      expect(text).toContain("[not set: name the data protection officer or contact in ROEBUCK_PRIVACY_CONTACT]");
    }
    expect(toProcessingText(bare, "html")).toContain("<title>Records of processing activities</title>");
    expect(toProcessingText(bare, "html")).toContain('<td role="cell" colspan="4">None.</td>');
    expect(JSON.parse(toProcessingText(bare, "json"))).toMatchObject({
      organisation: null,
      contact: null,
      controllers: [],
    });
  });

  it("is a page that a screen reader can follow and that fetches and runs nothing", () => {
    expect(html).toMatch(/^<!doctype html>\n<html lang="en-GB">/);
    expect(count(html, /<h1/g)).toBe(1);
    expect(count(html, /<table/g)).toBe(count(html, /<caption>/g));
    expect(count(html, /<th /g)).toBe(count(html, /<th role="\w+" scope="(?:col|row)">/g));
    expect(count(html, /<tbody /g)).toBe(count(html, /<thead /g));
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, id = ""] of html.matchAll(/(?:href="#|aria-labelledby=")([^"]+)"/g)) expect(ids).toContain(id);
    expect(html).not.toMatch(/<script|<img|<link|<iframe|src=|url\(|https?:|@import/i);
    expect(html).toContain('<a class="skip" href="#main">');
    expect(html).toContain("@media print");
  });

  it.each([
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title><b>",
    "a & b",
    "'quoted'",
    "\u202Eevil",
  ])("lets %j in no name be markup", (text) => {
    const odd = aRecord({
      organisation: text,
      contact: text,
      controllers: [
        { partner: text, name: text, contacts: [{ name: text, email: text }], hasInstruction: true, hasLeft: false },
      ],
      places: [{ what: text, where: text, protection: text }],
    });
    const page = toProcessingText(odd, "html");
    expect(page).not.toMatch(/<script|<img|<b>|\u202E/);
    expect(count(page, /<title>/g) + count(page, /<\/title>/g)).toBe(2);
    expect(page).toContain(`<dd>${toHtmlText(text)}</dd>`);
    const tags = (one: string) => count(one, /<[a-z]/g);
    const plain = aRecord({
      ...odd,
      organisation: "x",
      contact: "x",
      controllers: [
        { partner: "x", name: "x", contacts: [{ name: "x", email: "x" }], hasInstruction: true, hasLeft: false },
      ],
      places: [{ what: "x", where: "x", protection: "x" }],
    });
    expect(tags(page)).toBe(tags(toProcessingText(plain, "html")));
    expect(JSON.parse(toProcessingText(odd, "json")).organisation).toBe(text);
  });

  it("is the same in Markdown, where no cell breaks out of its row", () => {
    const text = toProcessingText(aRecord({ organisation: "A | B <i>" }), "md");
    expect(text).toContain(`- Organisation: ${toMarkdownText("A | B <i>")}`);
    for (const { stores } of PROCESSING) expect(text).toContain(stores.map((store) => `\`${store}\``).join(", "));
    const tables = text.split("\n\n").filter((block) => block.startsWith("| "));
    for (const table of tables) {
      const widths = table
        .trim()
        .split("\n")
        .map((row) => row.split(/(?<!\\)\|/).length);
      expect(new Set(widths).size).toBe(1);
    }
    expect(tables.length).toBe(count(html, /<table/g));
  });
});

describe("toDataPlaces()", () => {
  const placesOf = (environment: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      toDataPlaces(someSettings(environment)).map(({ what, where, protection }) => [what, `${where}. ${protection}`]),
    );

  it("tells of the embedded parts, and that no backup is made", () => {
    expect(placesOf({})).toMatchObject({
      "Log and journal": expect.stringContaining("data folder of this machine"),
      Tables: expect.stringContaining("data folder of this machine"),
      Keys: expect.stringContaining("not apart from the data"),
      Backups: expect.stringContaining("None are made"),
    });
  });

  it("names the servers in force and how the way there is protected, and never a password", () => {
    const places = placesOf({
      ROEBUCK_KAFKA_BROKERS: "k1.example:9093,k2.example:9093",
      ROEBUCK_KAFKA_TLS: "yes",
      ROEBUCK_KAFKA_SASL: "scram-sha-512",
      ROEBUCK_KAFKA_USER: "roebuck",
      ROEBUCK_KAFKA_PASSWORD: "hush-kafka",
      ROEBUCK_CLICKHOUSE_URL: "https://ch.example:8443",
      ROEBUCK_CLICKHOUSE_PASSWORD: "hush-clickhouse",
      ROEBUCK_KEYS_DIR: "/etc/roebuck/keys",
      ROEBUCK_BACKUP_DIR: "/mnt/backups",
    });
    expect(places["Log and journal"]).toBe(
      "Kafka: k1.example:9093,k2.example:9093. Encrypted on the way (TLS), with a sign-in (scram-sha-512)",
    );
    expect(places.Tables).toBe("ClickHouse: ch.example:8443. Encrypted on the way (TLS), with a password");
    expect(places.Keys).toContain("A folder of its own");
    expect(places.Backups).toContain("Encrypted (age)");
    expect(JSON.stringify(places)).not.toContain("hush");
    expect(placesOf({ ROEBUCK_CLICKHOUSE_URL: "http://ch.example:8123" }).Tables).toContain(
      "Not encrypted on the way, without a password",
    );
  });
});
