import { MailDelayed, MailRefused } from "../../schemas/ports.ts";

/** Replies that mean a refusal for good only if they are about the recipient or the mail itself. */
const REFUSED_AT = ["RCPT TO", "DATA"];
/** RFC 5321, 4.2.3: authentication, and services that are not to be had; about us, not about the mail. */
const ABOUT_US = [421, 454, 530, 534, 535, 538];

const REASONS: Readonly<Record<string, string>> = {
  ETIMEDOUT: "the mail server does not answer in time",
  EDNS: "the name of the mail server is not known",
  ETLS: "no encrypted connection to the mail server comes about",
  ESOCKET: "no connection to the mail server comes about, or it broke",
  ECONNECTION: "no connection to the mail server comes about, or it broke",
  EAUTH: "the mail server refuses the account or its password",
  EPROTOCOL: "the mail server does not keep to SMTP",
};

/**
 * What nodemailer threw, as one of ours. Only the codes are read: the server's words can quote addresses.
 *
 * A refusal for good is a 5xx about the recipient or the mail. One about the sender, the account or the connection is a
 * matter of settings, the same for everybody, and passes once they are right. Pure.
 */
export function toMailFault(error: unknown): MailRefused | MailDelayed {
  const facts = error instanceof Error ? (error as SmtpError) : {}; // nodemailer adds these to the errors it throws
  const code = typeof facts.responseCode === "number" ? facts.responseCode : 0;
  const command = facts.command ?? "";
  const isAboutMail = REFUSED_AT.some((name) => command.startsWith(name)) && !ABOUT_US.includes(code);
  if (isAboutMail && code >= 500) return new MailRefused({ reason: toRefusal(command, code, facts.response), code });
  if (isAboutMail && code >= 400) return new MailDelayed({ reason: toDelay(command, code), code, isForAll: false });
  if (code >= 400 && command.startsWith("MAIL FROM"))
    return new MailDelayed({ reason: `the mail server refuses the sender (${code})`, code, isForAll: true });
  if (facts.code === "EENVELOPE" || facts.code === "EMESSAGE")
    return new MailRefused({ reason: "the address or the mail cannot be sent by SMTP", code });
  const reason = REASONS[facts.code ?? ""] ?? "the mail cannot be handed over";
  return new MailDelayed({ reason: code === 0 ? reason : `${reason} (${code})`, code, isForAll: true });
}

interface SmtpError {
  readonly code?: string;
  readonly command?: string;
  readonly responseCode?: number;
  readonly response?: string;
}

function toRefusal(command: string, code: number, response = ""): string {
  // RFC 3463: class.subject.detail, digits only, so nothing of anybody can be in it
  const [enhanced = ""] = /\b5\.\d{1,3}\.\d{1,3}\b/.exec(response) ?? [];
  const codes = [code, enhanced].filter((part) => part !== "").join(" ");
  return command.startsWith("DATA")
    ? `the mail server refuses the mail (${codes})`
    : `the mail server refuses the recipient (${codes})`;
}

function toDelay(command: string, code: number): string {
  return command.startsWith("DATA")
    ? `the mail server does not take the mail now (${code})`
    : `the mail server does not take mail for the recipient now (${code})`;
}
