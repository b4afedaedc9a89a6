import { describe, expect, it } from "vitest";
import { toMailFault } from "../../../../api/mail/smtp-fault.ts";

/** As nodemailer throws it; what the server says quotes whom it is about. */
const fault = (facts: object) => {
  const quoting = "<ann@acme.example> of Acme, 5.7.1 by 192.0.2.7";
  return toMailFault(Object.assign(new Error(`Can't send: ${quoting}`), { response: quoting, ...facts }));
};
const SILENT = { response: "" };

describe("toMailFault()", () => {
  it.each<[string, object, string]>([
    [
      "at the recipient",
      { command: "RCPT TO", responseCode: 550 },
      "the mail server refuses the recipient (550 5.7.1)",
    ],
    [
      "without a code of more detail",
      { command: "RCPT TO", responseCode: 553, ...SILENT },
      "the mail server refuses the recipient (553)",
    ],
    ["at the mail", { command: "DATA", responseCode: 552 }, "the mail server refuses the mail (552 5.7.1)"],
    ["an address that SMTP cannot carry", { code: "EENVELOPE" }, "the address or the mail cannot be sent by SMTP"],
    ["a mail that cannot be read", { code: "EMESSAGE" }, "the address or the mail cannot be sent by SMTP"],
  ])("takes a refusal for good: %s", (_, facts, reason) => {
    expect(fault(facts)).toMatchObject({ name: "MailRefused", reason });
  });

  it.each<[string, object, string]>([
    [
      "at the recipient",
      { command: "RCPT TO", responseCode: 450 },
      "the mail server does not take mail for the recipient now (450)",
    ],
    ["at the mail", { command: "DATA", responseCode: 451 }, "the mail server does not take the mail now (451)"],
  ])("takes a refusal for now for this one's alone: %s", (_, facts, reason) => {
    expect(fault(facts)).toMatchObject({ name: "MailDelayed", isForAll: false, reason });
  });

  it.each<[string, object, string]>([
    ["our sender for good", { command: "MAIL FROM", responseCode: 553 }, "the mail server refuses the sender (553)"],
    ["our sender for now", { command: "MAIL FROM", responseCode: 451 }, "the mail server refuses the sender (451)"],
    ["no time", { code: "ETIMEDOUT", command: "CONN" }, "the mail server does not answer in time"],
    ["no such name", { code: "EDNS" }, "the name of the mail server is not known"],
    ["no encryption", { code: "ETLS" }, "no encrypted connection to the mail server comes about"],
    ["no connection", { code: "ESOCKET" }, "no connection to the mail server comes about, or it broke"],
    ["a connection that broke", { code: "ECONNECTION" }, "no connection to the mail server comes about, or it broke"],
    [
      "no account",
      { code: "EAUTH", command: "AUTH PLAIN", responseCode: 535 },
      "the mail server refuses the account or its password (535)",
    ],
    [
      "sign-in that is asked for at the recipient",
      { code: "EENVELOPE_", command: "RCPT TO", responseCode: 530 },
      "the mail cannot be handed over (530)",
    ],
    [
      "a server that is about to close, at the recipient",
      { command: "RCPT TO", responseCode: 421 },
      "the mail cannot be handed over (421)",
    ],
    ["something that does not speak SMTP", { code: "EPROTOCOL" }, "the mail server does not keep to SMTP"],
    ["what nobody has thought of", {}, "the mail cannot be handed over"],
  ])("takes everybody's mail for delayed: %s", (_, facts, reason) => {
    expect(fault(facts)).toMatchObject({ name: "MailDelayed", isForAll: true, reason });
  });

  it.each([undefined, null, "a text", 7, new Error("no codes")])("takes %s for a delay", (thrown) => {
    expect(toMailFault(thrown)).toMatchObject({ name: "MailDelayed", isForAll: true, code: 0 });
  });

  it("never says what the server said", () => {
    for (const command of ["RCPT TO", "DATA", "MAIL FROM", "AUTH PLAIN", ""])
      for (const responseCode of [0, 421, 450, 535, 550, 554]) {
        const one = fault({ command, responseCode });
        expect(JSON.stringify([one, one.message, one.stack])).not.toMatch(/ann@|Acme|192\.0/);
      }
  });
});
