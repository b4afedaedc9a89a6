import { describe, expect, it } from "vitest";
import { toVisitItem } from "../../../ingest/matomo-visits.ts";
import { aMatomoAction, aMatomoVisit, someHistoryRules } from "../../fixtures/history.ts";

const toItem = (changed: object = {}) => toVisitItem(JSON.stringify(aMatomoVisit(changed)), someHistoryRules());
const PAGE = "https://www.example.org/a";

describe("toVisitItem()", () => {
  it("counts each page view; only the first has come from elsewhere", () => {
    const common = { hourMs: Date.UTC(2025, 9, 10, 13), site: "www", country: "IE", device: "mobile" };
    expect(toItem()).toEqual({
      views: [
        { ...common, path: "/guides/safe?page=2", referrer: "www.search.example", visit: true },
        { ...common, path: "/about", referrer: "www.example.org", visit: false },
      ],
      skipped: [],
    });
  });

  it("lets nothing through of who it was", () => {
    expect(JSON.stringify(toItem())).not.toMatch(/192\.0|9f2c7d|wren/i);
  });

  it.each([
    ["Desktop", "desktop"],
    ["Phablet", "mobile"],
    ["Tablet", "tablet"],
    ["Tv", "other"],
    [null, "other"],
    [false, "other"],
  ])("takes %j for the class of device %s", (deviceType, device) => {
    expect(toItem({ deviceType }).views[0]?.device).toBe(device);
  });

  it.each([
    ["gb", "GB"],
    ["xx", ""],
    [null, ""],
    [false, ""],
    ["Ireland", ""],
  ])("takes %j for the country %j", (countryCode, country) => {
    expect(toItem({ countryCode }).views[0]?.country).toBe(country);
  });

  it.each([null, false, "", "android-app://x"])("takes no visit from a referrer of %j", (referrerUrl) => {
    expect(toItem({ referrerUrl }).views.map(({ visit }) => visit)).toEqual([false, false]);
  });

  it.each([
    ["no_page", aMatomoAction(PAGE, 0, "download")],
    ["no_page", aMatomoAction(PAGE, 0, "search")],
    ["other_site", aMatomoAction("https://evil.example/a", 0)],
    ["outside", aMatomoAction(PAGE, 500_000_000)],
    ["unreadable", { type: "action", timestamp: 1 }],
    ["unreadable", { type: "action", url: PAGE }],
    ["unreadable", { type: "action", url: PAGE, timestamp: 1e300 }],
    ["unreadable", { type: "action", url: PAGE, timestamp: false }],
    ["unreadable", { type: "action", url: PAGE, timestamp: null }],
    ["unreadable", { type: "action", url: false, timestamp: 1760104536 }],
    ["unreadable", "action"],
  ])("skips as %s an action such as %j", (reason, action) => {
    expect(toItem({ actionDetails: [action] })).toEqual({ views: [], skipped: [reason] });
  });

  it("reads a time that is written as text", () => {
    expect(toItem({ actionDetails: [{ type: "action", url: PAGE, timestamp: "1760104536" }] }).views).toHaveLength(1);
  });

  it.each(["{}", "{", '{"actionDetails":5}', "[]", "null"])("cannot read %s", (text) => {
    expect(toVisitItem(text, someHistoryRules())).toEqual({ views: [], skipped: ["unreadable"] });
  });
});
