import { describe, expect, it } from "vitest";
import { DEMO_PARTNERS } from "../../../../api/demo/catalogue.ts";
import { toDemoSettings } from "../../../../api/demo/house.ts";
import { openHouseStyle, toRecordStyle } from "../../../../api/house-style.ts";
import { someSettings } from "../../../fixtures/some-settings.ts";

describe("toDemoSettings()", () => {
  it("gives one of the demo's Partners a logo of its own, and the others none", () => {
    const house = openHouseStyle(toDemoSettings(someSettings({}), 8080));
    const withLogo = DEMO_PARTNERS.filter(({ id }) => toRecordStyle(house, id).logos.partner !== undefined);
    expect(withLogo.map(({ id }) => id)).toEqual(["northgate"]);
  });

  it("keeps colour and logos that are set", () => {
    const settings = toDemoSettings(someSettings({ ROEBUCK_COLOUR: "#7a1f3d", ROEBUCK_LOGO_DIR: "/srv/logos" }), 9);
    expect(settings).toMatchObject({ port: 9, colour: "#7a1f3d", logoDir: "/srv/logos" });
  });
});
