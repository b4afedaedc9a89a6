import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ApiKey, mintApiKey } from "../../../../api/access/api-key.ts";
import { openApiKeyReader } from "../../../../api/access/api-keys.ts";
import { openGate } from "../../../../api/access/gate.ts";
import { openCommandKeyStore } from "../../../../api/keys/command-key-store.ts";
import { openFileKeyStore } from "../../../../api/keys/file-key-store.ts";
import type { KeyStore } from "../../../../api/keys/key-store.ts";
import { isRefusal } from "../../../../ingest/problem.ts";
import { toEpochMs } from "../../../../schemas/ids.ts";

const NOW_MS = 1_800_000_000_000;
const MINUTE_MS = 60_000;
const PREFIX = "192.0.2";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gate-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Secret stores as scripts, one that answers and one that can be broken. */
function aVault(): string {
  const path = join(folder, "vault");
  const script = `test -e "$0.broken" && exit 3; case $1 in get) cat "$0.$2" 2>/dev/null || true;; put) cat > "$0.$2";; esac`;
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o700 });
  return path;
}

const STORES: readonly [string, () => KeyStore][] = [
  ["files", () => openFileKeyStore(join(folder, "keys"))],
  ["a command", () => openCommandKeyStore(aVault())],
];

/** A gate on a clock of its own, with one good key and a way to change it. */
function aGate(store: KeyStore, settings: { ratePerKey?: number; ratePerAddress?: number } = {}) {
  const minted = mintApiKey();
  const scene = { nowMs: NOW_MS, noted: [] as string[], logged: [] as unknown[] };
  const say = (sentence: string, facts: unknown) => void scene.logged.push({ sentence, facts });
  const write = (changes: Partial<ApiKey> = {}) => {
    const kept = {
      id: minted.id,
      name: "CMS",
      roles: ["ingest"],
      partners: null,
      hash: minted.hash,
      createdMs: NOW_MS,
    };
    const keys = [{ ...kept, expiresMs: NOW_MS + 100 * MINUTE_MS, ...changes }];
    store.write("access", Buffer.from(JSON.stringify({ v: 1, keys })));
  };
  write();
  const gate = openGate({
    keys: openApiKeyReader(store, () => scene.nowMs),
    clock: { nowMs: () => toEpochMs(scene.nowMs) },
    settings: { ratePerKey: 600, ratePerAddress: 60_000, ...settings },
    logger: { info: say, warn: say, error: say },
    noteRefused: async (key, action, code) => void scene.noted.push(`${key} ${action} ${code}`),
  });
  const ask = async (key: string | undefined, prefix = PREFIX, action = "consents.tell" as const) => {
    const authorization = key === undefined ? undefined : `Bearer ${key}`;
    const outcome = await gate({ authorization, prefix }, action);
    return isRefusal(outcome) ? outcome.refused : outcome;
  };
  return { gate, ask, write, scene, minted };
}

