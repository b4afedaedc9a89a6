import { describe, expect, it } from "vitest";
import { toPortalBase } from "../../../../api/portal/portal-base.ts";

describe("toPortalBase()", () => {
  it.each([
    ["", "http://127.0.0.1:8082", false, "roebuck-this-machine"],
    ["http://localhost:9000", "http://localhost:9000", false, "roebuck-this-machine"],
    ["http://[::1]:9000/", "http://[::1]:9000", false, "roebuck-this-machine"],
    ["https://records.example.org", "https://records.example.org", true, "__Host-roebuck"],
    ["https://Records.Example.org/", "https://records.example.org", true, "__Host-roebuck"],
  ])("takes %o", (portalUrl, origin, isSecure, cookie) => {
    expect(toPortalBase({ portalUrl }, 8082)).toEqual({ origin, isSecure, cookie });
  });

  it.each([
    "records.example.org",
    "http://records.example.org",
    "http://127.0.0.1.example.org",
    "https://records.example.org/portal",
    "https://user:secret@records.example.org",
    "javascript:alert(1)",
    "ftp://127.0.0.1",
  ])("refuses %o, naming it and what it must be", (portalUrl) => {
    expect(() => toPortalBase({ portalUrl }, 8082)).toThrow(
      `Cannot use ROEBUCK_PORTAL_URL="${portalUrl}": it must be https and a host`,
    );
  });
});
