import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { revokeApiKey } from "../../api/access/api-keys.ts";
import { type ApiHouse, openApiHouse, reading } from "../fixtures/api-house.ts";

/** What somebody who builds on the API does, through a client that is made from the document that the API serves. */
let api: ApiHouse;
type Name = "operator" | "analyst" | "acme" | "privacy" | "crm" | "someOperator" | "someCrm" | "somePrivacy" | "lost";
let keys: Record<Name, string>;

beforeAll(async () => {
  api = await openApiHouse();
  const { house } = api;
  house.at("2026-11-20T12:00:00Z");
  await house.send(
    ...reading("robin", "acme", "2026-10-05T09:00:00Z", "2026-10-06T09:00:00Z", "2026-11-03T09:00:00Z"),
    ...reading("finch", "brook", "2026-10-07T09:00:00Z"),
  );
  await house.settle();
  await api.close("2026-10");
  await api.close("2026-11");
  keys = {
    operator: await api.key("operator"),
    analyst: await api.key("analyst"),
    acme: await api.key("officer", "acme"),
    privacy: await api.key("privacy"),
    crm: await api.key("crm"),
    someOperator: await api.key("operator", "acme"),
    someCrm: await api.key("crm", "brook"),
    somePrivacy: await api.key("privacy", "acme"),
    lost: await api.key("analyst"),
  };
}, 180_000);
afterAll(() => api[Symbol.asyncDispose]());

