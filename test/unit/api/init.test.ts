import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseArguments } from "../../../api/command.ts";
import { initCommand, toEnvironmentText, toOwner } from "../../../api/commands/init.ts";
import { openPseudonymKeyFile, readSigningKey } from "../../../api/key-files.ts";
import { parseSites } from "../../../schemas/settings.ts";

let folder: string;
let before: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "init-"));
  before = process.cwd();
  process.chdir(folder);
});
afterEach(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

async function init(...words: string[]): Promise<string> {
  const lines: string[] = [];
  const io = {
    line: (text: string) => lines.push(text),
    warn: () => {},
    bytes: async () => {},
    progress: () => {},
    actor: "anna",
    signal: new AbortController().signal,
  };
  expect(await initCommand.run(parseArguments(initCommand, words), io, [])).toBe(0);
  return lines.join("\n");
}

const readEnvironment = () =>
  Object.fromEntries(
    [...readFileSync(".env", "utf8").matchAll(/^([A-Z_]+)='(.*)'$/gm)].map(([, name, value]) => [name, value ?? ""]),
  );
const toMode = (file: string) => statSync(file).mode & 0o777;

describe("roebuck init", () => {
  it("writes secrets and keys that their owner alone can read", async () => {
    await init("--sites", "www=https://www.example.org;shop=https://shop.example.org");
    for (const file of [".env", "keys/collector/collector.json", "keys/pseudonym/pseudonym.json"])
      expect(toMode(file)).toBe(0o600);
    for (const each of ["keys", "keys/collector", "keys/pseudonym", "backups"]) expect(toMode(each)).toBe(0o700);
    const environment = readEnvironment();
    expect(environment.ROEBUCK_CLICKHOUSE_PASSWORD).toMatch(/^[\w-]{43}$/);
    expect(environment.KAFKA_CLUSTER_ID).toMatch(/^[\w-]{22}$/);
    expect(parseSites(environment.ROEBUCK_SITES ?? "")).toHaveLength(2);
    expect(environment.ROEBUCK_UID).not.toBe("0");
    expect(environment.ROEBUCK_BACKUPS).toBe("./backups");
    expect([environment.ROEBUCK_PUBLISH, environment.ROEBUCK_API_PUBLISH]).toEqual([
      "127.0.0.1:8080",
      "127.0.0.1:8081",
    ]);
  });

  it("keeps apart what the collector and the transform may see", async () => {
    await init();
    expect(readdirSync("keys/collector")).toEqual(["collector.json"]);
    expect(readdirSync("keys/pseudonym")).toEqual(["pseudonym.json"]);
    expect(readSigningKey("keys/collector/collector.json", "www")?.alg).toBe("HS256");
    expect(openPseudonymKeyFile("keys/pseudonym").keys().epochs).toHaveLength(1);
  });

  it("says what to do next, and no secret", async () => {
    const said = await init();
    expect(said).toContain("docker compose up");
    expect(said).not.toContain(readEnvironment().ROEBUCK_CLICKHOUSE_PASSWORD);
  });

  it("replaces no .env unless it is told to, and no key ever", async () => {
    writeFileSync(".env", "OLD=1\n", { mode: 0o644 });
    await expect(init()).rejects.toThrow("it is there already");
    expect(readFileSync(".env", "utf8")).toBe("OLD=1\n");
    expect(existsSync("keys")).toBe(false);
    await init("--force");
    expect(toMode(".env")).toBe(0o600);
    const password = readEnvironment().ROEBUCK_CLICKHOUSE_PASSWORD;
    const keys = readFileSync("keys/pseudonym/pseudonym.json", "utf8");
    await init("--force");
    expect(readEnvironment().ROEBUCK_CLICKHOUSE_PASSWORD).not.toBe(password);
    expect(readFileSync("keys/pseudonym/pseudonym.json", "utf8")).toBe(keys);
  });

  it.each(["www", "www=https://www.example.org/path", "www=https://a.example'"])(
    "refuses the sites %s",
    async (sites) => {
      await expect(init("--sites", sites)).rejects.toThrow(/Cannot use/);
      expect(existsSync(".env")).toBe(false);
    },
  );
});

describe("toOwner()", () => {
  it("never makes root the user of a container", () => {
    expect(toOwner(0, 0)).toEqual({ uid: 1_000, gid: 1_000 });
    expect(toOwner(501, 20)).toEqual({ uid: 501, gid: 20 });
  });
});

describe("toEnvironmentText()", () => {
  it("quotes each value", () => {
    const values = { uid: 1, gid: 2, sites: "a=https://a.example$b", clickhousePassword: "p", kafkaClusterId: "k" };
    expect(toEnvironmentText(values)).toContain("ROEBUCK_SITES='a=https://a.example$b'\n");
  });
});
