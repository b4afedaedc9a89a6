import { describe, expect, it } from "vitest";
import { toEpochMs } from "../../schemas/ids.ts";
import type { Mailer, MailMessage } from "../../schemas/ports.ts";
import type { TakenMail } from "../fixtures/mail-server.ts";

/** A mailer with the place where its mail comes out. */
export interface MailerUnderTest extends AsyncDisposable {
  readonly mailer: Mailer;
  /** What was taken so far, in any order. */
  taken(): Promise<readonly Pick<TakenMail, "raw" | "email">[]>;
}

const PNG = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 255, 13, 10, 46, 13, 10]);

/** A mail with everything in it that a mail may have. */
export const A_MAIL: MailMessage = {
  to: { name: "Zoë O’Brien, Link Officer", address: "zoe@acme.example" },
  subject: "Record of Engagement: Größe & Söhne, October 2026 – version 1",
  text: "Dear Zoë\n\nA line that is longer than any line of a mail may be: ".concat(
    "word ".repeat(250),
    "\n.\n..\nend",
  ),
  html: '<p>Dear Zoë</p><img src="cid:chart" alt="A chart">',
  parts: [
    { name: "chart.png", mediaType: "image/png", bytes: PNG, contentId: "chart" },
    { name: "record-acme-2026-10-v1.pdf", mediaType: "application/pdf", bytes: new Uint8Array(70_000).fill(10) },
  ],
  key: "roebuck.2026-10.v1.0123456789abcdef",
  atMs: toEpochMs(Date.parse("2026-11-03T06:10:00Z")),
  list: "Records of Engagement",
};

/** What every mailer must do, whatever stands behind it. Its mail comes from `Records <records@roebuck.example>`. */
export function describeMailerContract(name: string, open: () => Promise<MailerUnderTest>): void {
  describe(`${name}: a mailer`, () => {
    it("hands over a mail whole: who, what, pictures and files, to the byte", async () => {
      await using house = await open();
      await house.mailer.send(A_MAIL);
      const [{ email, raw } = fail(), ...others] = await house.taken();
      expect(others).toEqual([]);
      expect(email.from).toMatchObject({ name: "Records", address: "records@roebuck.example" });
      expect(email.replyTo).toMatchObject([{ address: "help@roebuck.example" }]);
      expect(email.to).toMatchObject([A_MAIL.to]);
      expect(email.subject).toBe(A_MAIL.subject);
      expect(email.text?.trim()).toBe(A_MAIL.text);
      expect(email.html).toContain('alt="A chart"');
      expect(email.date).toBe("2026-11-03T06:10:00.000Z");
      const parts = email.attachments.map(({ filename, mimeType, disposition, content }) => [
        filename,
        mimeType,
        disposition,
        Buffer.from(content as ArrayBuffer).toString("hex"),
      ]);
      expect(parts).toEqual(
        A_MAIL.parts?.map(({ name, mediaType, bytes, contentId }) => [
          name,
          mediaType,
          contentId === undefined ? "attachment" : "inline",
          Buffer.from(bytes).toString("hex"),
        ]),
      );
      expect(Math.max(...raw.split("\r\n").map((line) => Buffer.byteLength(line)))).toBeLessThanOrEqual(998); // RFC 5322, 2.1.1
    });

    it("gives the text before the HTML, so that who reads plain text has it all", async () => {
      await using house = await open();
      await house.mailer.send(A_MAIL);
      const [{ raw } = fail()] = await house.taken();
      expect(raw.indexOf("text/plain")).toBeGreaterThan(0);
      expect(raw.indexOf("text/plain")).toBeLessThan(raw.indexOf("text/html"));
    });

    it("gives a repeat the same Message-ID, and each mail without a key one of its own", async () => {
      await using house = await open();
      await house.mailer.send(A_MAIL);
      await house.mailer.send(A_MAIL);
      const [first = fail(), second = first] = await house.taken();
      expect(first.email.messageId).toBe("<roebuck.2026-10.v1.0123456789abcdef@roebuck.example>");
      expect(second.email.messageId).toBe(first.email.messageId);
      const { key: _, ...keyless } = A_MAIL;
      await house.mailer.send(keyless);
      await house.mailer.send(keyless);
      expect(new Set((await house.taken()).map(({ email }) => email.messageId)).size).toBe(3);
    });

    it("names the list and says that a machine wrote it, where one did; not otherwise", async () => {
      await using house = await open();
      await house.mailer.send(A_MAIL);
      await house.mailer.send({ to: A_MAIL.to, subject: "Sign in", text: "Here." });
      const heads = (await house.taken()).map(
        ({ email }) => new Map(email.headers.map(({ key, value }) => [key, value])),
      );
      const listed = heads.find((head) => head.has("list-id")) ?? fail();
      expect(listed.get("list-id")).toBe("Records of Engagement <records-of-engagement.roebuck.example>");
      expect(listed.get("auto-submitted")).toBe("auto-generated");
      expect(heads.filter((head) => head.has("auto-submitted"))).toHaveLength(1);
    });

    it.each([
      ["a subject", { subject: "Records\r\nBcc: spy@evil.example" }],
      ["a name", { to: { name: "Zoë\r\nBcc: spy@evil.example", address: "zoe@acme.example" } }],
      ["a file's name", { parts: [{ name: "a\r\nBcc: spy@evil.example", mediaType: "text/plain", bytes: PNG }] }],
    ])("lets no line of %s become a header", async (_, changed) => {
      await using house = await open();
      await house.mailer.send({ ...A_MAIL, ...changed });
      const [{ email } = fail()] = await house.taken();
      expect(email.headers.some(({ key }) => key === "bcc")).toBe(false);
      expect(email.to).toHaveLength(1);
    });

    it("reads nothing from a path or an address that a mail names", async () => {
      await using house = await open();
      await house.mailer.send({ ...A_MAIL, html: '<img src="file:///etc/hostname"><p>end</p>' });
      const [{ email } = fail()] = await house.taken();
      expect(email.html).toContain("file:///etc/hostname");
      expect(email.attachments).toHaveLength(2);
    });
  });
}

function fail(): never {
  throw new Error("no mail was taken");
}
