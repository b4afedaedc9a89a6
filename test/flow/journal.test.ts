import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Installation } from "../fixtures/roebuck-process.ts";

let roebuck: Installation;

beforeAll(async () => {
  roebuck = new Installation();
  await roebuck.ask("init");
}, 120_000);
afterAll(() => roebuck[Symbol.asyncDispose]());

/** As somebody with a hand on the disk: changes a word of the journal in place. Answers how many entries it stood in. */
function rewriteJournal(from: string, to: string): number {
  const [file] = readdirSync(roebuck.dataDir, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith("journal.db"),
  );
  using opened = new DatabaseSync(join(roebuck.dataDir, file ?? ""));
  let changed = 0;
  const tables = opened.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
  for (const { name } of tables) {
    const columns = opened.prepare(`PRAGMA table_info("${name}")`).all();
    if (!columns.some((column) => column.name === "value")) continue;
    for (const row of opened.prepare(`SELECT rowid AS id, value FROM "${name}"`).all()) {
      const text = Buffer.from(row.value as Uint8Array).toString(); // the column is a BLOB
      if (!text.includes(from)) continue;
      opened
        .prepare(`UPDATE "${name}" SET value = ? WHERE rowid = ?`)
        .run(Buffer.from(text.replace(from, to)), Number(row.id));
      changed += 1;
    }
  }
  return changed;
}

describe("the journal of an installation", { timeout: 120_000 }, () => {
  test("is part of what must be well for the service to be ready", async () => {
    await roebuck.start();
    const { checks } = (await (await fetch(`${roebuck.url}/readyz`)).json()) as { checks: object[] }; // our own answer
    expect(checks).toContainEqual({ name: "journal", ok: true });
  });

  test("still says after a kill what was decided before it", async () => {
    await roebuck.ask("hold", "set", "--reference", "court order 7");
    await roebuck.ask("hold", "set", "--reference", "court order 8");
    await roebuck.end("SIGKILL");
    const holds = await roebuck.ask("hold", "list");
    expect(holds).toContain("court order 7");
    expect(holds).toContain("court order 8");
  });

  test("is refused by every command and by the service once an entry was changed, with the way out", async () => {
    expect(rewriteJournal("court order 7", "court order 1")).toBe(1);
    const { code, err } = await roebuck.run("hold", "list");
    expect(code).toBe(1);
    expect(err).toMatch(/^Cannot trust the journal: entry \d+ does not follow .*`roebuck restore --journal`\.$/m);
    await expect(roebuck.start()).rejects.toThrow(/Cannot trust the journal/);
    expect(rewriteJournal("court order 1", "court order 7")).toBe(1);
    expect(await roebuck.ask("hold", "list")).toContain("court order 7");
  });
});
