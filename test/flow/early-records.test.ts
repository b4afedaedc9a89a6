import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiHouse, openApiHouse, reading } from "../fixtures/api-house.ts";

/** What an API key is told of a month that was closed before it was over, and once it is. */
let api: ApiHouse;
let officer: string;
let crm: string;
let operator: string;
let analyst: string;

beforeAll(async () => {
  api = await openApiHouse();
  await api.house.send(...reading("robin", "acme", "2026-10-05T09:00:00Z", "2026-11-03T09:00:00Z"));
  await api.house.settle();
  await api.close("2026-10");
  await api.close("2026-11"); // on the 20th
  officer = await api.key("officer", "acme");
  crm = await api.key("crm");
  operator = await api.key("operator");
  analyst = await api.key("analyst");
}, 180_000);
afterAll(() => api[Symbol.asyncDispose]());

const path = { partner: "acme", month: "2026-11" };

/** The months and versions that a key finds in every way. */
async function look(key: string) {
  const client = api.as(key);
  const list = await client.getRecords?.({ query: { partner: "acme" } });
  const versions = await client.getRecordsPartnerMonthVersions?.({ path });
  const one = await client.getRecordsPartnerMonth?.({ path });
  const first = await client.getRecordsPartnerMonth?.({ path, query: { version: 1 } });
  const completeness = await client.getCompleteness?.({ query: { month: "2026-11" } });
  return {
    list: list?.body.records.map((record: { month: string; version: number }) => [record.month, record.version]),
    versions: versions?.body.versions?.map(({ version }: { version: number }) => version) ?? versions?.status,
    latest: one?.body.version ?? one?.status,
    first: first?.body.version ?? first?.status,
    complete: completeness?.body.completeness[0].version,
  };
}

/** November as a COUNTER harvester finds it: the last month of the list, the months with use, the codes of the header. */
async function harvest(key: string) {
  const asked = { customer_id: "acme", requestor_id: key.split("_")[1] ?? "", api_key: key };
  const get = async (address: string, query: Readonly<Record<string, string>> = {}) =>
    JSON.parse(await (await fetch(`${api.url}/r51/${address}?${new URLSearchParams({ ...asked, ...query })}`)).text());
  const [list] = await get("reports");
  const report = await get("reports/pr", { begin_date: "2026-10", end_date: "2026-11" });
  return {
    last: list.Last_Month_Available,
    months: Object.keys(report.Report_Items[0].Attribute_Performance[0].Performance.Total_Item_Requests),
    codes: (report.Report_Header.Exceptions ?? []).map(({ Code }: { Code: number }) => Code),
  };
}

describe("a month that was closed before it was over", { timeout: 120_000 }, () => {
  it("is not there for the systems of Link Officers and the CRM, and is for the operator and analysts", async () => {
    for (const key of [officer, crm]) {
      expect(await look(key)).toEqual({
        list: [["2026-10", 1]],
        versions: 404,
        latest: 404,
        first: 404,
        complete: null,
      });
      expect(await api.as(key).getRecordsPartnerMonth?.({ path })).toMatchObject({ body: { code: "record_unknown" } });
    }
    for (const key of [operator, analyst])
      expect(await look(key)).toEqual({
        list: [
          ["2026-11", 1],
          ["2026-10", 1],
        ],
        ...{ versions: [1], latest: 1, first: 1, complete: 1 },
      });
  });

  it("is not ready for any harvester, also when it is over and not closed again", async () => {
    api.house.at("2026-12-02T12:00:00Z");
    for (const key of [officer, crm, operator])
      expect(await harvest(key)).toEqual({ last: "2026-10", months: ["2026-10"], codes: [3031] });
  });

  it("is there for all once it is closed after its end, from that version on", async () => {
    await api.close("2026-11");
    for (const key of [officer, crm]) {
      expect(await look(key)).toEqual({
        list: [
          ["2026-11", 2],
          ["2026-10", 1],
        ],
        ...{ versions: [2], latest: 2, first: 404, complete: 2 },
      });
      expect(await harvest(key)).toEqual({ last: "2026-11", months: ["2026-10", "2026-11"], codes: [] });
    }
    expect(await look(operator)).toMatchObject({ versions: [1, 2], first: 1 });
  });
});
