import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parseMailAddress } from "../../../../api/mail/mail-address.ts";
import { openMailer, toOutboxFolder } from "../../../../api/mail/open-mailer.ts";
import { someSettings } from "../../../fixtures/some-settings.ts";

const folder = mkdtempSync(join(tmpdir(), "roebuck-mailer-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string, mode: number) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
};
const SERVER = {
  ROEBUCK_SMTP_HOST: "smtp.example.org",
  ROEBUCK_MAIL_FROM: "Records <records@example.org>",
};

describe("openMailer()", () => {
  it("writes to the outbox in the data folder where nothing is set", async () => {
    const settings = someSettings({ ROEBUCK_DATA_DIR: folder });
    await using mailer = openMailer(settings);
    expect(mailer.via).toBe("outbox");
    expect(toOutboxFolder(settings)).toBe(join(folder, "outbox"));
  });

  it("hands mail to the server that is named", async () => {
    const password = file("right", "secret\n", 0o600);
    await using mailer = openMailer(
      someSettings({ ...SERVER, ROEBUCK_SMTP_USER: "roebuck", ROEBUCK_SMTP_PASSWORD_FILE: password }),
    );
    expect(mailer.via).toBe("smtp");
  });

  it.each([
    ["a sender of this machine", { ROEBUCK_MAIL_FROM: "" }, "ROEBUCK_MAIL_FROM must name an address of your own"],
    [
      "a sender without an address",
      { ROEBUCK_MAIL_FROM: "Records" },
      'ROEBUCK_MAIL_FROM="Records": it must be an address',
    ],
    [
      "answers to no address",
      { ROEBUCK_MAIL_REPLY_TO: "us" },
      'ROEBUCK_MAIL_REPLY_TO="us": it must be an e-mail address',
    ],
    [
      "an account without a password",
      { ROEBUCK_SMTP_USER: "roebuck" },
      "ROEBUCK_SMTP_PASSWORD_FILE must name the file",
    ],
    [
      "a password in the clear",
      { ROEBUCK_SMTP_USER: "roebuck", ROEBUCK_SMTP_PASSWORD_FILE: file("clear", "x", 0o600), ROEBUCK_SMTP_TLS: "none" },
      "the password would travel in the clear",
    ],
    [
      "a password that others can read",
      { ROEBUCK_SMTP_USER: "roebuck", ROEBUCK_SMTP_PASSWORD_FILE: file("open", "x", 0o644) },
      "others can read it. Run: chmod 600",
    ],
    [
      "a password file that is not there",
      { ROEBUCK_SMTP_USER: "roebuck", ROEBUCK_SMTP_PASSWORD_FILE: join(folder, "none") },
      "it must be a file that this account can read",
    ],
    [
      "an empty password",
      { ROEBUCK_SMTP_USER: "roebuck", ROEBUCK_SMTP_PASSWORD_FILE: file("empty", "\n", 0o600) },
      "it is empty",
    ],
    ["an authority that is not there", { ROEBUCK_SMTP_CA_FILE: join(folder, "none") }, "ROEBUCK_SMTP_CA_FILE="],
  ])("refuses %s and says what to do", (_, environment, words) => {
    expect(() => openMailer(someSettings({ ...SERVER, ...environment }))).toThrow(words);
  });
});

describe("parseMailAddress()", () => {
  it.each([
    ["records@example.org", { name: "", address: "records@example.org" }],
    [
      " Records of Engagement <records@example.org> ",
      { name: "Records of Engagement", address: "records@example.org" },
    ],
    ['"Records, monthly" <records@example.org>', { name: "Records, monthly", address: "records@example.org" }],
    ["<records@example.org>", { name: "", address: "records@example.org" }],
    ["roebuck@localhost", { name: "", address: "roebuck@localhost" }],
    ["Records", undefined],
    ["a@b, c@d", undefined],
    ["Records <a@b> <c@d>", undefined],
    ["Records\r\nBcc: x <records@example.org>", undefined],
    ["", undefined],
  ])("reads %j", (text, address) => {
    expect(parseMailAddress(text)).toEqual(address);
  });
});
