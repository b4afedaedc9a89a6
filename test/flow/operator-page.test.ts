import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addApiKey, revokeApiKey } from "../../api/access/api-keys.ts";
import { deliver } from "../../api/delivery/deliver.ts";
import { openRequest } from "../../api/rights/requests.ts";
import type { Role } from "../../schemas/roles.ts";
import { aMonth } from "../fixtures/close-store.ts";
import { openPortalHouse, type PortalHouse, ROBIN, type Visitor } from "../fixtures/portal-house.ts";

const USER = "kestrel-user-7741";
let portal: PortalHouse;

beforeAll(async () => {
  portal = await openPortalHouse();
}, 180_000);
afterAll(() => portal?.[Symbol.asyncDispose]());

/** Makes a key that the portal knows at once: a running one looks every few seconds. */
async function addKey(role: Role, ...partners: string[]) {
  const added = await addApiKey(portal.house.service, { name: role, roles: [role], partners, days: 30 }, "wren");
  await portal.restart();
  return added;
}

async function signIn(key: string): Promise<{ visitor: Visitor; status: number }> {
  const visitor = portal.visit();
  const { status } = await visitor.post("/operator/sign-in", { key });
  return { visitor, status };
}

/** The words of a page, as a reader sees them. */
const words = (text: string) => text.replace(/<[^>]+>/g, " ").replace(/\s+/g, " ");

describe("the operator's page", () => {
  it("opens for a key of the role operator, and for no other", async () => {
    const good = await addKey("operator");
    expect((await signIn(good.key)).status).toBe(303);
    for (const role of ["ingest", "analyst", "officer", "privacy"] as const)
      expect((await signIn((await addKey(role)).key)).status, role).toBe(401);
    expect((await signIn((await addKey("operator", "acme")).key)).status).toBe(401); // it reaches one Partner only
    for (const key of ["", "x", `${good.key}x`, `rbk_${good.id}_${"A".repeat(43)}`])
      expect((await signIn(key)).status).toBe(401);
    const noted = await portal.house.rows<{ actor: string; detail: string }>(
      "SELECT actor, detail FROM audit WHERE action = 'portal.sign_in' AND detail != '{}'",
    );
    expect(noted).toContainEqual({ actor: good.id, detail: '{"screen":"operator"}' });
    expect(noted.filter(({ detail }) => detail.includes("role_forbidden"))).toHaveLength(5);
  });

  it("closes when the key is revoked, and is not an officer's", async () => {
    const { id, key } = await addKey("operator");
    const { visitor } = await signIn(key);
    expect((await visitor.get("/operator")).status).toBe(200);
    expect((await visitor.get("/partners/acme")).location).toBe("/");
    await revokeApiKey(portal.house.service, id, "wren");
    for (let tries = 0; tries < 600 && (await visitor.get("/operator")).status === 200; tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await visitor.get("/operator")).location).toBe("/operator/sign-in");
    const robin = await portal.signIn(ROBIN);
    expect((await robin.get("/operator")).location).toBe("/operator/sign-in");
    expect((await portal.visit().get("/operator")).location).toBe("/operator/sign-in");
  });

  it("says what came in, was kept and dropped, what ran and what is due, and nobody's name", async () => {
    const { house } = portal;
    await house.send(
      { sub: USER, at: "2026-11-20T11:00:00Z" },
      { sub: "robin", at: "2026-11-20T11:00:00Z" },
      { sub: "robin", partner: "gone", at: "2026-11-20T11:30:00Z" },
    );
    await house.settle();
    house.at("2026-11-20T12:10:00Z");
    const lease = { isMine: async () => true };
    const order = { month: aMonth("2026-10"), partner: "acme" };
    await deliver(house.service, order, "wren", { lease, signal: new AbortController().signal });
    await openRequest(house.service, { kind: "access", partner: "acme", acct: "partner", verbal: true }, "wren");
    const { visitor } = await signIn((await addKey("operator")).key);
    const page = await visitor.get("/operator");
    const text = words(page.text);
    expect(text).toContain("No alarms.");
    expect(text).toContain("2026-11-20 3 2 2 0 0 0 1 0");
    expect(text).toContain("Unknown Partner 1");
    expect(text).toContain("0 records wait on the log");
    expect(text).toMatch(/Last close October 2026, 2 of 2 Partners, 2026-11-20 12:00 UTC/);
    expect(text).toContain(
      "Deliveries 2 sent, 0 to be sent, 0 refused, of records closed in 45 days; the last 2026-11-20 12:10 UTC",
    );
    expect(text).toContain("Backup none is asked for");
    expect(text).toContain("1 open, 0 stopped, 0 due within seven days, 0 overdue");
    for (const mark of [USER, "robin", "wren", "Acme", "brook"]) expect(text.includes(mark), mark).toBe(false);
    house.at("2027-01-20T12:00:00Z");
    const later = words((await (await signIn((await addKey("operator")).key)).visitor.get("/operator")).text);
    expect(later).toContain("1 request of a person is overdue. Run: roebuck requests list");
  });
});
