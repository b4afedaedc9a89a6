import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, Installation, newEventId } from "../fixtures/roebuck-process.ts";

const PARTNERS = `id,name,group,seats,fee,currency,contract_start,contract_end,zone,officer_name,officer_email
acme,Acme,Charities,,,,2024-01-01,,UTC,,
brook,Brook,Charities,,,,2024-01-01,,UTC,,
`;
const roebuck = new Installation({ ROEBUCK_PEOPLE_MIN: "1", ROEBUCK_RATE_PER_PERSON: "0" });
const keyFile = (name: string) => join(roebuck.dataDir, "keys", `${name}.json`);
let printed = "";

async function run(...words: string[]): Promise<Answer> {
  const answer = await roebuck.run(...words);
  printed += answer.out + answer.err;
  return answer;
}
async function ask(...words: string[]): Promise<string> {
  const { code, out, err } = await run(...words);
  if (code !== 0) throw new Error(`roebuck ${words.join(" ")} ended with ${code}: ${err}${out}`);
  return out;
}
async function readAudit(
  action: string,
): Promise<{ subject: string; detail: Record<string, unknown>; actor: string }[]> {
  const sql = `SELECT subject, detail, actor FROM audit WHERE action = '${action}' ORDER BY at`;
  const lines = (await ask("sql", sql, "--format", "JSONEachRow")).trim().split("\n");
  return lines.map((line) => JSON.parse(line)).map((row) => ({ ...row, detail: JSON.parse(row.detail) }));
}
const readJson = (file: string) => JSON.parse(readFileSync(file, "utf8"));
const beacon = (token: string, count = 1) => ({
  v: 1,
  site: "www",
  token,
  sent_at: Date.now(),
  events: Array.from({ length: count }, () => ({
    id: newEventId(),
    type: "page_view",
    at: Date.now(),
    url: "https://www.example.org/guide",
    title: "Guide",
  })),
});
const mint = async (sub: string, partner = "acme") =>
  (await ask("token", "mint", "--site", "www", "--sub", sub, "--acct", "partner", "--ptn", partner)).trim();

beforeAll(async () => {
  await roebuck.start();
  writeFileSync(join(roebuck.folder, "partners.csv"), PARTNERS);
  await ask("partners", "import", "partners.csv");
});
afterAll(() => roebuck[Symbol.asyncDispose]());

