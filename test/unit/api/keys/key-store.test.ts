import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openKeyFiles } from "../../../../api/key-files.ts";
import { openCommandKeyStore } from "../../../../api/keys/command-key-store.ts";
import { openFileKeyStore } from "../../../../api/keys/file-key-store.ts";
import { openKeyReader } from "../../../../api/keys/key-reader.ts";
import type { KeyStore } from "../../../../api/keys/key-store.ts";
import { toKeyCommandReader } from "../../../../api/transform-thread-keys.ts";
import { KeysUnavailable } from "../../../../transform/keys.ts";

const SITES = [{ id: "www", origins: ["https://www.example.org"] }];
const SECRET = "SECRETSECRETSECRET";
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "key-store-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A secret store as a script: each key in a file of its folder. */
function aVault(script = `case $1 in get) cat "$0.$2" 2>/dev/null || true;; put) cat > "$0.$2";; esac`): string {
  const path = join(folder, "vault");
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o700 });
  return path;
}

const text = (bytes: Uint8Array | undefined) => (bytes === undefined ? undefined : Buffer.from(bytes).toString());

const STORES: readonly [string, () => KeyStore][] = [
  ["files", () => openFileKeyStore(join(folder, "keys"))],
  ["a command", () => openCommandKeyStore(aVault())],
];

describe.each(STORES)("keys in %s", (_, open) => {
  it("are there again as they were put", async () => {
    const store = open();
    expect(store.read("operators")).toBeUndefined();
    store.write("operators", Buffer.from("one"));
    store.write("operators", Buffer.from("two"), { shred: true });
    expect(text(open().read("operators"))).toBe("two");
    expect(text(await store.readLater("operators"))).toBe("two");
    expect(store.read("backup")).toBeUndefined();
  });

  it("are made once: a second first start changes nothing", () => {
    open().create("collector", Buffer.from("first"));
    open().create("collector", Buffer.from("second"));
    expect(text(open().read("collector"))).toBe("first");
  });

  it("serve a whole installation, and what one process changes another knows", () => {
    const one = openKeyFiles(open(), SITES);
    const other = openKeyFiles(open(), SITES);
    expect(other.collectorKeys().sealKey).toEqual(one.collectorKeys().sealKey);
    one.addSalts(["acme"]);
    expect(one.pseudonymKeys().salts.has("acme")).toBe(true);
    expect(openKeyFiles(open(), SITES).pseudonymKeys().salts.get("acme")).toEqual(
      one.pseudonymKeys().salts.get("acme"),
    );
    one.removeSalts(["acme"]);
    expect(openKeyFiles(open(), SITES).pseudonymKeys().salts.has("acme")).toBe(false);
  });

  it("stay the same objects while others are added, so that nothing in flight is refused", () => {
    const keys = openKeyFiles(open(), SITES);
    const before = keys.collectorKeys();
    const [kid = ""] = before.tokenKeys.keys();
    const added = { kid: "www-2", site: "www", alg: "HS256" as const, key: "k".repeat(43) };
    keys.changeCollector((content) => ({ ...content, tokens: [...content.tokens, added] }));
    expect(keys.collectorKeys().tokenKeys.size).toBe(2);
    expect(keys.collectorKeys().tokenKeys.get(kid)).toBe(before.tokenKeys.get(kid));
    expect(keys.collectorKeys().sealKey).toBe(before.sealKey);
  });
});

