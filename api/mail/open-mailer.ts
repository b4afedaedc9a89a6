import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Mailer } from "../../schemas/ports.ts";
import type { Settings } from "../../schemas/settings.ts";
import { CommandError } from "../command-io.ts";
import type { LetterHead } from "./letter-head.ts";
import { parseMailAddress } from "./mail-address.ts";
import { openOutboxMailer } from "./outbox-mailer.ts";
import { openSmtpMailer } from "./smtp-mailer.ts";

/** The settings of mail. */
export type MailSettings = Pick<
  Settings,
  | "dataDir"
  | "outboxDir"
  | "smtpHost"
  | "smtpPort"
  | "smtpTls"
  | "smtpUser"
  | "smtpPasswordFile"
  | "smtpCaFile"
  | "mailFrom"
  | "mailReplyTo"
>;

/** Where mail lies that goes to no server. */
export function toOutboxFolder({ dataDir, outboxDir }: Pick<Settings, "dataDir" | "outboxDir">): string {
  return outboxDir === "" ? join(dataDir, "outbox") : outboxDir;
}

/**
 * The mailer that the settings name; nothing is sent yet. Throws CommandError with the setting, its value and what it
 * must be: a sender without an address, a password file that others can read.
 */
export function openMailer(settings: MailSettings): Mailer {
  const head = toLetterHead(settings);
  if (settings.smtpHost === "") return openOutboxMailer(toOutboxFolder(settings), head);
  if (head.from.address.endsWith("@localhost"))
    throw new CommandError(
      `Cannot send mail from "${settings.mailFrom}": ROEBUCK_MAIL_FROM must name an address of your own, such as "Records <records@example.org>", once ROEBUCK_SMTP_HOST names a server.`,
    );
  return openSmtpMailer(
    {
      host: settings.smtpHost,
      port: settings.smtpPort,
      // the catalogue allows these three
      tls: settings.smtpTls as "tls" | "starttls" | "none",
      user: settings.smtpUser,
      password: readPassword(settings),
      ca: settings.smtpCaFile === "" ? "" : readSetFile("ROEBUCK_SMTP_CA_FILE", settings.smtpCaFile),
    },
    head,
  );
}

function toLetterHead({ mailFrom, mailReplyTo }: MailSettings): LetterHead {
  const from = parseMailAddress(mailFrom);
  if (from === undefined)
    throw new CommandError(
      `Cannot use ROEBUCK_MAIL_FROM="${mailFrom}": it must be an address, or Name <address>, such as "Records <records@example.org>".`,
    );
  if (mailReplyTo !== "" && parseMailAddress(mailReplyTo) === undefined)
    throw new CommandError(
      `Cannot use ROEBUCK_MAIL_REPLY_TO="${mailReplyTo}": it must be an e-mail address, or empty.`,
    );
  return { from, replyTo: mailReplyTo };
}

function readPassword({ smtpUser, smtpPasswordFile, smtpTls }: MailSettings): string {
  if (smtpUser === "") return "";
  if (smtpPasswordFile === "")
    throw new CommandError(
      `Cannot sign in at the mail server as "${smtpUser}": ROEBUCK_SMTP_PASSWORD_FILE must name the file with the password.`,
    );
  if (smtpTls === "none")
    throw new CommandError(
      `Cannot sign in at the mail server with ROEBUCK_SMTP_TLS="none": the password would travel in the clear; use tls or starttls.`,
    );
  const password = readSetFile("ROEBUCK_SMTP_PASSWORD_FILE", smtpPasswordFile).trim();
  if ((statSync(smtpPasswordFile).mode & 0o077) !== 0)
    throw new CommandError(
      `Cannot use ROEBUCK_SMTP_PASSWORD_FILE="${smtpPasswordFile}": others can read it. Run: chmod 600 "${smtpPasswordFile}"`,
    );
  if (password === "")
    throw new CommandError(`Cannot use ROEBUCK_SMTP_PASSWORD_FILE="${smtpPasswordFile}": it is empty.`);
  return password;
}

function readSetFile(variable: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new CommandError(`Cannot use ${variable}="${file}": it must be a file that this account can read.`);
  }
}
