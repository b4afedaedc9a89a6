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

  it("has its portal on this machine and its mail in the outbox, whatever is set for the real service", () => {
    const given = someSettings({
      ROEBUCK_SMTP_HOST: "mail.example.org",
      ROEBUCK_PORTAL_URL: "https://records.example.org",
      ROEBUCK_PORTAL_HOST: "0.0.0.0",
    });
    const demo = { smtpHost: "", portalUrl: "", portalHost: "127.0.0.1" };
    expect(toDemoSettings(given, 8080)).toMatchObject({ ...demo, portalPort: 8082 });
    expect(toDemoSettings(given, 0)).toMatchObject({ ...demo, portalPort: 0 });
  });
});
