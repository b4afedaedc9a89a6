import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiHouse, openApiHouse, reading } from "../fixtures/api-house.ts";
import { type CounterAnswerKind, findCounterFaults } from "../fixtures/counter-schema.ts";
import { listFiles } from "../fixtures/disk.ts";

/** What a library's harvester does: COUNTER 5.1, section 8 and Appendix D, over HTTP. */
let api: ApiHouse;
let key: string;
let ingest: string;
let both: string;

beforeAll(async () => {
  api = await openApiHouse();
  const { house } = api;
  await house.send(
    ...reading(
      "robin",
      "acme",
      "2026-09-05T09:00:00Z",
      "2026-10-05T09:00:00Z",
      "2026-10-05T09:00:10Z",
      "2026-10-06T09:00:00Z",
    ),
    ...reading("finch", "brook", "2026-10-07T09:00:00Z"),
  );
  await house.settle();
  await api.close("2026-09");
  await api.close("2026-10");
  await api.close("2026-11"); // before it is over
  key = await api.key("officer", "acme");
  ingest = await api.key("ingest", "acme");
  both = await api.key("analyst");
}, 180_000);
afterAll(() => api[Symbol.asyncDispose]());

const toId = (one: string) => one.split("_")[1] ?? "";
const MONTH = { begin_date: "2026-10", end_date: "2026-10" };

async function ask(path: string, query: Readonly<Record<string, string | undefined>> = {}, with_ = key) {
  const url = new URL(`/r51/${path}`, api.url);
  const given = { customer_id: "acme", requestor_id: toId(with_), api_key: with_, ...query };
  for (const [name, value] of Object.entries(given)) if (value !== undefined) url.searchParams.set(name, value);
  const answer = await fetch(url);
  const body = JSON.parse(await answer.text());
  // Whatever is answered has the form of the Code.
  const kind = answer.status === 200 ? (path.split("/").at(-1) as CounterAnswerKind) : "exception"; // each path is named for what it answers
  if (answer.status !== 404) expect(findCounterFaults(kind, body)).toBe("");
  return { status: answer.status, body, headers: answer.headers };
}

