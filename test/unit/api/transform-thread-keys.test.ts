import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toKeyFileReader } from "../../../api/transform-thread-keys.ts";
import { KeysUnavailable } from "../../../transform/keys.ts";

const SECRET = Buffer.alloc(32, 5).toString("base64url");
const KEYS = { v: 1, epochs: [{ epoch: 1, from: "", root: SECRET }], salts: { "": SECRET } };

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "roebuck-keys-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function replace(path: string, file: unknown): Promise<void> {
  await writeFile(`${path}.new`, typeof file === "string" ? file : JSON.stringify(file));
  await rename(`${path}.new`, path);
}

describe("toKeyFileReader()", () => {
  test("answers the same keys until the file is replaced", async () => {
    const path = join(folder, "a.json");
    await replace(path, KEYS);
    const read = toKeyFileReader(path);
    const first = await read();
    expect(first.salts.has("acme")).toBe(false);
    expect(await read()).toBe(first);
    await replace(path, { ...KEYS, salts: { "": SECRET, acme: SECRET } });
    expect((await read()).salts.has("acme")).toBe(true);
  });

  test.each([
    ["is no JSON", `{"v":1,"root":"${SECRET}"`],
    ["has no epochs", { ...KEYS, epochs: [] }],
    ["has a short secret", { ...KEYS, salts: { "": "c2hvcnQ" } }],
    ["is of a later version", { ...KEYS, v: 2 }],
  ])("refuses a file that %s, without quoting it", async (_, file) => {
    const path = join(folder, "b.json");
    await replace(path, file);
    const error = await toKeyFileReader(path)().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(KeysUnavailable);
    expect(String(error)).toContain(path);
    expect(String(error)).not.toMatch(new RegExp(`${SECRET}|c2hvcnQ`));
  });

  test("refuses while there is no file, and reads it once it is there", async () => {
    const path = join(folder, "c.json");
    const read = toKeyFileReader(path);
    await expect(read()).rejects.toThrow(/ENOENT/);
    await replace(path, KEYS);
    expect((await read()).epochs).toHaveLength(1);
  });
});
