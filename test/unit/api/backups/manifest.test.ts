import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  BACKUP_VERSION,
  type JournalManifest,
  type Manifest,
  openJournalManifest,
  openManifest,
  sealManifest,
} from "../../../../api/backups/manifest.ts";

const KEY = new Uint8Array(32).fill(3);
const OTHER_KEY = new Uint8Array(32).fill(4);
const HASH = "ab".repeat(32);

function aManifest(changes: Partial<Manifest> = {}): Manifest {
  return {
    v: BACKUP_VERSION,
    id: "20261124T021000Z",
    createdMs: 1_795_486_200_000,
    expiresMs: 1_797_905_400_000,
    schema: 6,
    retentionDays: 365,
    firstPartition: "20251223",
    tables: [
      {
        name: "engagement",
        columns: ["partner", "at"],
        files: [{ path: "engagement/20261101.age", rows: 3, bytes: 400, sha256: HASH, contentSha256: HASH }],
      },
    ],
    log: { id: "sqlite 1", positions: { "0": 7 }, ends: { "0": 9 }, isPaused: true },
    journal: { count: 4, hash: "h" },
    keys: { seal: "s", epochs: { "1": "r" }, salts: { "": "a", acme: "b" } },
    ...changes,
  };
}

function aJournalManifest(changes: Partial<JournalManifest> = {}): JournalManifest {
  return {
    v: BACKUP_VERSION,
    createdMs: 1_795_486_200_000,
    head: { count: 4, hash: "h" },
    file: "000000000004-abcdef.age",
    records: 4,
    bytes: 900,
    sha256: HASH,
    contentSha256: HASH,
    ...changes,
  };
}

/** What somebody could write who has the key: any body, rightly sealed. */
function seal(body: unknown, key = KEY): string {
  const text = JSON.stringify(body);
  return JSON.stringify({ body: text, mac: createHmac("sha256", key).update(text).digest("base64url") });
}

describe("openManifest()", () => {
  it("reads what sealManifest() wrote", () => {
    expect(openManifest(sealManifest(aManifest(), KEY), KEY)).toEqual(aManifest());
    expect(openJournalManifest(sealManifest(aJournalManifest(), KEY), KEY)).toEqual(aJournalManifest());
  });

  it.each([
    ["another key", (text: string) => text, OTHER_KEY],
    ["a changed count", (text: string) => text.replace('\\"rows\\":3', '\\"rows\\":2'), KEY],
    ["another last day", (text: string) => text.replace("1797905400000", "9997905400000"), KEY],
    ["a file left out", (text: string) => text.replace(/\\"files\\":\[.*?\]/, '\\"files\\":[]'), KEY],
    ["no seal", (text: string) => JSON.stringify({ body: JSON.parse(text).body }), KEY],
    ["an empty seal", (text: string) => JSON.stringify({ ...JSON.parse(text), mac: "" }), KEY],
    ["half a file", (text: string) => text.slice(0, text.length / 2), KEY],
    ["an empty file", () => "", KEY],
    ["another kind of file", () => "[]", KEY],
  ])("calls it tampered with %s", (_, change, key) => {
    const text = sealManifest(aManifest(), KEY);
    const changed = change(text);
    if (key === KEY) expect(changed).not.toBe(text);
    expect(openManifest(changed, key)).toBe("tampered");
  });

  it("tells a newer release's from one that is not valid, once the seal is right", () => {
    expect(openManifest(seal({ ...aManifest(), v: BACKUP_VERSION + 1 }), KEY)).toBe("version");
    expect(openManifest(seal({ v: BACKUP_VERSION + 1, all: "new" }), KEY)).toBe("version");
    expect(openManifest(seal({ ...aManifest(), schema: -1 }), KEY)).toBe("invalid");
    expect(openManifest(seal(aJournalManifest()), KEY)).toBe("invalid");
    expect(openManifest(seal({ ...aManifest(), v: BACKUP_VERSION + 1 }, OTHER_KEY), KEY)).toBe("tampered");
  });

  it.each([
    "/etc/passwd",
    "../other/all.age",
    "engagement/../../all.age",
    "engagement/all.age/..",
    "engagement\\all.age",
    "engagement/all",
    "engagement//all.age",
  ])("does not follow a file name that leaves the folder: %s", (path) => {
    const file = { path, rows: 1, bytes: 1, sha256: HASH, contentSha256: HASH };
    const tables = [{ name: "engagement", columns: ["at"], files: [file] }];
    expect(openManifest(seal(aManifest({ tables })), KEY)).toBe("invalid");
  });

  it.each(["../4-abc.age", "4-abc/..age", "/4-abc.age", "4-abc.json"])(
    "does not follow the name of a copy of the journal that leaves its folder: %s",
    (file) => {
      expect(openJournalManifest(seal(aJournalManifest({ file })), KEY)).toBe("invalid");
    },
  );
});
