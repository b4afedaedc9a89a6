import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Installation, newEventId, thisMonth } from "../fixtures/roebuck-process.ts";

// Each mark stands for something that must never reach a disk or a log line.
const USER = "kestrel-user-7741";
const MAIL = "wren.kestrel@planted.example";
const PHONE = "020 7946 0958";
const ADDRESS = "203.0.113.77";
const MARKS = [
  USER,
  MAIL,
  "wren.kestrel",
  "planted.example",
  "7946 0958",
  "79460958",
  ADDRESS,
  "kestrelsecret",
  "Kestrel/9.9",
];

const roebuck = new Installation({
  ROEBUCK_PEOPLE_MIN: "1",
  ROEBUCK_TRUSTED_PROXIES: "127.0.0.1",
  ROEBUCK_LOG_LEVEL: "debug",
});
beforeAll(() => roebuck.start());
afterAll(() => roebuck[Symbol.asyncDispose]());

function* toFiles(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) yield join(entry.parentPath, entry.name);
  }
}

it("serve writes no planted user id, e-mail address, telephone number, IP address or token to any file or log line", async () => {
  writeFileSync(join(roebuck.folder, "partners.csv"), "id,name,zone\nacme,Acme,UTC\n");
  await roebuck.ask("partners", "import", "partners.csv");
  const consent = ["--consent", "behaviour,feedback"];
  const token = (
    await roebuck.ask(
      "token",
      "mint",
      "--site",
      "www",
      "--sub",
      USER,
      "--acct",
      "partner",
      "--ptn",
      "acme",
      "--dept",
      `Team of ${MAIL}`,
      ...consent,
    )
  ).trim();
  const url = `https://www.example.org/people/${encodeURIComponent(MAIL)}/${ADDRESS}?token=kestrelsecret&email=${MAIL}&page=${PHONE}#${MAIL}`;
  const text = `Mail ${MAIL} or call ${PHONE} from ${ADDRESS}`;
  const common = () => ({
    id: newEventId(),
    at: Date.now(),
    url,
    title: text,
    referrer: `https://www.example.org/?user=${USER}&mail=${MAIL}`,
  });
  const events = [
    { ...common(), type: "page_view", resource: { id: `g-${MAIL}`, type: "guide", topic: text, full: true } },
    { ...common(), type: "download", secretField: MAIL },
    { ...common(), type: "search", query: text },
    { ...common(), type: "leave", engaged_ms: 1, scroll_pct: 1 },
    { ...common(), type: "click", target: text },
    { ...common(), type: "feedback", score: 5, comment: text },
  ];
  const headers = {
    "user-agent": `Mozilla/5.0 (Windows NT 10.0) Chrome/141.0 Kestrel/9.9`,
    "x-forwarded-for": ADDRESS,
    referer: url,
    cookie: `session=${USER}`,
  };
  const beacon = { v: 1, site: "www", sent_at: Date.now(), events };
  expect((await roebuck.send({ ...beacon, token }, headers)).status).toBe(202);
  expect(
    (
      await roebuck.send(
        { ...beacon, events: events.slice(0, 1).map((event) => ({ ...event, id: newEventId() })) },
        headers,
      )
    ).status,
  ).toBe(202);
  // The ways that fail must be as silent as the one that works.
  expect((await roebuck.send({ ...beacon, token: `${token}kestrelsecret` }, headers)).status).toBe(401);
  expect((await roebuck.send({ ...beacon, token, site: USER }, headers)).status).toBe(403);
  expect(
    (await roebuck.send({ ...beacon, token, events: [{ ...events[0], id: MAIL, type: MAIL }] }, headers)).status,
  ).toBe(400);
  expect((await roebuck.send({ ...beacon, token, v: MAIL }, headers)).status).toBe(400);
  await roebuck.ask("close", thisMonth());
  writeFileSync(
    join(roebuck.folder, "line.ndjson"),
    JSON.stringify({
      sub: USER,
      acct: "partner",
      ptn: "acme",
      type: "page_view",
      at: new Date().toISOString(),
      url,
      title: text,
    }),
  );
  await roebuck.ask("import", "events", "line.ndjson");
  await roebuck.ask("close", thisMonth());
  const rows = await roebuck.ask("sql", "SELECT count() FROM engagement", "--format", "TSV");
  expect(Number(rows)).toBe(4);

  // A compressed column would hide a mark from a search of the file, so the columns are read back as well.
  const tables = ["engagement", "behaviour", "feedback", "statistics_hourly", "drops", "resources", "records", "runs"];
  const read = await Promise.all(
    tables.map((table) => roebuck.ask("sql", `SELECT * FROM ${table}`, "--format", "JSONEachRow")),
  );
  for (const mark of MARKS) {
    for (const [index, content] of read.entries()) expect(content, `${mark} in ${tables[index]}`).not.toContain(mark);
    expect(roebuck.logged, `${mark} in the log`).not.toContain(mark);
  }
  await roebuck.end();
  const found: string[] = [];
  for (const file of toFiles(roebuck.dataDir)) {
    const content = readFileSync(file);
    const inside = content[0] === 0x1f && content[1] === 0x8b ? gunzipSync(content) : content;
    for (const mark of [...MARKS, token]) if (inside.includes(mark)) found.push(`${mark} in ${file}`);
  }
  expect(found).toEqual([]);
  for (const mark of [...MARKS, token]) expect(roebuck.logged).not.toContain(mark);
  await roebuck.start();
});
