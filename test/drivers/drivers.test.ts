import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VIEWS } from "../../schemas/views.ts";
import { ANALYST, openTestWarehouse, type TestWarehouse } from "../fixtures/transform-warehouse.ts";
import { DRIVERS, runDriver } from "./programs.ts";

// The drivers that DBeaver, Python and Grafana use, as they come from their registries, against the analysts' door.

const isWanted = process.env.ROEBUCK_TEST_DRIVERS === "1";
const missing = isWanted
  ? Object.values(DRIVERS).flatMap((driver) => driver.missing().map((what) => `${what} for ${driver.name}`))
  : ["`npm run test:drivers`, which fetches them"];
if (missing.length > 0)
  process.stdout.write(`Tests with analysts' drivers are skipped as far as this is missing: ${missing.join(", ")}.\n`);

let opened: TestWarehouse;
let folder: string;

const WAYS: Readonly<Record<string, readonly string[]>> = {
  python: ["as it comes", "without compression", "lz4", "zstd", "gzip", "with a session", "with settings"],
  java: ["as it comes", "without compression", "with settings"],
  go: ["as it comes", "without compression", "lz4", "gzip", "with settings"],
};

async function asAdmin(sql: string): Promise<void> {
  const answer = await fetch(opened.access.url, {
    method: "POST",
    body: sql,
    headers: { "X-ClickHouse-User": opened.access.user, "X-ClickHouse-Key": opened.access.password },
  });
  expect(answer.status).toBe(200);
}

describe.skipIf(!isWanted)("an analyst's driver on the embedded engine", { timeout: 1_200_000 }, () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "roebuck-drivers-"));
    opened = await openTestWarehouse();
    const id = "generateUUIDv4()";
    await asAdmin("SYSTEM STOP TTL MERGES"); // the days are fixed, and pass their year some day
    await asAdmin(`INSERT INTO engagement (partner, pseudonym, event_id, at, type, path, full) VALUES
      ('o\\'hara', unhex('${"ab".repeat(16)}'), ${id}, '2026-11-03 10:00:00', 'page_view', '/caf\u00e9', 1),
      ('acme', unhex('${"cd".repeat(16)}'), ${id}, '2026-11-04 10:00:00', 'page_view', '/b', 0)`);
  });
  afterAll(async () => {
    await opened?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const [language, driver] of Object.entries(DRIVERS)) {
    it.skipIf(driver.missing().length > 0)(
      `${driver.name} ${driver.version} lists the views, reads rows, binds values and is refused the rest`,
      async ({ skip }) => {
        const command = await driver.prepare(join(folder, language)).catch((error: unknown) => {
          process.stdout.write(
            `The test with ${driver.name} is skipped: it cannot be fetched here. ${String(error)}\n`,
          );
          return skip();
        });
        const lines = await runDriver(command, { port: opened.engine.port, ...ANALYST });
        const seen = lines.map((line) => JSON.parse(line));
        expect(seen.map(({ way }) => way)).toEqual(WAYS[language]);
        for (const { way, columns, rows, ...one } of seen) {
          expect([way, one]).toEqual([
            way,
            { views: Object.keys(VIEWS).toSorted(), bound: 1, many: 200_000, sum: 19_999_900_000, refused: "497" },
          ]);
          expect(rows).toEqual(["2026-11-03|/caf\u00e9|1", "2026-11-04|/b|0"]);
          if (columns !== undefined) expect(columns).toEqual(VIEWS.engagement_v1.columns.map(({ name }) => name));
        }
      },
    );
  }
});