describe("a COUNTER harvester", { timeout: 120_000 }, () => {
  it("asks without a key whether the service is there", async () => {
    const answer = await fetch(`${api.url}/r51/status`);
    const body = await answer.json();
    expect(findCounterFaults("status", body)).toBe("");
    expect(body).toEqual([{ Description: "COUNTER 5.1 reports of Roebuck", Service_Active: true }]);
  });

  it("lists the reports with the months that there are", async () => {
    const { body } = await ask("reports");
    expect(body.map((one: { Report_ID: string; Path: string }) => [one.Report_ID, one.Path])).toEqual([
      ["PR", "/r51/reports/pr"],
      ["IR", "/r51/reports/ir"],
    ]);
    expect(body[0]).toMatchObject({
      Release: "5.1",
      First_Month_Available: "2026-09",
      Last_Month_Available: "2026-10",
    });
  });

  it("lists the institutions that its key may ask for, and no other", async () => {
    const { body } = await ask("members", { customer_id: undefined });
    expect(body).toEqual([
      {
        Customer_ID: "acme",
        Requestor_ID: toId(key),
        Name: "Name of acme",
        Institution_ID: { Proprietary: ["roebuck:acme"] },
      },
    ]);
    const all = await ask("members", { customer_id: undefined }, both);
    expect(all.body.map((one: { Customer_ID: string }) => one.Customer_ID)).toEqual(["acme", "brook"]);
    expect((await ask("members", { customer_id: "brook" }, both)).body).toHaveLength(1);
    expect((await ask("members", { customer_id: "brook" })).body.Code).toBe(2010);
  });

  it("harvests the Platform and the Item Report of a month, a double click counted once", async () => {
    const pr = await ask("reports/pr", MONTH);
    expect(pr.status).toBe(200);
    expect(pr.body.Report_Header).toMatchObject({
      ...{ Report_ID: "PR", Release: "5.1", Institution_Name: "Name of acme", Created: "2026-11-20T12:00:00Z" },
      Report_Filters: { Begin_Date: "2026-10-01", End_Date: "2026-10-31" },
    });
    expect(pr.body.Report_Header.Exceptions).toBeUndefined();
    expect(pr.body.Report_Items[0].Attribute_Performance[0]).toMatchObject({
      Data_Type: "Report",
      Performance: { Total_Item_Requests: { "2026-10": 2 }, Unique_Item_Requests: { "2026-10": 2 } },
    });
    const shown = await ask("reports/pr", { ...MONTH, attributes_to_show: "Access_Method" });
    expect(shown.body.Report_Items[0].Attribute_Performance[0].Access_Method).toBe("Regular");
    const ir = await ask("reports/ir", { begin_date: "2026-09-01", end_date: "2026-10-31" });
    expect(ir.body.Report_Items[0].Items[0]).toMatchObject({ Item: "Neglect", Item_ID: { Proprietary: "roebuck:g1" } });
    const performance = ir.body.Report_Items[0].Items[0].Attribute_Performance[0].Performance;
    expect(performance.Total_Item_Requests).toEqual({ "2026-09": 1, "2026-10": 2 });
  });

  it.each([
    ["nothing", { begin_date: undefined, end_date: undefined }, 400, 1030],
    ["no key", { ...MONTH, api_key: undefined }, 400, 1030],
    ["no institution", { ...MONTH, customer_id: undefined }, 400, 1030],
    ["another requestor than the key's", { ...MONTH, requestor_id: "somebody" }, 401, 2000],
    ["another institution than the key's", { ...MONTH, customer_id: "brook" }, 403, 2010],
    ["an institution that is not there", { ...MONTH, customer_id: "nobody" }, 403, 2010],
    ["what is no key", { ...MONTH, api_key: "1234" }, 401, 2020],
    ["a day within a month", { begin_date: "2026-10-02", end_date: "2026-10" }, 400, 3020],
    ["an end before the beginning", { begin_date: "2026-10", end_date: "2026-09" }, 400, 3020],
    ["words for dates", { begin_date: "October", end_date: "2026-10" }, 400, 3020],
    ["the month that it is", { begin_date: "2026-11", end_date: "2026-11" }, 400, 3020],
  ] as const)("with %s is told what is wrong", async (_, query, status, code) => {
    for (const report of ["pr", "ir"]) {
      const answer = await ask(`reports/${report}`, query);
      expect([answer.status, answer.body.Code]).toEqual([status, code]);
      expect(answer.body.Message).toMatch(/^[A-Z]/);
    }
  });

  it("with a wrong secret, or a key whose role reads no records, is turned away", async () => {
    const wrong = `${key.slice(0, -4)}${key.endsWith("AAAA") ? "BBBB" : "AAAA"}`;
    expect((await ask("reports/pr", { ...MONTH, api_key: wrong })).body).toMatchObject({
      Code: 2020,
      Message: "APIKey Invalid",
    });
    expect(await ask("reports/pr", MONTH, ingest)).toMatchObject({ status: 403, body: { Code: 2010 } });
  });

  it.each([
    ["no usage", { begin_date: "2026-10", end_date: "2026-10", metric_type: "Searches_Platform" }, 3030],
    ["a month that is not closed", { begin_date: "2026-10", end_date: "2026-12" }, 3031],
    ["a month from before there was anything", { begin_date: "2026-05", end_date: "2026-10" }, 3032],
    ["a parameter that nobody knows", { ...MONTH, colour: "red" }, 3050],
    ["a filter that records cannot answer", { ...MONTH, yop: "2020" }, 3050],
    ["a filter's value that there is not", { ...MONTH, data_type: "guide" }, 3060],
    ["an attribute that there is not", { ...MONTH, attributes_to_show: "YOP" }, 3062],
    ["counts without months", { ...MONTH, granularity: "Totals" }, 3062],
  ] as const)("with %s gets the report and an exception in its header", async (_, query, code) => {
    const { status, body } = await ask("reports/pr", query);
    expect(status).toBe(200);
    expect(body.Report_Header.Exceptions.map((one: { Code: number }) => one.Code)).toContain(code);
  });

  it("harvests one item, or one data type, alone", async () => {
    const one = await ask("reports/ir", { ...MONTH, item_id: "roebuck:g1" });
    expect(one.body.Report_Items[0].Items.map((item: { Item: string }) => item.Item)).toEqual(["Neglect"]);
    expect((await ask("reports/ir", { ...MONTH, item_id: "roebuck:other" })).body.Report_Items).toEqual([]);
    expect((await ask("reports/pr", { ...MONTH, data_type: "Sound" })).body.Report_Items).toEqual([]);
  });

  it("that asks too often is told to wait, and others are not", async () => {
    await using slow = await openApiHouse({ ROEBUCK_RATE_PER_KEY: "3" });
    const mine = await slow.key("officer", "acme");
    const query = new URLSearchParams({ customer_id: "acme", requestor_id: toId(mine), api_key: mine });
    const answers = [];
    for (let at = 0; at < 5; at += 1) answers.push(await fetch(`${slow.url}/r51/reports?${query}`));
    const last = answers.at(-1);
    expect(last?.status).toBe(429);
    expect(Number(last?.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await last?.json()).toEqual({ Code: 1020, Message: "Client has made too many requests" });
  });

  it("leaves its key in no log, no file and no answer, although it stands in the address", async () => {
    const secret = key.split("_").slice(2).join("_");
    const answers = [await ask("reports/pr", MONTH), await ask("reports/pr", {}), await ask("nothing", {})];
    expect(JSON.stringify(answers)).not.toContain(secret);
    expect(api.house.logged.join("\n")).not.toContain(secret);
    await api.house.service.warehouse.execute({ sql: "SYSTEM FLUSH LOGS" }).catch(() => undefined);
    const holding = listFiles(api.house.dataDir).filter((file) => {
      try {
        return readFileSync(file).includes(secret);
      } catch {
        return false; // a file that has just gone
      }
    });
    expect(holding).toEqual([]);
  });

  it("is in the audit trail by its key's id, with what it read", async () => {
    const rows = await api.house.rows<{ subject: string; detail: string }>(
      `SELECT DISTINCT subject, detail FROM audit WHERE actor = '${toId(key)}' AND action = 'records.read' AND detail LIKE '%counter%' ORDER BY detail, subject`,
    );
    expect(rows).toContainEqual({ subject: "acme", detail: '{"counter":"/r51/reports/pr"}' });
  });
});
