import { describe, expect, it } from "vitest";
import { toHtml } from "../../../reporting/html.ts";
import { html } from "../../../reporting/markup-text.ts";
import { toPalette } from "../../../reporting/palette.ts";
import type { RecordOfEngagement } from "../../../schemas/record.ts";
import { anEmptyRecord, aRecord, someResources } from "../../fixtures/a-record.ts";
import { toUglyRecords } from "../../fixtures/ugly-records.ts";

const EVIL = `"><script>alert(1)</script><img src=x onerror='alert(2)'>`;

/** A record with markup wherever text from outside can stand. */
function anEvilRecord(): RecordOfEngagement {
  const record = aRecord({ version: 2, reason: EVIL });
  const titled = <T extends object>(rows: readonly T[]) =>
    rows.map((row) => ({ ...row, title: EVIL, type: EVIL, kind: EVIL, path: EVIL, dept: EVIL, term: EVIL }));
  return {
    ...record,
    partner: { ...record.partner, name: EVIL, group: EVIL },
    top_resources: titled(record.top_resources),
    by_kind: titled(record.by_kind),
    by_topic: titled(record.by_topic),
    top_pages: titled(record.top_pages),
    departments: titled(record.departments),
    searches: titled(record.searches),
    events: titled(record.events),
  };
}

describe("toHtml()", () => {
  it("is one page that fetches nothing and needs no script", () => {
    const page = toHtml(aRecord());
    expect(page).toMatch(/^<!doctype html>\n<html lang="en-GB">/);
    expect(page).not.toMatch(/<script|<link|\bsrc=|url\(|@import|style="|\bon[a-z]+=/);
    expect(page).toContain("default-src 'none'".replaceAll("'", "&#39;"));
    expect(page.match(/<h1>/g)).toHaveLength(1);
    expect(page).toContain("<title>Record of Engagement: Barnsetshire County Council, October 2026</title>");
  });

  it("is the same for the same record", () => {
    expect(toHtml(aRecord())).toBe(toHtml(aRecord()));
  });

  it("lets no text from outside become markup", () => {
    const page = toHtml(anEvilRecord());
    expect(page.match(/<script|<img/g)).toBeNull();
    expect(page.match(/&lt;script&gt;alert\(1\)/g)?.length).toBeGreaterThan(20);
  });

  it.each(Object.entries({ ordinary: aRecord(), empty: anEmptyRecord(), ...toUglyRecords() }))(
    "has for %s a name for each chart and table, headers with their scope, and no id twice",
    (_, record) => {
      const page = toHtml(record);
      const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
      expect(new Set(ids).size).toBe(ids.length);
      const labels = [...page.matchAll(/aria-labelledby="([^"]+)"/g)].flatMap(([, list = ""]) => list.split(" "));
      expect(labels.filter((id) => !ids.includes(id))).toEqual([]);
      const count = (pattern: RegExp) => page.match(pattern)?.length ?? 0;
      expect(count(/<svg /g)).toBe(count(/<desc /g));
      expect(count(/<table/g)).toBe(count(/<caption>[^<]/g));
      expect(count(/<th /g)).toBe(count(/<th scope="(?:col|row)"/g));
    },
  );

  it("follows each chart with the table of its numbers", () => {
    const page = toHtml(aRecord());
    for (const summary of [
      "Closed months",
      "Counted actions by day",
      "Page views by weekday and hour",
      "This Partner beside its peer group",
    ])
      expect(page).toContain(`<caption>${summary}</caption>`);
  });

  it("wears the colours of the house", () => {
    const page = toHtml(aRecord(), { palette: toPalette("#7A1F3D") });
    expect(page).toContain("--accent:#7a1f3d");
    expect(page).not.toContain("#0b4f5c");
  });

  it("says of a title in letters that run from right to left which way it runs", () => {
    const rows = someResources(1).map((row) => ({ ...row, title: "دليل الممارسة" }));
    expect(toHtml(aRecord({ top_resources: rows }))).toContain('<th scope="row" dir="auto">دليل الممارسة</th>');
  });
});

describe("html", () => {
  it("escapes texts, in elements and attributes, and leaves markup as it is", () => {
    const inner = html`<b>${"<&>"}</b>`;
    expect(html`<a title="${`"'`}">${inner}${[inner, inner]}${7}</a>`.markup).toBe(
      '<a title="&quot;&#39;"><b>&lt;&amp;&gt;</b><b>&lt;&amp;&gt;</b>\n<b>&lt;&amp;&gt;</b>7</a>',
    );
  });
});