describe("a client that is made from the document", { timeout: 180_000 }, () => {
  it("lists closed records, newest month first, page by page, each once", async () => {
    const client = api.as(keys.analyst);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const { status, body } = (await client.getRecords?.({
        query: { limit: 3, ...(cursor === undefined ? {} : { cursor }) },
      })) ?? { status: 0, body: undefined };
      expect(status).toBe(200);
      seen.push(...body.records.map((one: { month: string; partner: string }) => `${one.month} ${one.partner}`));
      cursor = body.next ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(["2026-11 acme", "2026-11 brook", "2026-10 acme", "2026-10 brook"]);
    const october = await client.getRecords?.({ query: { month: "2026-10", partner: "brook" } });
    expect(october?.body.records).toMatchObject([
      { partner: "brook", month: "2026-10", version: 1, reason: "first close" },
    ]);
  });

  it("gets one record as JSON, PDF, HTML and CSV, by parameter or by Accept", async () => {
    const client = api.as(keys.acme);
    const path = { partner: "acme", month: "2026-10" };
    const json = await client.getRecordsPartnerMonth?.({ path });
    expect(json?.body).toMatchObject({ month: "2026-10", figures: { page_views: 2, Unique_Item_Requests: 2 } });
    const pdf = await client.getRecordsPartnerMonth?.({ path, query: { format: "pdf" } });
    expect(pdf?.body.subarray(0, 5).toString()).toBe("%PDF-");
    expect(pdf?.headers.get("content-disposition")).toBe('attachment; filename="acme-2026-10.pdf"');
    const html = await client.getRecordsPartnerMonth?.({
      path,
      headers: { accept: "text/html,application/xhtml+xml" },
    });
    expect(html?.body).toContain("<!doctype html>");
    expect(html?.headers.get("content-security-policy")).toContain("default-src 'none'");
    const csv = await client.getRecordsPartnerMonth?.({ path, headers: { accept: "text/csv" } });
    expect(csv?.body).toContain("Name of acme");
  });

  it("is told 304 while nothing has changed, and sees the next version when it has, with the reason", async () => {
    const client = api.as(keys.crm);
    const path = { partner: "brook", month: "2026-10" };
    for (const format of ["json", "pdf"]) {
      const first = await client.getRecordsPartnerMonth?.({ path, query: { format } });
      const etag = first?.headers.get("etag") ?? "";
      expect(etag).toMatch(/^"[\w-]{27}"$/);
      expect(first?.headers.get("cache-control")).toBe("private, no-cache");
      const again = await client.getRecordsPartnerMonth?.({
        path,
        query: { format },
        headers: { "if-none-match": `W/${etag}` },
      });
      expect([again?.status, again?.headers.get("etag")]).toEqual([304, etag]);
    }
    const list = await client.getRecords?.();
    const tag = list?.headers.get("etag") ?? "";
    expect((await client.getRecords?.({ headers: { "if-none-match": tag } }))?.status).toBe(304);
    const before = await client.getRecordsPartnerMonth?.({ path });
    await api.house.send(...reading("wagtail", "brook", "2026-10-09T10:00:00Z"));
    const closed = await api.as(keys.operator).postMonthsMonthClose?.({
      path: { month: "2026-10" },
      body: { partners: ["brook"], reason: "a server was late, ask wren@example.org" },
    });
    expect(closed?.body).toEqual({
      month: "2026-10",
      provisional: false,
      partners: [{ partner: "brook", version: 2, changed: true }],
    });
    const etag = before?.headers.get("etag") ?? "";
    const after = await client.getRecordsPartnerMonth?.({ path, headers: { "if-none-match": etag } });
    expect([after?.status, after?.body.version, after?.body.figures.active_people]).toEqual([200, 2, 2]);
    const old = await client.getRecordsPartnerMonth?.({ path, query: { version: 1 } });
    expect(old?.body.figures.active_people).toBe(1);
    const versions = await client.getRecordsPartnerMonthVersions?.({ path });
    expect(versions?.body.versions.map((one: { version: number }) => one.version)).toEqual([1, 2]);
    expect(versions?.body.versions[1].reason).toContain("a server was late");
    expect(JSON.stringify(versions?.body)).not.toContain("wren@example.org");
    expect((await client.getRecords?.({ headers: { "if-none-match": tag } }))?.status).toBe(200);
  });

  it("of one Partner sees nothing of another: lists leave it out, and what has its name is not found", async () => {
    const client = api.as(keys.acme);
    expect(
      (await client.getRecords?.())?.body.records.every((one: { partner: string }) => one.partner === "acme"),
    ).toBe(true);
    expect((await client.getRecords?.({ query: { partner: "brook" } }))?.body.records).toEqual([]);
    expect((await client.getPartners?.())?.body.partners.map((one: { id: string }) => one.id)).toEqual(["acme"]);
    expect((await client.getCompleteness?.({ query: { month: "2026-10" } }))?.body.completeness).toHaveLength(1);
    const path = { partner: "brook", month: "2026-10" };
    const nowhere = { partner: "nobody", month: "2026-10" };
    for (const ask of [client.getRecordsPartnerMonth, client.getRecordsPartnerMonthVersions]) {
      const theirs = await ask?.({ path });
      expect([theirs?.status, theirs?.body]).toEqual([404, (await ask?.({ path: nowhere }))?.body]);
      expect(theirs?.body.code).toBe("record_unknown");
    }
    for (const ask of [client.getPartnersPartner, client.getPartnersPartnerContacts])
      expect(await ask?.({ path })).toMatchObject({ status: 404, body: { code: "not_found" } });
  });

  it("is refused what is no month, version, format, parameter or cursor, in words that quote nothing", async () => {
    const client = api.as(keys.analyst);
    const path = { partner: "acme", month: "2026-10" };
    const secret = "kestrel7741";
    for (const answer of [
      await client.getRecords?.({ query: { month: secret } }),
      await client.getRecords?.({ query: { cursor: secret } }),
      await client.getRecords?.({ query: { limit: 501 } }),
      await client.getRecordsPartnerMonth?.({ path, query: { format: secret } }),
      await client.getRecordsPartnerMonth?.({ path, query: { version: 0 } }),
      await client.getCompleteness?.(),
    ]) {
      expect(answer).toMatchObject({ status: 400, body: { code: "query_invalid" } });
      expect(JSON.stringify(answer?.body)).not.toContain(secret);
    }
    const unknown = await fetch(`${api.url}/v1/records?${secret}=1`, {
      headers: { authorization: `Bearer ${keys.analyst}` },
    });
    expect([unknown.status, (await unknown.text()).includes(secret)]).toEqual([400, false]);
    for (const month of ["2026-13", "2025-01"])
      expect(await client.getRecordsPartnerMonth?.({ path: { partner: "acme", month } })).toMatchObject({
        body: { code: "record_unknown" },
      });
    expect(await client.getRecordsPartnerMonth?.({ path, query: { version: 9 } })).toMatchObject({ status: 404 });
  });

  it("is refused to close what cannot be closed, and Partners that the key does not reach", async () => {
    const client = api.as(keys.operator);
    const close = (month: string, body?: object) => client.postMonthsMonthClose?.({ path: { month }, body });
    expect(await close("2030-01")).toMatchObject({ status: 409, body: { code: "close_refused" } });
    expect(await close("2026-1")).toMatchObject({ status: 404 });
    expect(await close("2026-10", { partners: ["nobody"] })).toMatchObject({
      status: 403,
      body: { code: "partner_unknown" },
    });
    const limited = api.as(keys.someOperator);
    expect(
      await limited.postMonthsMonthClose?.({ path: { month: "2026-10" }, body: { partners: ["brook"] } }),
    ).toMatchObject({
      body: { code: "partner_forbidden" },
    });
    const own = await limited.postMonthsMonthClose?.({ path: { month: "2026-10" } });
    expect(own?.body.partners).toEqual([{ partner: "acme", version: 1, changed: false }]);
    expect(await api.as(keys.analyst).postMonthsMonthClose?.({ path: { month: "2026-10" } })).toMatchObject({
      body: { code: "role_forbidden" },
    });
  });

  it("sees how complete a month is for each Partner, also where it is not closed", async () => {
    const client = api.as(keys.operator);
    const october = await client.getCompleteness?.({ query: { month: "2026-10", limit: 1 } });
    expect(october?.body.completeness).toMatchObject([
      { partner: "acme", version: 1, completeness: { provisional: false }, how_counted: { received: 2, counted: 2 } },
    ]);
    const rest = await client.getCompleteness?.({ query: { month: "2026-10", cursor: october?.body.next } });
    expect(rest?.body).toMatchObject({ completeness: [{ partner: "brook" }], next: null });
    const september = await client.getCompleteness?.({ query: { month: "2026-09" } });
    expect(september?.body.completeness[0]).toEqual({
      partner: "acme",
      version: null,
      closed_at: null,
      completeness: null,
      how_counted: null,
    });
  });
});

