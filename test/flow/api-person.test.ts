import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { objectForPeople, restrictPeople } from "../../api/rights/choices.ts";
import { setInstruction } from "../../api/rights/instructions.ts";
import { type ApiHouse, openApiHouse } from "../fixtures/api-house.ts";
import { anEventId } from "../fixtures/transform-events.ts";

/** One person's own record for the CRM: only where the Partner has instructed it, counted as the Partner's is. */
let api: ApiHouse;
let crm: string;
let some: string;
const USER = "kestrel-user-7741";
const guide = { resource: { id: "g1", type: "guide", full: true }, path: "/guides/neglect" };
const page = { path: "/about" };

beforeAll(async () => {
  api = await openApiHouse();
  const { house } = api;
  const at = (time: string, what: object = guide, partner = "brook", sub = USER) => ({
    sub,
    partner,
    at: time,
    received: time,
    ...what,
  });
  const id = { id: anEventId(7) };
  await house.send(
    at("2026-09-30T23:59:50Z"),
    at("2026-10-01T00:00:10Z"),
    at("2026-10-05T09:00:00Z"),
    at("2026-10-05T09:00:20Z"),
    at("2026-10-05T09:59:00Z"),
    at("2026-10-05T10:01:00Z", { ...guide, type: "download", path: "/guides/neglect.pdf" }),
    at("2026-10-06T11:00:00Z", page),
    at("2026-10-06T11:00:05Z", { type: "search", term: "neglect" }),
    at("2026-10-06T11:00:06Z", { type: "search", term: "neglect" }),
    at("2026-10-07T12:00:00Z", { ...page, ...id }),
    at("2026-10-07T12:00:00Z", { ...page, ...id }),
    at("2026-10-31T23:59:45Z"),
    at("2026-11-01T00:00:05Z"),
    at("2026-10-08T09:00:00Z", guide, "acme"),
    at("2026-10-08T09:00:00Z", guide, "acme", "somebody-else"),
  );
  await house.settle();
  await house.hurry();
  await api.close("2026-10");
  crm = await api.key("crm");
  some = await api.key("crm", "acme");
}, 180_000);
afterAll(() => api[Symbol.asyncDispose]());

const ask = (body: object, key = crm) => api.as(key).postPeopleRecord?.({ body });
const body = { partner: "brook", sub: USER, month: "2026-10" };
const instruct = (partner: string, on = true) =>
  setInstruction(api.house.service, { partner, scope: "named_people", on, reference: "letter 9" }, "wren");

describe("one person's own record", { timeout: 180_000 }, () => {
  it("is refused without the Partner's instruction to name people, whatever else it has instructed", async () => {
    for (const partner of ["acme", "brook"])
      expect(await ask({ ...body, partner })).toMatchObject({ status: 403, body: { code: "no_instruction" } });
  });

  it("counts what the Partner's record counts where that person is the only one there", async () => {
    await instruct("brook");
    const own = await ask(body);
    const whole = await api.as(crm).getRecordsPartnerMonth?.({ path: { partner: "brook", month: "2026-10" } });
    const { active_people, ...figures } = whole?.body.figures ?? {};
    expect(active_people).toBe(1);
    expect(own?.body.figures).toEqual(figures);
    expect(own?.body.resources).toMatchObject([{ id: "g1", Total_Item_Requests: figures.Total_Item_Requests }]);
    expect(JSON.stringify(own?.body)).not.toContain(USER);
  });

  it("holds nobody else's use, nothing of the same person at another Partner, and nothing of somebody unknown", async () => {
    await instruct("acme");
    expect((await ask({ ...body, partner: "acme" }))?.body.figures).toMatchObject({
      Total_Item_Requests: 1,
      visits: 1,
    });
    const nobody = await ask({ ...body, sub: "nobody" });
    expect(Object.values(nobody?.body.figures).every((value) => value === 0)).toBe(true);
  });

  it("is refused for Partners that the key does not reach, months that are not kept, and roles that may not", async () => {
    expect(await ask(body, some)).toMatchObject({ status: 403, body: { code: "partner_forbidden" } });
    for (const month of ["2025-10", "2027-01"])
      expect(await ask({ ...body, month })).toMatchObject({ status: 409, body: { code: "not_possible" } });
    expect(await ask({ ...body, partner: "nowhere" })).toMatchObject({ body: { code: "partner_unknown" } });
  });

  it("is a record of nothing while processing is restricted or after an objection, as if the person were not known", async () => {
    const { service, io } = api.house;
    for (const partner of ["acme", "brook"])
      await setInstruction(service, { partner, scope: "rights", on: true, reference: "letter 7" }, "wren");
    const unknown = (await ask({ ...body, sub: "nobody" }))?.body;
    const people = { acct: "partner", partner: "brook", subs: [USER] } as const;
    await restrictPeople(service, { people, on: true }, "wren", io);
    expect((await ask(body))?.body).toEqual(unknown);
    await restrictPeople(service, { people, on: false }, "wren", io);
    expect((await ask(body))?.body.figures.visits).toBeGreaterThan(0);
    await objectForPeople(service, { people, purpose: "engagement", on: true }, "wren");
    expect((await ask(body))?.body).toEqual(unknown);
  });

  it("ends with the instruction, and is in the audit trail without who it was about", async () => {
    await instruct("brook", false);
    expect(await ask(body)).toMatchObject({ body: { code: "no_instruction" } });
    const rows = await api.house.rows<{ subject: string; detail: string }>(
      "SELECT DISTINCT subject, detail FROM audit WHERE action = 'person.record' AND detail LIKE '%month%'",
    );
    expect(rows).toContainEqual({ subject: "brook", detail: '{"month":"2026-10"}' });
    const [found] = await api.house.rows<{ c: string }>(
      `SELECT count() AS c FROM audit WHERE concat(actor, action, subject, detail) LIKE '%${USER}%'`,
    );
    expect(Number(found?.c)).toBe(0);
    expect(api.house.logged.join()).not.toContain(USER);
  });
});
