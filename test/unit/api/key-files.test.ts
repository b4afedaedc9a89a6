import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openCollectorKeyFile, openKeyFiles, openPseudonymKeyFile, readSigningKey } from "../../../api/key-files.ts";

const SITES = [{ id: "www", origins: ["https://www.example.org"] }];
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keys-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("openKeyFiles()", () => {
  it("makes keys at the first start that only their owner can read, and keeps them at the next", () => {
    const first = openKeyFiles(folder, SITES);
    expect(statSync(first.collectorFile).mode & 0o777).toBe(0o600);
    expect(statSync(first.pseudonymFile).mode & 0o777).toBe(0o600);
    const again = openKeyFiles(folder, SITES);
    expect(again.collectorKeys().sealKey).toEqual(first.collectorKeys().sealKey);
    expect([...again.collectorKeys().tokenKeys.keys()]).toEqual([...first.collectorKeys().tokenKeys.keys()]);
  });

  it("keeps what seals identities apart from what pseudonyms are made with", () => {
    const keys = openKeyFiles(folder, SITES);
    const collector = readFileSync(keys.collectorFile, "utf8");
    const root = Buffer.from(keys.pseudonymKeys().epochs[0]?.root ?? []).toString("base64url");
    expect(root.length).toBe(43);
    expect(collector).not.toContain(root);
  });

  it("finds keys that lie in a folder for each role, and a role finds its own there alone", () => {
    mkdirSync(join(folder, "collector"));
    mkdirSync(join(folder, "pseudonym"));
    const all = openKeyFiles(folder, SITES);
    expect(all.collectorFile).toBe(join(folder, "collector", "collector.json"));
    expect(openCollectorKeyFile(join(folder, "collector"), SITES).file).toBe(all.collectorFile);
    expect(openPseudonymKeyFile(join(folder, "pseudonym")).keys()).toEqual(all.pseudonymKeys());
  });

  it("adds a token key for a new site and touches no other", () => {
    const before = readSigningKey(openKeyFiles(folder, SITES).collectorFile, "www");
    const keys = openKeyFiles(folder, [...SITES, { id: "intranet", origins: ["https://in.example.org"] }]);
    expect(readSigningKey(keys.collectorFile, "www")).toEqual(before);
    expect(readSigningKey(keys.collectorFile, "intranet")?.kid).toMatch(/^intranet-/);
  });

  it("salts each Partner once", () => {
    const keys = openKeyFiles(folder, SITES);
    keys.addSalts(["acme", "zeta"]);
    const acme = openKeyFiles(folder, SITES).pseudonymKeys().salts.get("acme");
    keys.addSalts(["acme", "more"]);
    const later = openKeyFiles(folder, SITES).pseudonymKeys().salts;
    expect(later.get("acme")).toEqual(acme);
    expect(later.get("zeta")).not.toEqual(acme);
    expect(later.has("more")).toBe(true);
  });

  it("refuses a file that others can read, and says what to do", () => {
    const { collectorFile } = openKeyFiles(folder, SITES);
    chmodSync(collectorFile, 0o644);
    expect(() => openKeyFiles(folder, SITES)).toThrow(/644.*chmod 600/);
  });

  it("refuses a damaged file without repeating what is in it", () => {
    const { collectorFile } = openKeyFiles(folder, SITES);
    writeFileSync(collectorFile, '{"v":1,"seal":"SECRETSECRET');
    expect(() => openKeyFiles(folder, SITES)).toThrow(/not a key file/);
    expect(() => openKeyFiles(folder, SITES)).not.toThrow(/SECRETSECRET/);
  });
});
