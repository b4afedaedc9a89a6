import { createHmac } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { NOTICE, toNotice, toSignature } from "../../../../api/webhook/notice.ts";
import { toOutcome } from "../../../../api/webhook/send.ts";
import { openWebhookTarget } from "../../../../api/webhook/target.ts";

const folder = mkdtempSync(join(tmpdir(), "roebuck-webhook-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const toFile = (name: string, text: string, mode = 0o600) => {
  const file = join(folder, name);
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
};
const good = toFile("good", `${"s".repeat(40)}\n`);
const open = (webhookUrl: string, webhookSecretFile = good) => openWebhookTarget({ webhookUrl, webhookSecretFile });

describe("openWebhookTarget()", () => {
  it.each(["https://crm.example/hook?x=1", "http://127.0.0.1:9000/hook", "http://localhost/", "http://[::1]:9000/"])(
    "takes %s",
    (url) => {
      expect(open(url)?.url.href).toBe(new URL(url).href);
      expect(open(url)?.secret()).toBe("s".repeat(40));
    },
  );

  it.each([
    "http://crm.example/",
    "http://10.0.0.1/",
    "ftp://crm.example/",
    "https://wren:pw@crm.example/",
    "crm.example",
    "http://127.0.0.1.example/",
  ])("refuses %s, without quoting it", (url) => {
    expect(() => open(url)).toThrow(/^Cannot use ROEBUCK_WEBHOOK_URL: it must be an https address/);
  });

  it("tells nobody where no address is set, whatever else is", () => {
    expect(open("", "/nowhere")).toBeUndefined();
  });

  it.each([
    ["none", "", "name a file"],
    ["one that is not there", join(folder, "absent"), "ENOENT"],
    ["a short one", toFile("short", "abc"), "at least 32 characters"],
    ["one that others can read", toFile("open", "s".repeat(40), 0o644), "chmod 600"],
  ])("refuses as a secret %s, and says what to do", (_, file, words) => {
    expect(() => open("https://crm.example/", file)).toThrow(words);
  });

  it("reads the secret anew each time, so that it can be changed", () => {
    const file = toFile("changed", "a".repeat(40));
    const target = open("https://crm.example/", file);
    writeFileSync(file, "b".repeat(40));
    expect(target?.secret()).toBe("b".repeat(40));
  });
});

describe("toNotice()", () => {
  it.each([
    [1, "record.closed"],
    [2, "record.restated"],
    [9, "record.restated"],
  ])("calls version %i %s, and tells ids and the version alone", (version, type) => {
    const notice = toNotice({ partner: "acme", month: "2026-10", version, closedMs: Date.UTC(2026, 10, 3) });
    expect(notice).toEqual({
      ...{ id: `acme:2026-10:${version}`, type, partner: "acme", month: "2026-10", version },
      closed_at: "2026-11-03T00:00:00.000Z",
    });
    expect(NOTICE.strict().safeParse(notice).success).toBe(true);
  });
});

describe("toSignature()", () => {
  it("is the HMAC of time and body, so that neither can be changed", () => {
    const wanted = createHmac("sha256", "secret").update('1700000000.{"a":1}').digest("hex");
    expect(toSignature("secret", 1_700_000_000, '{"a":1}')).toBe(`t=1700000000,v1=${wanted}`);
    expect(toSignature("secret", 1_700_000_001, '{"a":1}')).not.toContain(wanted);
    expect(toSignature("secret", 1_700_000_000, '{"a":2}')).not.toContain(wanted);
    expect(toSignature("other", 1_700_000_000, '{"a":1}')).not.toContain(wanted);
  });
});

describe("toOutcome()", () => {
  it.each([
    [200, "taken"],
    [204, "taken"],
    [301, "rejected"],
    [307, "rejected"],
    [400, "rejected"],
    [404, "rejected"],
    [408, "away"],
    [429, "away"],
    [500, "away"],
    [503, "away"],
  ])("takes %i for %s", (status, kind) => {
    expect(toOutcome(status).kind).toBe(kind);
  });
});
