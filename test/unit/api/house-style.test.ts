import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openHouseStyle, ROEBUCK_STYLE, toRecordStyle, toStylePrint } from "../../../api/house-style.ts";
import { aPng } from "../../fixtures/logos.ts";
import { someSettings } from "../../fixtures/some-settings.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "roebuck-style-"));
  mkdirSync(join(folder, "logos"));
  writeFileSync(join(folder, "house.png"), aPng());
  writeFileSync(join(folder, "logos", "acme.png"), aPng(40, 40));
  writeFileSync(join(folder, "logos", "beech.svg"), '<svg viewBox="0 0 9 9"><script/></svg>');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open = (environment: Record<string, string>) => openHouseStyle(someSettings(environment));

describe("openHouseStyle()", () => {
  it("is Roebuck's own where nothing is set", () => {
    expect(open({})).toEqual(ROEBUCK_STYLE);
    expect(toRecordStyle(open({}), "acme")).toEqual({ palette: ROEBUCK_STYLE.palette, logos: {} });
  });

  it.each([
    [
      { ROEBUCK_COLOUR: "#ffcc00" },
      /Cannot use the colour "#ffcc00": its contrast on the tint of the page is 1\.\d\d:1/,
    ],
    [{ ROEBUCK_COLOUR: "teal" }, /Cannot use the colour "teal": it must be # and six/],
    [
      { ROEBUCK_LOGO: "/nowhere/logo.png" },
      /Cannot use the logo "\/nowhere\/logo.png" of ROEBUCK_LOGO: there is no such file/,
    ],
  ])("refuses %j", (environment, message) => {
    expect(() => open(environment)).toThrow(message);
  });
});

describe("toRecordStyle()", () => {
  const house = () =>
    open({
      ROEBUCK_LOGO: join(folder, "house.png"),
      ROEBUCK_LOGO_DIR: join(folder, "logos"),
      ROEBUCK_ORGANISATION: "Practice House",
    });

  it("has the logo of the house, and the Partner's where there is one of its name", () => {
    expect(toRecordStyle(house(), "acme").logos).toMatchObject({
      house: { name: "Practice House" },
      partner: { widthPx: 40 },
    });
    expect(toRecordStyle(house(), "cedar").logos).not.toHaveProperty("partner");
  });

  it("refuses a Partner's SVG by name", () => {
    expect(() => toRecordStyle(house(), "beech")).toThrow(/beech\.svg": it uses <script>.*plain outlines/);
  });
});

describe("toStylePrint()", () => {
  it("differs where a logo or a colour differs", () => {
    const plain = toRecordStyle(ROEBUCK_STYLE, "acme");
    const red = toRecordStyle(open({ ROEBUCK_COLOUR: "#7a1f3d" }), "acme");
    const own = toRecordStyle(open({ ROEBUCK_LOGO_DIR: join(folder, "logos") }), "acme");
    expect(new Set([plain, red, own].map(toStylePrint)).size).toBe(3);
    expect(toStylePrint(toRecordStyle(open({}), "beech"))).toBe(toStylePrint(plain));
  });
});
