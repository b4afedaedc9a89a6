import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTitleMask } from "../../../../ingest/reports/named-titles.ts";

describe("createTitleMask()", () => {
  it.each<[string, string, string]>([
    ["Robin Sandpiper", "Neglect, with Robin Sandpiper", "Neglect, with [masked]"],
    ["Robin Sandpiper", "robin  SANDPIPER's Zoom Meeting", "[masked]'s Zoom Meeting"],
    ["Sandpiper, Robin", "Meeting with Robin Sandpiper", "Meeting with [masked]"],
    ["Robin Sandpiper", "Sandpiper, Robin: supervision", "[masked]: supervision"],
    ["Zoë O'Neil-Smith", "Zoë O'Neil-Smith (1:1)", "[masked] (1:1)"],
    ['Casey "Ace" Teal', 'Casey "Ace" Teal and others', "[masked] and others"],
    ["Wren de la Croix", "Coffee with Wren de la Croix, and cake", "Coffee with [masked], and cake"],
    ["Robin", "Robin and Robin's friends", "[masked] and [masked]'s friends"],
    ["Zoe\u0308 Teal", "Zo\u00eb Teal speaks", "[masked] speaks"],
    ["Robin", "Robins in winter", "Robins in winter"],
    ["Al", "Al dente", "Al dente"],
    ["", "Neglect", "Neglect"],
  ])("masks %s in %s", (name, title, masked) => {
    const titles = createTitleMask([name]);
    expect(titles.mask(title)).toBe(masked);
    expect(titles.mask(title)).toBe(masked);
    expect(titles.masked()).toBe(masked === title ? 0 : 1);
  });

  it("masks addresses and numbers as everywhere", () => {
    const titles = createTitleMask([]);
    expect(titles.mask("Ask wren@example.org")).toBe("Ask [masked]");
    expect(titles.masked()).toBe(0);
  });

  it("leaves no name whole in any title", () => {
    const word = fc.stringMatching(/^[a-z]{3,8}$/);
    const name = fc.array(word, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(name, fc.array(word), fc.array(word), (words, before, after) => {
        const title = [...before, ...words, ...after].join(" ");
        expect(` ${createTitleMask([words.join(" ")]).mask(title)} `).not.toContain(` ${words.join(" ")} `);
      }),
    );
  });
});