describe("keys in files", () => {
  it("can be read by their owner alone, in a folder of the owner alone, and leave nothing else behind", () => {
    const store = openFileKeyStore(join(folder, "keys"));
    store.write("collector", Buffer.from("a"));
    store.alone("collector", () => store.write("collector", Buffer.from("b")));
    expect(statSync(join(folder, "keys")).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, "keys/collector.json")).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, "keys"))).toEqual(["collector.json"]);
  });

  it("are refused with the remedy when others can read the file or replace it", () => {
    const store = openFileKeyStore(join(folder, "keys"));
    store.write("collector", Buffer.from("a"));
    chmodSync(join(folder, "keys/collector.json"), 0o640);
    expect(() => store.read("collector")).toThrow(/640.*chmod 600 .*collector\.json/);
    chmodSync(join(folder, "keys/collector.json"), 0o600);
    chmodSync(join(folder, "keys"), 0o777);
    expect(() => store.read("collector")).toThrow(/777.*chmod 700 .*keys"/);
  });

  it("are read again when the file is replaced, and refused when it is gone or spoilt", () => {
    const keys = openKeyFiles(folder, SITES);
    const file = join(folder, "pseudonym.json");
    writeFileSync(file, `{"v":1,"epochs":"${SECRET}"`);
    expect(() => keys.readPseudonym()).toThrow(/not a key file/);
    expect(() => keys.readPseudonym()).not.toThrow(SECRET);
    rmSync(file);
    expect(() => keys.readPseudonym()).toThrow(/not there.*backup/);
  });

  it("can be changed again after a process died in the midst of a change", () => {
    const store = openFileKeyStore(join(folder, "keys"));
    store.write("collector", Buffer.from("a"));
    writeFileSync(join(folder, "keys/collector.json.lock"), "");
    const long = new Date(Date.now() - 60_000);
    utimesSync(join(folder, "keys/collector.json.lock"), long, long);
    expect(store.alone("collector", () => "done")).toBe("done");
  });
});

describe("a command that keeps keys", () => {
  it.each([
    ["fails", `echo ${SECRET}; echo ${SECRET} >&2; exit 3`, /ended with 3/],
    ["does not answer in time", "sleep 30", /did not answer within 0\.3 s/],
    ["is no program", undefined, /could not be run \(ENOENT\)/],
  ])("that %s is refused with the reason, and nothing that it printed is told", async (_, script, reason) => {
    const command = script === undefined ? join(folder, "nothing-here") : aVault(script);
    // Patient, so that a busy machine does not turn one reason into another.
    const store = openCommandKeyStore(command, script === "sleep 30" ? 300 : 30_000);
    for (const act of [
      async () => store.read("collector"),
      () => store.readLater("collector"),
      async () => store.write("collector", Buffer.from(SECRET)),
    ]) {
      const error = await act().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(String(error)).toMatch(reason);
      expect(String(error)).toContain("collector");
      expect(String(error)).not.toContain(SECRET);
    }
  });

  it("that prints what is no key is refused without repeating it", async () => {
    const command = aVault(`echo '{"v":1,"seal":"${SECRET}"'`);
    expect(() => openKeyFiles(openCommandKeyStore(command), SITES)).toThrow(/not a key file/);
    const error = await toKeyCommandReader(command)().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(KeysUnavailable);
    expect(String(error)).not.toContain(SECRET);
  });

  it("runs without a shell, with the words of the setting", () => {
    const store = openCommandKeyStore(`${aVault(`echo "$#:$1:$2:$3"`)} --path $(id)`);
    expect(text(store.read("backup"))?.trim()).toBe("4:--path:$(id):get");
  });

  it("gives the transform the keys it keeps", async () => {
    const vault = aVault();
    openKeyFiles(openCommandKeyStore(vault), SITES).addSalts(["acme"]);
    expect((await toKeyCommandReader(vault)()).salts.has("acme")).toBe(true);
  });
});

describe("openKeyReader()", () => {
  it("serves what it knows while a slow store is asked, then what that says", async () => {
    const answer = { bytes: Buffer.from("one"), asked: Promise.withResolvers<Uint8Array>() };
    const store: KeyStore = {
      freshMs: 0,
      place: () => "a test",
      mark: () => undefined,
      read: () => answer.bytes,
      readLater: () => answer.asked.promise,
      create: () => {},
      write: () => {},
      alone: (_, act) => act(),
    };
    const reader = openKeyReader(store, "collector", (bytes) => Buffer.from(bytes ?? []).toString());
    expect(reader.keys()).toBe("one");
    expect(reader.keys()).toBe("one");
    answer.asked.resolve(Buffer.from("two"));
    await answer.asked.promise;
    await new Promise(setImmediate);
    expect(reader.keys()).toBe("two");
    reader.take(Buffer.from("three"));
    expect(reader.keys()).toBe("three");
  });
});
