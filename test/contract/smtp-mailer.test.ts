import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openSmtpMailer, type SmtpAccess } from "../../api/mail/smtp-mailer.ts";
import { MAIL_CERTIFICATE, type MailAnswer, type MailStage, openMailServer } from "../fixtures/mail-server.ts";
import { A_MAIL, describeMailerContract } from "./mailer-suite.ts";

const HEAD = { from: { name: "Records", address: "records@roebuck.example" }, replyTo: "help@roebuck.example" };
const CERTIFICATE = readFileSync(MAIL_CERTIFICATE, "utf8");
const PLAIN: Omit<SmtpAccess, "port"> = { host: "127.0.0.1", tls: "none", user: "", password: "", ca: "" };

describeMailerContract("SMTP, encrypted", async () => {
  const server = await openMailServer({ tls: "tls" });
  const mailer = openSmtpMailer({ ...PLAIN, tls: "tls", port: server.port, ca: CERTIFICATE }, HEAD);
  return {
    mailer,
    taken: async () => server.taken,
    async [Symbol.asyncDispose]() {
      await mailer[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
});

describe("SMTP: what is refused", () => {
  it.each<[string, MailStage, MailAnswer, object]>([
    [
      "a mailbox that is not there, for good",
      "rcpt",
      { code: 550, words: "5.1.1 <zoe@acme.example> unknown" },
      { name: "MailRefused", code: 550, reason: "the mail server refuses the recipient (550 5.1.1)" },
    ],
    [
      "a mail that is too large, for good",
      "data",
      { code: 552, words: "5.3.4 too big for zoe@acme.example" },
      { name: "MailRefused", code: 552, reason: "the mail server refuses the mail (552 5.3.4)" },
    ],
    [
      "a mailbox that is full, for now",
      "rcpt",
      { code: 452, words: "4.2.2 zoe@acme.example is full" },
      {
        name: "MailDelayed",
        isForAll: false,
        reason: "the mail server does not take mail for the recipient now (452)",
      },
    ],
    [
      "a mail, for now",
      "data",
      { code: 451, words: "4.3.0 later" },
      { name: "MailDelayed", isForAll: false, reason: "the mail server does not take the mail now (451)" },
    ],
    [
      "our sender: a matter of settings, so nobody's mail is given up",
      "mail",
      { code: 553, words: "not yours" },
      { name: "MailDelayed", isForAll: true, reason: "the mail server refuses the sender (553)" },
    ],
    ["a greeting", "connect", { code: 421, words: "busy" }, { name: "MailDelayed", isForAll: true, code: 421 }],
    ["by hanging up at the recipient", "rcpt", "hangUp", { name: "MailDelayed", isForAll: true }],
    ["by hanging up at the end", "data", "hangUp", { name: "MailDelayed", isForAll: true }],
  ])("%s", async (_, stage, answer, fault) => {
    await using server = await openMailServer();
    await using mailer = openSmtpMailer({ ...PLAIN, port: server.port }, HEAD);
    server.answer = (at) => (at === stage ? answer : undefined);
    const error: unknown = await mailer.send(A_MAIL).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject(fault);
    expect(JSON.stringify([error, String(error)])).not.toMatch(/zoe|acme|unknown|too big/);
    server.answer = () => undefined;
    await mailer.send(A_MAIL);
    expect(server.taken).toHaveLength(1);
  });

  it("nothing while the server is away, and goes on when it is back", async () => {
    await using server = await openMailServer();
    await using mailer = openSmtpMailer({ ...PLAIN, port: server.port }, HEAD);
    await server.stop();
    await expect(mailer.send(A_MAIL)).rejects.toMatchObject({ name: "MailDelayed", isForAll: true });
    await server.start();
    await mailer.send(A_MAIL);
    expect(server.taken).toHaveLength(1);
  });
});

describe("SMTP: what is said only in secret", () => {
  it("nothing to a server whose certificate nobody known has signed", async () => {
    await using server = await openMailServer({ tls: "tls" });
    await using mailer = openSmtpMailer({ ...PLAIN, tls: "tls", port: server.port }, HEAD);
    await expect(mailer.send(A_MAIL)).rejects.toMatchObject({ name: "MailDelayed", isForAll: true });
    expect(server.taken).toEqual([]);
  });

  it("the mail itself with starttls, and none at all if the server cannot", async () => {
    await using server = await openMailServer({ tls: "starttls" });
    await using mailer = openSmtpMailer({ ...PLAIN, tls: "starttls", port: server.port, ca: CERTIFICATE }, HEAD);
    await mailer.send(A_MAIL);
    expect(server.taken).toHaveLength(1);
    await using open = await openMailServer();
    await using strict = openSmtpMailer({ ...PLAIN, tls: "starttls", port: open.port, ca: CERTIFICATE }, HEAD);
    await expect(strict.send(A_MAIL)).rejects.toMatchObject({ name: "MailDelayed", isForAll: true });
    expect(open.taken).toEqual([]);
  });

  it("the password; a wrong one gives up nobody's mail", async () => {
    await using server = await openMailServer({ tls: "tls", account: { user: "roebuck", password: "right one" } });
    const access = { ...PLAIN, tls: "tls", port: server.port, ca: CERTIFICATE, user: "roebuck" } as const;
    await using wrong = openSmtpMailer({ ...access, password: "wrong one" }, HEAD);
    const error: unknown = await wrong.send(A_MAIL).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: "MailDelayed",
      isForAll: true,
      reason: "the mail server refuses the account or its password (535)",
    });
    expect(JSON.stringify([error, String(error)])).not.toContain("wrong one");
    await using right = openSmtpMailer({ ...access, password: "right one" }, HEAD);
    await right.send(A_MAIL);
    expect(server.taken).toHaveLength(1);
  });
});
