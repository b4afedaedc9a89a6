import { tableFromIPC } from "apache-arrow";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { revokeApiKey } from "../../api/access/api-keys.ts";
import { VIEWS } from "../../schemas/views.ts";
import { type ApiHouse, openApiHouse, reading } from "../fixtures/api-house.ts";
import type { ClientAnswer, ClientInput } from "../fixtures/openapi-client.ts";

/** What an analyst's program does with the API, through a client that is made from the document that it serves. */
let api: ApiHouse;
let keys: Record<"analyst" | "some" | "operator" | "privacy" | "lost", string>;
const OCTOBER = { month: "2026-10" };

beforeAll(async () => {
  api = await openApiHouse();
  const { house } = api;
  house.at("2026-11-20T12:00:00Z");
  await house.send(
    ...reading("robin", "acme", "2026-09-30T23:59:59Z", "2026-10-05T09:00:00Z", "2026-10-31T23:59:59Z"),
    ...reading("finch", "brook", "2026-10-07T09:00:00Z", "2026-11-01T00:00:00Z"),
  );
  await house.settle();
  await api.close("2026-10");
  keys = {
    analyst: await api.key("analyst"),
    some: await api.key("analyst", "acme"),
    operator: await api.key("operator"),
    privacy: await api.key("privacy"),
    lost: await api.key("analyst"),
  };
}, 180_000);
afterAll(() => api[Symbol.asyncDispose]());

/** Calls an operation of the document with a key. Throws if the document has none of that name. */
async function call(key: string, operation: string, input: ClientInput = {}): Promise<ClientAnswer> {
  const made = api.as(key)[operation];
  if (made === undefined) throw new Error(`The document has no ${operation}`);
  return made(input);
}
const listViews = (input?: ClientInput) => call(keys.analyst, "getViews", input);
const readView = (view: string, query: ClientInput["query"] = OCTOBER, key = keys.analyst) =>
  call(key, "getViewsView", { path: { view }, ...(query === undefined ? {} : { query }) });
const rowsOf = (csv: string): Record<string, string>[] => parse(csv, { columns: true });

describe("an analyst's program", { timeout: 180_000 }, () => {
  it("lists the views with what their columns mean", async () => {
    const { body, headers } = await listViews();
    expect(body.views.map(({ view }: { view: string }) => view)).toEqual(Object.keys(VIEWS));
    expect(body.views[0].columns).toEqual(
      VIEWS.engagement_v1.columns.map(({ name, type, prose }) => ({ name, type, prose })),
    );
    const again = await listViews({ headers: { "if-none-match": headers.get("etag") ?? "" } });
    expect(again.status).toBe(304);
  });

  it.each(Object.keys(VIEWS))("reads %s", async (view) => {
    const { status, body } = await readView(view);
    expect([status, String(body).split("\n")[0]]).toEqual([
      200,
      VIEWS[view as keyof typeof VIEWS].columns.map(({ name }) => `"${name}"`).join(","), // a name of the list
    ]);
  });

  it("reads a month to the millisecond, and some days", async () => {
    const month = await readView("engagement_v1");
    const at = (csv: string) =>
      rowsOf(csv)
        .map((row) => row.at?.slice(0, 10))
        .toSorted();
    expect(at(month.body)).toEqual(["2026-10-05", "2026-10-07", "2026-10-31"]);
    expect(month.headers.get("content-disposition")).toBe('attachment; filename="engagement_v1-2026-10.csv"');
    const days = await readView("engagement_v1", { from: "2026-10-31", until: "2026-11-01" });
    expect(at(days.body)).toEqual(["2026-10-31", "2026-11-01"]);
    const day = await readView("engagement_v1", { from: "2026-09-30" });
    expect(at(day.body)).toEqual(["2026-09-30"]);
  });

  it("reads Arrow and Parquet", async () => {
    const arrow = await readView("engagement_v1", { ...OCTOBER, format: "arrow" });
    expect(tableFromIPC(arrow.body).numRows).toBe(3);
    const parquet = await readView("engagement_v1", { ...OCTOBER, format: "parquet" });
    expect([parquet.body.subarray(0, 4).toString(), parquet.body.subarray(-4).toString()]).toEqual(["PAR1", "PAR1"]);
  });

  it("with a key of some Partners reads theirs alone", async () => {
    for (const view of ["engagement_v1", "records_v1"]) {
      const { body } = await readView(view, OCTOBER, keys.some);
      expect([view, [...new Set(rowsOf(body).map(({ partner }) => partner))]]).toEqual([view, ["acme"]]);
    }
    const { status, body } = await readView("statistics_v1", OCTOBER, keys.some);
    expect([status, body.code]).toEqual([403, "partner_forbidden"]);
  });

  it("reads nobody whose processing is restricted", async () => {
    const robin = { partner: "acme", subs: ["robin"] };
    expect((await call(keys.privacy, "postSubjectsRestrict", { body: robin })).status).toBe(200);
    const { body } = await readView("engagement_v1");
    expect(rowsOf(body).map(({ partner }) => partner)).toEqual(["brook"]);
    await call(keys.privacy, "postSubjectsUnrestrict", { body: robin });
  });

  it.each([
    ["engagement", OCTOBER, 404, "not_found"],
    ["audit", OCTOBER, 404, "not_found"],
    ["engagement_v1", {}, 400, "query_invalid"],
    ["engagement_v1", { month: "2026-13" }, 400, "query_invalid"],
    ["engagement_v1", { month: "2026-10", from: "2026-10-01" }, 400, "query_invalid"],
    ["engagement_v1", { from: "2026-10-02", until: "2026-10-01" }, 400, "query_invalid"],
    ["engagement_v1", { from: "2026-02-30" }, 400, "query_invalid"],
    ["engagement_v1", { from: "' OR 1 --" }, 400, "query_invalid"],
    ["engagement_v1", { ...OCTOBER, format: "Native" }, 400, "query_invalid"],
    ["engagement_v1", { until: "2026-10-01" }, 400, "query_invalid"],
  ])("is refused %s with %o", async (view, query, status, code) => {
    const answer = await readView(view, query);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  it("is refused with a key of another role, and one that was revoked", async () => {
    const asOperator = await readView("records_v1", OCTOBER, keys.operator);
    expect([asOperator.status, asOperator.body.code]).toEqual([403, "role_forbidden"]);
    await revokeApiKey(api.house.service, keys.lost.split("_")[1] ?? "", "wren");
    await expect.poll(async () => (await call(keys.lost, "getViews")).status, { timeout: 90_000 }).toBe(401);
  });

  it("is noted before it is answered, with the view and the days, under the key's id", async () => {
    const [, id = ""] = keys.analyst.split("_");
    await readView("behaviour_v1", { from: "2026-10-01" });
    const entries = await api.house.service.warehouse.rows<{ detail: string }>({
      sql: "SELECT detail FROM audit WHERE actor = {id:String} AND action = 'views.read' ORDER BY at DESC",
      parameters: { id },
    });
    expect(entries.map(({ detail }) => JSON.parse(detail))).toContainEqual({
      ...{ view: "behaviour_v1", format: "csv", from: "2026-10-01", until: "2026-10-01" },
    });
  });

  it("may go away in the middle of an answer: the next is as whole as ever", async () => {
    const url = `${api.url}/v1/views/engagement_v1?month=2026-10`;
    const headers = { authorization: `Bearer ${keys.analyst}` };
    for (let i = 0; i < 12; i += 1) {
      const answer = await fetch(url, { headers });
      await answer.body?.cancel();
    }
    const { body } = await readView("engagement_v1");
    expect(rowsOf(body)).toHaveLength(3);
  });
});