describe.each(STORES)("a gate with keys in %s", (kind, open) => {
  it("lets a good key do what its role may, for the Partners that it is for", async () => {
    const { ask, write, minted, scene } = aGate(open());
    expect(await ask(minted.key)).toMatchObject({ id: minted.id, isLimited: false });
    write({ partners: ["acme"] });
    scene.nowMs += MINUTE_MS;
    const caller = await ask(minted.key);
    if (typeof caller === "string") throw new Error(caller);
    expect([caller.isLimited, caller.reaches("acme"), caller.reaches("brook"), caller.reaches("")]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it("knows within 60 seconds that a key was revoked elsewhere", async () => {
    const { ask, write, minted, scene } = aGate(open());
    expect(typeof (await ask(minted.key))).toBe("object");
    write({ revokedMs: NOW_MS });
    scene.nowMs += 60_000;
    expect(await ask(minted.key)).toBe("key_invalid");
    expect(scene.noted).toEqual([`${minted.id} consents.tell key_invalid`]);
  });

  it("knows it also while it is asked all the time", async () => {
    const { ask, write, minted, scene } = aGate(open());
    await ask(minted.key);
    write({ revokedMs: NOW_MS });
    let refused: unknown;
    for (let second = 0; second < 60 && refused !== "key_invalid"; second += 5) {
      scene.nowMs += 5_000;
      refused = await ask(minted.key);
      await new Promise((resolve) => setTimeout(resolve, kind === "files" ? 0 : 60)); // a question on its way is answered
    }
    expect(refused).toBe("key_invalid");
  });

  it("takes no key any more from the instant at which it expires", async () => {
    const { ask, write, minted, scene } = aGate(open());
    write({ expiresMs: NOW_MS + 5 });
    scene.nowMs += 4;
    expect(typeof (await ask(minted.key))).toBe("object");
    scene.nowMs += 1;
    expect(await ask(minted.key)).toBe("key_expired");
  });

  it("takes nobody's key where none was made", async () => {
    const store = open();
    const gate = openGate({
      keys: openApiKeyReader(store),
      clock: { nowMs: () => toEpochMs(NOW_MS) },
      settings: { ratePerKey: 600, ratePerAddress: 0 },
      logger: { info: () => {}, warn: () => {}, error: () => {} },
    });
    const authorization = `Bearer ${mintApiKey().key}`;
    expect(await gate({ authorization, prefix: PREFIX }, "consents.tell")).toEqual({ refused: "key_invalid" });
  });
});

describe("a gate", () => {
  const open = () => openFileKeyStore(join(folder, "keys"));

  it("asks for a key where there is none, and says nothing of what was sent in its place", async () => {
    const { ask, scene } = aGate(open());
    expect(await ask(undefined)).toBe("key_missing");
    expect(await ask("kestrel-user-7741")).toBe("key_invalid");
    expect(JSON.stringify(scene)).not.toContain("kestrel");
  });

  it("notes who did what the role does not allow", async () => {
    const { gate, minted, scene } = aGate(open());
    const credentials = { authorization: `Bearer ${minted.key}`, prefix: PREFIX };
    expect(await gate(credentials, "subject.erase")).toEqual({ refused: "role_forbidden" });
    expect(scene.noted).toEqual([`${minted.id} subject.erase role_forbidden`]);
  });

  it("tells a flood of wrong keys to wait, logs it once a minute, and lets the neighbour's good key in", async () => {
    const { ask, minted, scene } = aGate(open());
    const answers = await Promise.all(Array.from({ length: 500 }, () => ask(mintApiKey().key)));
    expect(answers.filter((answer) => answer === "key_invalid")).toHaveLength(30);
    expect(answers.filter((answer) => answer === "rate_limited")).toHaveLength(470);
    expect(typeof (await ask(minted.key))).toBe("object");
    expect(await ask(mintApiKey().key, "198.51.100")).toBe("key_invalid");
    expect(scene.logged).toHaveLength(1);
    expect(scene.noted).toEqual([]);
  });

  it("limits each key and each address prefix", async () => {
    const { ask, minted, scene } = aGate(open(), { ratePerKey: 2, ratePerAddress: 4 });
    expect(typeof (await ask(minted.key))).toBe("object");
    expect(typeof (await ask(minted.key, "198.51.100"))).toBe("object");
    expect(await ask(minted.key)).toBe("rate_limited");
    for (let turn = 0; turn < 2; turn += 1) expect(await ask(undefined)).toBe("key_missing");
    expect(await ask(undefined)).toBe("rate_limited");
    scene.nowMs += MINUTE_MS;
    expect(typeof (await ask(minted.key))).toBe("object");
  });

  it("notes a revoked key that keeps coming no more often than its limit", async () => {
    const { ask, write, minted, scene } = aGate(open(), { ratePerKey: 3 });
    write({ revokedMs: NOW_MS });
    for (let turn = 0; turn < 50; turn += 1) await ask(minted.key);
    expect(scene.noted).toHaveLength(3);
  });

  it("says come again while the key store does not answer, and goes on with what it knows for less than a minute", async () => {
    const vault = aVault();
    const { ask, minted, scene } = aGate(openCommandKeyStore(vault));
    await ask(minted.key);
    writeFileSync(`${vault}.broken`, "");
    scene.nowMs += 40_000;
    expect(typeof (await ask(minted.key))).toBe("object");
    scene.nowMs += 20_000;
    expect(await ask(minted.key)).toBe("keys_unavailable");
    rmSync(`${vault}.broken`);
    scene.nowMs += 6_000;
    expect(typeof (await ask(minted.key))).toBe("object");
  });

  it("refuses everyone while the file is damaged, and quotes nothing of it", async () => {
    const store = open();
    const { ask, minted, scene } = aGate(store);
    store.write("access", Buffer.from('{"v":1,"keys":[{"id":"kestrel"}]}'));
    scene.nowMs += MINUTE_MS;
    expect(await ask(minted.key)).toBe("keys_unavailable");
    expect(JSON.stringify(scene.logged)).not.toContain("kestrel");
  });
});