describe("roebuck keys", () => {
  it("rotates a token key under load without one request refused, and revokes the old", async () => {
    const old = await mint("loaded");
    const load = { running: true, statuses: new Map<number, number>() };
    const senders = Array.from({ length: 4 }, async () => {
      while (load.running) {
        const { status } = await roebuck.send(beacon(old));
        load.statuses.set(status, (load.statuses.get(status) ?? 0) + 1);
      }
    });
    await ask("keys", "rotate", "token", "--site", "www", "--kid", "www-second", "-o", "second.json");
    const fresh = await mint("loaded");
    expect(fresh.split(".")[0]).not.toBe(old.split(".")[0]);
    for (let time = 0; time < 20; time += 1) expect((await roebuck.send(beacon(fresh))).status).toBe(202);
    load.running = false;
    await Promise.all(senders);
    expect([...load.statuses.keys()]).toEqual([202]);

    const kid = JSON.parse(Buffer.from(old.split(".")[0] ?? "", "base64url").toString()).kid;
    expect(await ask("keys", "revoke", kid)).toContain("is revoked");
    expect((await roebuck.send(beacon(old))).status).toBe(401);
    expect((await roebuck.send(beacon(fresh))).status).toBe(202);
    const list = await ask("keys", "list");
    expect(list).toMatch(new RegExp(`token ${kid} .* revoked`));
    expect(list).toMatch(/token www-second .* valid/);
  });

  it("gives a site a private key of which it keeps the public half alone", async () => {
    await ask("keys", "rotate", "token", "--site", "www", "--kid", "www-ed", "--alg", "EdDSA", "-o", "ed.json");
    const made = readJson(join(roebuck.folder, "ed.json"));
    expect(statSync(join(roebuck.folder, "ed.json")).mode & 0o777).toBe(0o600);
    const now = Math.floor(Date.now() / 1_000);
    const sign = (key: Parameters<SignJWT["sign"]>[0]) =>
      new SignJWT({ iss: "www", sub: "edgar", aud: "roebuck", iat: now, exp: now + 600, acct: "partner", ptn: "acme" })
        .setProtectedHeader({ alg: "EdDSA", typ: "beacon+jwt", kid: "www-ed" })
        .sign(key);
    expect((await roebuck.send(beacon(await sign(createPrivateKey(made.key))))).status).toBe(202);
    expect((await roebuck.send(beacon(await sign(generateKeyPairSync("ed25519").privateKey)))).status).toBe(401);
    expect(readFileSync(keyFile("collector"), "utf8")).not.toContain(made.key.split("\n")[1]);
  });

  it.each([
    [["keys", "rotate", "token", "--site", "shop", "-o", "x.json"], 1, /"shop": the sites are www/],
    [["keys", "rotate", "token", "--site", "www"], 2, /-o FILE is required/],
    [
      ["keys", "rotate", "token", "--site", "www", "--kid", "www-ed", "-o", "x.json"],
      1,
      /"www-ed": there is one of that id/,
    ],
    [["keys", "rotate", "seal"], 2, /pseudonym or token. The seal key never changes/],
    [["keys", "rotate", "pseudonym", "--from", "2024-01"], 1, /2024-01 has begun in UTC/],
    [["keys", "rotate", "pseudonym", "--from", "soon"], 1, /"soon": it must be a month/],
    [["keys", "revoke", "www-none"], 1, /"www-none": there is no token key/],
    [["keys", "destroy", "epoch", "9"], 1, /"epoch 9": there is no such key/],
    [["keys", "destroy", "salt", "acme"], 1, /two operators must confirm it and 0 are registered/],
    [["operators", "remove", "nobody"], 1, /"nobody": there is none of that name/],
    [["operators", "add", "No Name", "-o", "x.key"], 1, /must be 1 to 40 lower-case letters/],
  ])("%j ends with %i and says why", async (words, code, reason) => {
    const answer = await run(...words);
    expect(answer.code).toBe(code);
    expect(answer.err).toMatch(reason);
    expect(existsSync(join(roebuck.folder, words.at(-1) ?? ""))).toBe(false);
  });

  it("begins an epoch with the next month, in the store and in the journal", async () => {
    expect(await ask("keys", "rotate", "pseudonym")).toMatch(/Epoch 2 begins with \d{4}-\d\d in the zone/);
    expect(await ask("keys", "list")).toMatch(/epoch 2 .* to come +\d{4}-/);
  });
});