describe("the CRM", { timeout: 180_000 }, () => {
  const file = [
    "id,name,group,seats,fee,currency,contract_start,contract_end,zone,officer_name,officer_email",
    "acme,Acme Care,homes,40,12000.00,GBP,2026-01-01,2026-12-31,Europe/London,Ann Reed,ann@acme.example",
    "acme,Acme Care,homes,40,12000.00,GBP,2026-01-01,2026-12-31,Europe/London,Bob Lane,bob@acme.example",
    "heron,Heron Trust,,,,,2027-01-01,,UTC,,",
  ].join("\n");

  it("imports its file, and finds Partners and Link Officers as it said", async () => {
    const client = api.as(keys.crm);
    expect((await client.postPartnersImport?.({ body: file }))?.body).toEqual({ read: 2, changed: 2 });
    expect((await client.postPartnersImport?.({ body: file }))?.body).toEqual({ read: 2, changed: 0 });
    const acme = await client.getPartnersPartner?.({ path: { partner: "acme" } });
    expect(acme?.body).toEqual({
      ...{ id: "acme", name: "Acme Care", group: "homes", seats: 40, fee: "12000", currency: "GBP" },
      ...{ contract_start: "2026-01-01", contract_end: "2026-12-31", zone: "Europe/London", state: "here" },
    });
    expect((await client.getPartnersPartner?.({ path: { partner: "heron" } }))?.body.state).toBe("to come");
    const contacts = await client.getPartnersPartnerContacts?.({ path: { partner: "acme" } });
    expect(contacts?.body.contacts).toEqual([
      { name: "Ann Reed", email: "ann@acme.example" },
      { name: "Bob Lane", email: "bob@acme.example" },
    ]);
    const pages = await client.getPartners?.({ query: { limit: 2 } });
    expect(pages?.body.partners.map((one: { id: string }) => one.id)).toEqual(["acme", "brook"]);
    const last = await client.getPartners?.({ query: { limit: 2, cursor: pages?.body.next } });
    expect(last?.body).toMatchObject({ partners: [{ id: "heron" }], next: null });
  });

  it("hands a Partner over to another Link Officer", async () => {
    const client = api.as(keys.crm);
    const path = { partner: "acme" };
    const contacts = [{ name: "Cy Wood", email: "cy@acme.example" }];
    expect((await client.putPartnersPartnerContacts?.({ path, body: { contacts } }))?.body).toEqual({ contacts });
    expect((await client.getPartnersPartnerContacts?.({ path }))?.body).toEqual({ contacts });
    const twice = { contacts: [...contacts, ...contacts] };
    expect(await client.putPartnersPartnerContacts?.({ path, body: twice })).toMatchObject({
      body: { code: "body_invalid" },
    });
    expect(await api.as(keys.acme).putPartnersPartnerContacts?.({ path, body: { contacts } })).toMatchObject({
      status: 403,
    });
  });

  it("imports nothing of a file with a bad line, or of Partners that its key does not reach", async () => {
    const client = api.as(keys.crm);
    const bad = await client.postPartnersImport?.({ body: `${file}\nswift,Swift,,many,,,,,,,sue@swift.example\n` });
    expect(bad).toMatchObject({ status: 400, body: { code: "body_invalid" } });
    expect(bad?.body.detail).toContain("line 5: seats must be a whole number");
    expect(bad?.body.detail).not.toMatch(/many|sue@/);
    const limited = api.as(keys.someCrm);
    expect(await limited.postPartnersImport?.({ body: file })).toMatchObject({ body: { code: "partner_forbidden" } });
    expect((await client.getPartnersPartner?.({ path: { partner: "swift" } }))?.status).toBe(404);
    const json = await client.postPartnersImport?.({ body: "{}", headers: { "content-type": "application/json" } });
    expect(json).toMatchObject({ status: 415 });
  });
});

