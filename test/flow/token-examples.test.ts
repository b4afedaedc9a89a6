import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { toSubjectRef } from "../../ingest/seal.ts";
import { createTokenReader } from "../../ingest/token.ts";
import { toEpochMs } from "../../schemas/ids.ts";
import type { CollectorKeys } from "../../schemas/keyring.ts";
import { SEAL_KEY } from "../fixtures/collector.ts";

const KEY = randomBytes(32);
const KEYS: CollectorKeys = {
  sealKey: SEAL_KEY,
  tokenKeys: new Map([["k1", { kid: "k1", site: "www", alg: "HS256", key: KEY }]]),
};
const reader = createTokenReader(() => KEYS);
const nowMs = () => toEpochMs(Date.now());

describe.each([
  ["PHP", "php", "mint.php"],
  ["Python", "python3", "mint.py"],
  ["Node", process.execPath, "mint.mjs"],
])("the example of minting a token in %s", (language, program, file) => {
  const isHere = spawnSync(program, ["--version"]).status === 0;
  if (!isHere) console.log(`${language} is not on this machine: its example of minting a token was not run.`);
  const example = fileURLToPath(new URL(`../../ingest/token-examples/${file}`, import.meta.url));
  const mint = (person: object, path = example) =>
    spawnSync(program, [path, JSON.stringify(person)], {
      env: { PATH: process.env.PATH, BEACON_SITE: "www", BEACON_KID: "k1", BEACON_KEY: KEY.toString("base64url") },
      encoding: "utf8",
    }).stdout.trim();

  it.skipIf(!isHere).each([
    [{ sub: "u-17", acct: "partner", ptn: "acme", dept: "Früh/Hilfe", consent: { behaviour: true } }, "acme"],
    [{ sub: "zoë+1@x", acct: "subscriber" }, ""],
    [{ sub: "7", acct: "public", consent: { behaviour: false, feedback: true } }, ""],
  ] as const)("makes what the collector takes of %j", async (person, ptn) => {
    const outcome = await reader.verify(mint(person), "www", nowMs());
    const ref = toSubjectRef(SEAL_KEY, person.acct, ptn, person.sub);
    expect(outcome).toMatchObject({ site: "www", person: { acct: person.acct, ptn, ref } });
    if ("consent" in person) expect(outcome).toMatchObject({ person: { consent: person.consent } });
  });

  it.skipIf(!isHere)(
    "takes a person as a database holds one: an id that counts, nothing for what is not known",
    async () => {
      const person = { sub: 4711, acct: "subscriber", ptn: null, dept: null, consent: {} };
      expect(await reader.verify(mint(person), "www", nowMs())).toMatchObject({
        person: { ref: toSubjectRef(SEAL_KEY, "subscriber", "", "4711"), consent: {} },
      });
      expect(await reader.verify(mint({ ...person, sub: null }), "www", nowMs())).toBe("token_invalid");
    },
  );

  it.skipIf(!isHere)("can be started by another name that leads to it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "roebuck-mint-"));
    try {
      symlinkSync(example, join(folder, file));
      const token = mint({ sub: "u", acct: "subscriber" }, join(folder, file));
      expect(await reader.verify(token, "www", nowMs())).toMatchObject({ site: "www" });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.skipIf(!isHere)("lets the person set nothing that is the site's to say", async () => {
    const token = mint({ sub: "u", acct: "subscriber", iss: "shop", aud: "other", exp: 4_000_000_000 });
    expect(await reader.verify(token, "www", nowMs())).toMatchObject({ site: "www" });
    expect(await reader.verify(token, "shop", nowMs())).toBe("token_invalid");
    expect(await reader.verify(token, "www", toEpochMs(Date.now() + 3_700_000))).toBe("token_expired");
  });
});

it("the example of minting a token in Node is taken into a site that is started as `node site`, without its ending", () => {
  const folder = mkdtempSync(join(tmpdir(), "roebuck-mint-"));
  try {
    const example = new URL("../../ingest/token-examples/mint.mjs", import.meta.url).href;
    writeFileSync(
      join(folder, "site.js"),
      `import("${example}").then(({ mintToken }) => console.log(mintToken("www", "k1", "", { sub: "u", acct: "public" })));`,
    );
    const { stdout, stderr } = spawnSync(process.execPath, [join(folder, "site")], { encoding: "utf8" });
    expect([stdout.split(".").length, stderr]).toEqual([3, ""]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
