import { describe, expect, it } from "vitest";
import { toHtmlText, toMarkdownTable, toMarkdownText } from "../../../schemas/markup.ts";

describe("toHtmlText()", () => {
  it.each([
    ["<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"],
    [`a "quoted" & 'single' one`, "a &quot;quoted&quot; &amp; &#39;single&#39; one"],
    ["two\nlines\u2028and\u0000more", "two lines and more"],
    ["turned \u202Earound", "turned around"],
    ["Ärzte ohne Grenzen", "Ärzte ohne Grenzen"],
  ])("lets %j be nothing but text", (text, html) => {
    expect(toHtmlText(text)).toBe(html);
  });
});

describe("toMarkdownTable()", () => {
  it("keeps a bar within its cell, whether or not it was marked before", () => {
    expect(toMarkdownTable(["a", "b"], [["x|y", toMarkdownText("p|q")]])).toBe(
      ["| a | b |", "| --- | --- |", "| x\\|y | p\\|q |"].join("\n"),
    );
  });
});