describe("whoever looks after it", { timeout: 180_000 }, () => {
  it("sees what ran, page by page", async () => {
    const client = api.as(keys.operator);
    await api.house.service.warehouse.insertRows(
      "runs",
      ["1", "2", "3"].map((digit) => ({
        ...{ id: `0000000${digit}-0000-4000-8000-000000000000`, kind: "nightly", subject: "purge", outcome: "done" },
        ...{ started_at: "2026-11-19 02:00:00.000", ended_at: "2026-11-19 02:00:01.000", detail: '{"rows":3}' },
      })),
    );
    const first = await client.getRuns?.({ query: { kind: "nightly", limit: 2 } });
    const second = await client.getRuns?.({ query: { kind: "nightly", limit: 2, cursor: first?.body.next } });
    const ids = [...(first?.body.runs ?? []), ...(second?.body.runs ?? [])].map((one: { id: string }) =>
      one.id.slice(0, 8),
    );
    expect(ids).toEqual(["00000001", "00000002", "00000003"]);
    expect(first?.body.runs[0]).toMatchObject({
      started_at: "2026-11-19T02:00:00.000Z",
      outcome: "done",
      detail: { rows: 3 },
    });
    expect((await client.getRuns?.({ query: { kind: "nightly", outcome: "failed" } }))?.body.runs).toEqual([]);
    expect(await api.as(keys.someOperator).getRuns?.()).toMatchObject({
      body: { code: "partner_forbidden" },
    });
  });

  it("finds every call of this file in the audit trail under its key's id, and no name or address of an officer", async () => {
    const client = api.as(keys.privacy);
    const [, id = ""] = keys.crm.split("_");
    const entries: { action: string; subject: string; at: string }[] = [];
    let cursor: string | undefined;
    do {
      const page = await client.getAudit?.({
        query: { actor: id, limit: 5, ...(cursor === undefined ? {} : { cursor }) },
      });
      entries.push(...(page?.body.entries ?? []));
      cursor = page?.body.next ?? undefined;
    } while (cursor !== undefined);
    const actions = new Set(entries.map(({ action }) => action));
    expect([...actions].sort()).toEqual([
      "contacts.read",
      "contacts.write",
      "partners.import",
      "partners.read",
      "records.read",
    ]);
    expect(entries.filter(({ action }) => action === "partners.import")).toHaveLength(2);
    expect(entries.map(({ at }) => at)).toEqual(
      entries
        .map(({ at }) => at)
        .toSorted()
        .reverse(),
    );
    expect(JSON.stringify(entries)).not.toMatch(/@|Reed|Wood/);
    const [, operator = ""] = keys.operator.split("_");
    const closes = await client.getAudit?.({
      query: { actor: operator, action: "close", since: "2026-11-20", until: "2026-11-20" },
    });
    expect(closes?.body.entries[0]).toMatchObject({ action: "close" });
    expect((await client.getAudit?.({ query: { until: "2026-01-01" } }))?.body.entries).toEqual([]);
    expect((await client.getAudit?.({ query: { action: "audit." } }))?.body.entries.length).toBeGreaterThan(0);
    for (const key of [keys.operator, keys.crm, keys.acme])
      expect(await api.as(key).getAudit?.()).toMatchObject({ status: 403, body: { code: "role_forbidden" } });
    expect(await api.as(keys.somePrivacy).getAudit?.()).toMatchObject({
      body: { code: "partner_forbidden" },
    });
  });

  it("revokes a key, and within a minute it reads nothing any more", async () => {
    const key = keys.lost;
    const client = api.as(key);
    expect((await client.getRecords?.())?.status).toBe(200);
    await revokeApiKey(api.house.service, key.split("_")[1] ?? "", "wren");
    await expect
      .poll(async () => (await client.getRecords?.())?.body.code, { timeout: 75_000, interval: 1_000 })
      .toBe("key_invalid");
  });

  it("reads the reference without a key, and has it from the cache while it is the same", async () => {
    for (const path of ["/docs", "/v1/openapi.json"]) {
      const answer = await fetch(api.url + path);
      expect(answer.status).toBe(200);
      const etag = answer.headers.get("etag") ?? "";
      expect((await fetch(api.url + path, { headers: { "if-none-match": etag } })).status).toBe(304);
    }
    const page = await fetch(`${api.url}/docs`);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(await page.text()).toContain("/v1/records/{partner}/{month}");
  });
});
