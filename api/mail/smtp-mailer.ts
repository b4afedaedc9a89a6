import nodemailer from "nodemailer";
import type { Mailer } from "../../schemas/ports.ts";
import { type LetterHead, toLetter } from "./letter-head.ts";
import { toMailFault } from "./smtp-fault.ts";

/** How the mail server is reached. */
export interface SmtpAccess {
  readonly host: string;
  /** 0: the usual one for `tls`. */
  readonly port: number;
  readonly tls: "tls" | "starttls" | "none";
  /** Empty: no sign-in. */
  readonly user: string;
  readonly password: string;
  /** PEM of the authority behind the server's certificate; empty: the public ones. */
  readonly ca: string;
}

const PORTS = { tls: 465, starttls: 587, none: 25 } as const;
const CONNECT_MS_MAX = 15_000;
const SILENT_MS_MAX = 60_000;

/**
 * Hands mail to a mail server (RFC 5321), one connection a mail: a connection that is kept would take a mail that was
 * cut off up again by itself, and nobody could tell then how often it was handed over.
 *
 * With `starttls` nothing is said before the connection is encrypted; a server that cannot is not used.
 */
export function openSmtpMailer(access: SmtpAccess, head: LetterHead): Mailer {
  const { host, tls, user, password, ca } = access;
  const transport = nodemailer.createTransport({
    host,
    port: access.port === 0 ? PORTS[tls] : access.port,
    secure: tls === "tls",
    requireTLS: tls === "starttls",
    ignoreTLS: tls === "none",
    tls: { minVersion: "TLSv1.2", ...(ca === "" ? {} : { ca }) },
    ...(user === "" ? {} : { auth: { user, pass: password } }),
    connectionTimeout: CONNECT_MS_MAX,
    greetingTimeout: CONNECT_MS_MAX,
    socketTimeout: SILENT_MS_MAX,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    via: "smtp",
    async send(message) {
      try {
        await transport.sendMail(toLetter(message, head));
      } catch (error) {
        throw toMailFault(error);
      }
    },
    async [Symbol.asyncDispose]() {
      transport.close();
    },
  };
}