describe("roebuck keys destroy", () => {
  const destroy = (code: string, first: string, second: string) =>
    run("keys", "destroy", "salt", "acme", "--confirm", code, "--first-key", first, "--second-key", second);

  it("asks twice, and needs the keys of two different operators who were there before", async () => {
    await ask("operators", "add", "wren", "-o", "wren.key");
    await ask("operators", "add", "finch", "-o", "finch.key");
    expect(statSync(join(roebuck.folder, "wren.key")).mode & 0o777).toBe(0o600);
    expect(await ask("operators", "list")).toMatch(/finch[\s\S]*wren/);
    const asked = await ask("keys", "destroy", "salt", "acme");
    expect(asked).toMatch(/engagement +[1-9]/);
    expect(asked).toMatch(/Nobody can find, export, correct, restrict or erase/);
    const code = /--confirm (\S+)/.exec(asked)?.[1] ?? "";

    await ask("operators", "add", "jay", "-o", "jay.key");
    copyFileSync(join(roebuck.folder, "wren.key"), join(roebuck.folder, "wren-again.key"));
    writeFileSync(join(roebuck.folder, "guess.key"), "guess", { mode: 0o600 });
    writeFileSync(join(roebuck.folder, "open.key"), "guess", { mode: 0o644 });
    for (const [given, first, second, reason] of [
      [code, "wren.key", "wren-again.key", /both keys are of operator "wren"/],
      [code, "wren.key", "wren.key", /are one file/],
      [code, "wren.key", "guess.key", /has no operator's key/],
      [code, "wren.key", "jay.key", /"jay" was added after the code/],
      [code, "wren.key", "open.key", /chmod 600/],
      [code, "wren.key", "absent.key", /ENOENT/],
      ["0-0", "wren.key", "finch.key", /not of this key/],
    ] as const) {
      const { code: exit, err } = await destroy(given, first, second);
      expect([exit, err]).toEqual([1, expect.stringMatching(reason)]);
    }
    expect(Object.keys(readJson(keyFile("pseudonym")).salts)).toContain("acme");
    const secret = readJson(keyFile("pseudonym")).salts.acme;
    copyFileSync(keyFile("pseudonym"), join(roebuck.folder, "old-pseudonym.json"));

    const done = await destroy(code, "wren.key", "finch.key");
    expect([done.code, done.out]).toEqual([0, expect.stringContaining("confirmed by finch and wren")]);
    expect(readFileSync(keyFile("pseudonym"), "utf8")).not.toContain(secret);
    expect(await ask("keys", "list")).toMatch(/salt acme .* destroyed/);
    expect((await destroy(code, "wren.key", "finch.key")).err).toMatch(/destroyed already/);
  });

  it("leaves nobody to find: rights of that Partner are refused with the reason", async () => {
    await ask("instruction", "set", "acme", "--scope", "rights", "--reference", "letter 7");
    const { code, err } = await run("subject", "lookup", "--sub", "loaded", "--acct", "partner", "--partner", "acme");
    expect([code, err]).toEqual([1, expect.stringMatching(/salt is not in the key file.*destroyed/)]);
  });

  it("is not undone by an old copy of the key file, nor by the CRM's next import", async () => {
    const before = await ask("sql", "SELECT count() FROM engagement WHERE partner = 'acme'", "--format", "CSV");
    await roebuck.end();
    copyFileSync(join(roebuck.folder, "old-pseudonym.json"), keyFile("pseudonym"));
    await roebuck.start();
    expect((await run("partners", "import", "partners.csv")).err).toMatch(/"acme": its salt was destroyed/);
    expect(Object.keys(readJson(keyFile("pseudonym")).salts)).toEqual(["", "brook"]);
    expect((await roebuck.send(beacon(await mint("loaded")))).status).toBe(202);
    expect((await roebuck.send(beacon(await mint("others", "brook")))).status).toBe(202);
    await ask("close", new Date().toISOString().slice(0, 7));
    expect(await ask("sql", "SELECT count() FROM engagement WHERE partner = 'acme'", "--format", "CSV")).toBe(before);
    expect(await ask("sql", "SELECT count() FROM engagement WHERE partner = 'brook'", "--format", "CSV")).toMatch(/1/);
    expect((await readAudit("keys.destroy")).at(-1)).toMatchObject({ actor: "roebuck", subject: "salt acme" });
  });

  it("notes every act on keys and operators in the audit trail", async () => {
    const steps = (await readAudit("keys.destroy")).filter(({ subject }) => subject === "salt acme");
    expect(steps.map(({ detail }) => detail.step ?? "again")).toEqual(
      expect.arrayContaining(["asked", "refused", "confirmed", "again"]),
    );
    expect(steps.find(({ detail }) => detail.step === "confirmed")?.detail).toMatchObject({
      first: "finch",
      second: "wren",
    });
    expect(steps.filter(({ detail }) => detail.step === "refused").map(({ detail }) => detail.reason)).toEqual([
      "operator_same",
      "operator_unknown",
      "operator_new",
      "code_wrong",
    ]);
    expect((await readAudit("keys.rotate")).map(({ subject }) => subject)).toEqual(
      expect.arrayContaining(["token www-second", "token www-ed", "pseudonym"]),
    );
    expect((await readAudit("keys.revoke")).length).toBe(1);
    expect((await readAudit("keys.list")).length).toBeGreaterThan(0);
    expect((await readAudit("operators.add")).map(({ subject }) => subject)).toEqual(
      expect.arrayContaining(["wren", "finch", "jay"]),
    );
  });
});

describe("wrong keys", () => {
  it.each([
    [
      "another seal key",
      "collector",
      (file: Record<string, unknown>) => ({ ...file, seal: "s".repeat(43) }),
      /seal key is another/,
    ],
    [
      "another root",
      "pseudonym",
      (file: { epochs: object[] }) => ({
        ...file,
        epochs: file.epochs.map((one) => ({ ...one, root: "r".repeat(43) })),
      }),
      /"epoch 1" is another/,
    ],
    [
      "an epoch missing",
      "pseudonym",
      (file: { epochs: object[] }) => ({ ...file, epochs: file.epochs.slice(0, 1) }),
      /"epoch 2" .* is missing/,
    ],
    [
      "a salt missing",
      "pseudonym",
      (file: object) => ({ ...file, salts: {} }),
      /salt of .* is missing and was not destroyed/,
    ],
  ] as const)("refuse the start with the reason: %s", async (_, name, change, reason) => {
    await roebuck.end();
    const good = readFileSync(keyFile(name));
    writeFileSync(keyFile(name), JSON.stringify(change(JSON.parse(good.toString()))), { mode: 0o600 });
    const { code, err } = await run("check");
    writeFileSync(keyFile(name), good, { mode: 0o600 });
    expect([code, err]).toEqual([1, expect.stringMatching(reason)]);
    expect(err).toMatch(/Put back the keys that belong to this journal/);
  });
});

describe("secrets", () => {
  it("are in no word that a command printed or the service logged", async () => {
    const { seal, tokens } = readJson(keyFile("collector"));
    const { epochs, salts } = readJson(join(roebuck.folder, "old-pseudonym.json"));
    const { codes, operators } = readJson(keyFile("operators"));
    const secrets: string[] = [
      seal,
      ...tokens.map(({ key }: { key: string }) => key),
      ...epochs.map(({ root }: { root: string }) => root),
      ...Object.values<string>(salts),
      codes,
      ...operators.map(({ hash }: { hash: string }) => hash),
      ...["wren", "finch", "jay"].map((name) => readFileSync(join(roebuck.folder, `${name}.key`), "utf8").trim()),
      readJson(join(roebuck.folder, "ed.json")).key.split("\n")[1],
    ];
    expect(secrets.length).toBeGreaterThan(12);
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(42);
      expect(printed.includes(secret)).toBe(false);
      expect(roebuck.logged.includes(secret)).toBe(false);
    }
  });
});

