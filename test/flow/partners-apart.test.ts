import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sqlCommand } from "../../api/commands/sql.ts";
import { toKeysFolder } from "../../api/folders.ts";
import { destroyKey, planDestroy } from "../../api/keys/destroy.ts";
import { addOperator } from "../../api/keys/operators.ts";
import type { AccountKind } from "../../schemas/event.ts";
import type { PseudonymKeys } from "../../schemas/keyring.ts";
import { toKnownPseudonyms } from "../../transform/pseudonym.ts";
import { findFiles, makeColumnsPlain } from "../fixtures/disk.ts";
import { openRightsHouse, type RightsHouse } from "../fixtures/rights-house.ts";

const TABLES = ["engagement", "behaviour", "feedback", "attendance"] as const;
const PEOPLE = Array.from({ length: 15 }, (_, index) => `person-${index}@example.org`);
/** As whom one and the same person can come. */
const GUISES: readonly (readonly [AccountKind, string])[] = [
  ["partner", "acme"],
  ["partner", "brook"],
  ["subscriber", ""],
  ["public", ""],
];
let house: RightsHouse;
let folder: string;
beforeAll(async () => {
  house = await openRightsHouse();
  folder = mkdtempSync(join(tmpdir(), "roebuck-partners-"));
  await makeColumnsPlain(house.service.warehouse);
  for (const sub of PEOPLE) {
    for (const [acct, partner] of GUISES) {
      const who = { sub, acct, ...(partner === "" ? {} : { partner }), consents: true };
      await house.send(
        who,
        { ...who, type: "leave", engagedMs: 1_000 },
        { ...who, type: "feedback", score: 4 },
        { ...who, type: "attendance", event: { id: "w-1", title: "", kind: "webinar" }, minutes: 20 },
      );
    }
  }
  await house.settle();
});
afterAll(async () => {
  await house[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** Each pseudonym with the guise that it stands for. */
const readAll = () =>
  house.rows<{ guise: string; who: string }>(
    TABLES.map(
      (table) => `SELECT DISTINCT concat(acct, ' ', partner) AS guise, lower(hex(pseudonym)) AS who FROM ${table}`,
    ).join(" UNION DISTINCT "),
  );

describe("one person at two Partners, and with an account of their own", () => {
  it("has no pseudonym in common, in any table", async () => {
    const rows = await readAll();
    const guises = Map.groupBy(rows, ({ who }) => who);
    expect([...guises].filter(([, some]) => some.length > 1)).toEqual([]);
    // An engagement pseudonym and a behaviour pseudonym each; a public account has one for all.
    const perGuise = Map.groupBy(rows, ({ guise }) => guise);
    expect(Object.fromEntries([...perGuise].map(([guise, some]) => [guise, some.length]))).toEqual({
      "partner acme": 2 * PEOPLE.length,
      "partner brook": 2 * PEOPLE.length,
      "subscriber ": 2 * PEOPLE.length,
      "public ": PEOPLE.length,
    });
  });

  it("has no reference in common on the log and in the journal", () => {
    const refs = PEOPLE.flatMap((sub) => GUISES.map(([acct, partner]) => house.toRef(sub, partner, acct)));
    expect(new Set(refs).size).toBe(refs.length);
  });
});

describe("the keys", () => {
  /** Each secret of the key files, as it is written there. */
  function readSecrets(): readonly string[] {
    const read = (name: string) => JSON.parse(readFileSync(join(toKeysFolder(house.settings), name), "utf8"));
    const { seal, tokens } = read("collector.json");
    const { epochs, salts } = read("pseudonym.json");
    return [
      seal,
      ...tokens.map(({ key }: { key: string }) => key),
      ...epochs.map(({ root }: { root: string }) => root),
      ...Object.values<string>(salts),
    ];
  }

  it("lie in files that only the service's account can read, and nowhere in log, warehouse or journal", () => {
    const keys = toKeysFolder(house.settings);
    expect(statSync(keys).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(keys))
      expect([name, statSync(join(keys, name)).mode & 0o777]).toEqual([name, 0o600]);
    const secrets = readSecrets();
    expect(secrets.length).toBeGreaterThan(4);
    for (const secret of secrets) {
      const bytes = Buffer.from(secret, "base64url");
      expect(bytes.length).toBe(32);
      for (const mark of [secret, bytes, bytes.toString("hex"), bytes.toString("base64")]) {
        expect(findFiles(house.dataDir, mark).filter((file) => !file.startsWith(keys))).toEqual([]);
      }
    }
  });

  it.each([
    "SELECT * FROM file('{keys}/pseudonym.json', 'LineAsString')",
    "SELECT file('{keys}/pseudonym.json')",
    "SELECT * FROM url('file://{keys}/pseudonym.json', 'LineAsString')",
    "SELECT * FROM executable('cat {keys}/pseudonym.json', 'LineAsString', 'line String')",
    "SELECT * FROM fileCluster('default', '{keys}/pseudonym.json', 'LineAsString')",
    "SELECT * FROM filesystem('{keys}')",
    "SELECT * FROM sqlite('{data}/log/journal.db', 'records')",
    "INSERT INTO FUNCTION file('{keys}/x') SELECT 1",
    "CREATE TABLE x (line String) ENGINE = File(LineAsString, '{keys}/pseudonym.json')",
    "SELECT * FROM dictionary('keys')",
  ])("cannot be read by an analyst: %s", async (query) => {
    const sql = query.replaceAll("{keys}", toKeysFolder(house.settings)).replaceAll("{data}", house.dataDir);
    const said: string[] = [];
    const io = { ...house.io, bytes: async (chunk: Uint8Array) => void said.push(Buffer.from(chunk).toString()) };
    const args = { operands: { QUERY: sql }, flags: { format: "TSV" }, switches: new Set<string>() };
    await expect(sqlCommand.run(house.service, args, io)).rejects.toThrow("The query was refused");
    for (const secret of readSecrets()) expect(said.join("")).not.toContain(secret);
  });

  it("of which a Partner's salt was destroyed leave its rows to nobody, whatever else is known", async () => {
    const before = house.service.keyFiles.pseudonymKeys();
    const salt = before.salts.get("acme") ?? new Uint8Array();
    const theirs = PEOPLE.flatMap((sub) => house.toPseudonyms(sub).map(({ pseudonym }): string => pseudonym));
    const stored = (await readAll()).filter(({ guise }) => guise === "partner acme").map(({ who }) => who);
    expect(stored.every((who) => theirs.includes(who))).toBe(true);
    const [firstKeyFile, secondKeyFile] = [join(folder, "wren"), join(folder, "finch")] as const;
    for (const name of ["wren", "finch"]) {
      writeFileSync(join(folder, name), await addOperator(house.service, name, "wren"), { mode: 0o600 });
    }
    const target = { kind: "salt", partner: "acme" } as const;
    house.at("2026-11-20T12:01:00Z");
    const { code } = await planDestroy(house.service, target, "wren");
    await destroyKey(house.service, target, { code, firstKeyFile, secondKeyFile }, "wren");

    // Whoever has every key that is left, and every user id, finds nobody in the rows.
    const left = house.service.keyFiles.pseudonymKeys();
    expect(left.salts.has("acme")).toBe(false);
    const guesses = [...left.salts.values(), new Uint8Array(32), new Uint8Array()].flatMap((guess) => {
      const keys: PseudonymKeys = { ...left, salts: new Map([["acme", guess]]) };
      return PEOPLE.flatMap((sub) => toKnownPseudonyms(keys, { ref: house.toRef(sub), ptn: "acme" }, undefined));
    });
    const found = new Set(guesses.map(({ pseudonym }): string => pseudonym));
    expect(found.size).toBeGreaterThan(PEOPLE.length);
    const rows = (await readAll()).filter(({ guise }) => guise === "partner acme");
    expect(rows.map(({ who }) => who).toSorted()).toEqual(stored.toSorted()); // they stay, for the totals
    expect(rows.filter(({ who }) => found.has(who))).toEqual([]);
    // The salt is on no disk any more.
    for (const mark of [salt, Buffer.from(salt).toString("base64url"), Buffer.from(salt).toString("hex")]) {
      expect(findFiles(house.dataDir, mark)).toEqual([]);
    }
    // Others are found as before.
    expect(house.toPseudonyms(PEOPLE[0] ?? "", "brook").length).toBeGreaterThan(0);
  });
});
