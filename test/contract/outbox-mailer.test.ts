import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import PostalMime from "postal-mime";
import { expect, it } from "vitest";
import { openOutboxMailer } from "../../api/mail/outbox-mailer.ts";
import { A_MAIL, describeMailerContract, type MailerUnderTest } from "./mailer-suite.ts";

const HEAD = { from: { name: "Records", address: "records@roebuck.example" }, replyTo: "help@roebuck.example" };

async function open(): Promise<MailerUnderTest & { readonly folder: string }> {
  const folder = join(mkdtempSync(join(tmpdir(), "roebuck-outbox-")), "outbox");
  const mailer = openOutboxMailer(folder, HEAD);
  return {
    folder,
    mailer,
    async taken() {
      const raws = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
      return Promise.all(raws.map(async (raw) => ({ raw, email: await PostalMime.parse(raw) })));
    },
    async [Symbol.asyncDispose]() {
      await mailer[Symbol.asyncDispose]();
      rmSync(join(folder, ".."), { recursive: true, force: true });
    },
  };
}

describeMailerContract("outbox", open);

it("the outbox is its owner's alone, and a repeat is one file", async () => {
  await using house = await open();
  await house.mailer.send(A_MAIL);
  await house.mailer.send(A_MAIL);
  expect(readdirSync(house.folder)).toEqual(["roebuck.2026-10.v1.0123456789abcdef.eml"]);
  expect(statSync(house.folder).mode & 0o777).toBe(0o700);
  expect(statSync(join(house.folder, "roebuck.2026-10.v1.0123456789abcdef.eml")).mode & 0o777).toBe(0o600);
});

it("no key leads out of the outbox", async () => {
  await using house = await open();
  await house.mailer.send({ ...A_MAIL, key: "../../escaped" });
  expect(readdirSync(house.folder)).toEqual(["__.._escaped.eml"]);
  expect(existsSync(join(house.folder, "..", "..", "escaped.eml"))).toBe(false);
});

it("an outbox that cannot be written delays the mail of everybody, and says so", async () => {
  await using house = await open();
  writeFileSync(house.folder, "in the way");
  chmodSync(house.folder, 0o600);
  await expect(house.mailer.send(A_MAIL)).rejects.toMatchObject({
    name: "MailDelayed",
    isForAll: true,
    message: expect.stringMatching(
      /^Cannot send a mail now: the outbox cannot be written \(E\w+\); it is safe to try again$/,
    ),
  });
});