describe("keys behind a command", () => {
  it("serve a whole installation, whose revocation other processes see", async () => {
    await using house = new Installation({ ROEBUCK_PEOPLE_MIN: "1" });
    mkdirSync(join(house.folder, "vault"), { mode: 0o700 });
    const script = join(house.folder, "vault.sh");
    writeFileSync(
      script,
      `#!/bin/sh\ncd "$(dirname "$0")/vault"\ncase $1 in get) cat "$2" 2>/dev/null || true;; put) cat > "$2";; esac\n`,
      {
        mode: 0o700,
      },
    );
    house.environment.ROEBUCK_KEYS_COMMAND = script;
    await house.start();
    writeFileSync(join(house.folder, "partners.csv"), PARTNERS);
    await house.ask("partners", "import", "partners.csv");
    const token = (
      await house.ask("token", "mint", "--site", "www", "--sub", "a", "--acct", "partner", "--ptn", "acme")
    ).trim();
    expect((await house.send(beacon(token))).status).toBe(202);
    expect(await house.ask("check")).toMatch(/ROEBUCK_KEYS_COMMAND/);
    expect(await house.ask("keys", "list")).toMatch(/salt acme/);
    expect(existsSync(join(house.dataDir, "keys"))).toBe(false);
    const kid = JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()).kid;
    await house.ask("keys", "revoke", kid);
    expect((await house.send(beacon(token))).status).toBe(401);
  });
});
