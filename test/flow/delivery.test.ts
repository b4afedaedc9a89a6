import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runAudited } from "../../api/audited.ts";
import { parseArguments } from "../../api/command.ts";
import { importPartners } from "../../api/commands/partners-import.ts";
import { COMMANDS } from "../../api/commands.ts";
import { doDue } from "../../api/reporter.ts";
import { closeMonth } from "../../reporting/close.ts";
import type { Month } from "../../schemas/ids.ts";
import { anOfficedPartner, type DeliveryHouse, openDeliveryHouse } from "../fixtures/delivery-house.ts";

const OCTOBER = "2026-10" as Month; // a month that parseMonth would accept
const NEVER = new AbortController().signal;

let house: DeliveryHouse;
beforeEach(async () => {
  house = await openDeliveryHouse();
});
afterEach(() => house[Symbol.asyncDispose]());

const look = () => doDue(house.service, NEVER);
const takenBy = () => house.mail.taken.map(({ to }) => to).sort();
const close = (month = OCTOBER) => closeMonth(house.service, month);

/** Runs a command line as the control channel does. Answers what it said; the code last. */
async function give(...words: readonly string[]): Promise<string> {
  const command = COMMANDS.find(({ name }) => name === words[0]);
  if (command?.on !== "service") throw new Error(`${words[0]} is no command on the stores`);
  house.lines.length = 0;
  try {
    house.lines.push(
      String(await runAudited(command, house.service, parseArguments(command, words.slice(1)), house.io)),
    );
  } catch (error) {
    house.lines.push(String(error));
  }
  return house.lines.join("\n");
}

describe("records come by themselves", () => {
  it("on the third of the month each officer gets theirs, once", async () => {
    await look();
    expect(takenBy()).toEqual([]);
    house.at("2026-11-03T00:10:00Z");
    await look();
    expect(takenBy()).toEqual(["ann@acme.example", "bob@acme.example", "cat@brook.example"]);
    for (const time of ["2026-11-03T00:20:00Z", "2026-11-04T12:00:00Z", "2026-11-30T12:00:00Z"]) {
      house.at(time);
      await look();
    }
    await house.reopen();
    await look();
    expect(house.mail.taken).toHaveLength(3);
  });

  it("with the record attached, the chart within, the figures in words", async () => {
    house.at("2026-11-03T00:10:00Z");
    await look();
    const { email, raw } = house.mail.taken.find(({ to }) => to === "ann@acme.example") ?? fail();
    expect(email.subject).toBe("Record of Engagement for October 2026, Name of acme");
    expect(email.text).toContain("Dear Officer ann,");
    expect(email.text?.replace(/\s+/g, " ")).toContain(
      "In October 2026, 2 people from Name of acme were active, 2 visits were made",
    );
    expect(email.text).toContain("Sent by The Heron Trust to the Link Officers of Name of acme.");
    const [first, second] = email.attachments.toSorted((a, b) => a.mimeType.localeCompare(b.mimeType));
    expect(first).toMatchObject({ filename: "record-of-engagement-acme-2026-10-v1.pdf", disposition: "attachment" });
    expect(
      Buffer.from(first?.content as ArrayBuffer)
        .subarray(0, 8)
        .toString(),
    ).toBe("%PDF-1.7");
    expect(second === undefined || second.mimeType === "image/png").toBe(true);
    expect(email.headers.find(({ key }) => key === "list-id")?.value).toBe(
      "Records of Engagement <records-of-engagement.roebuck.example>",
    );
    expect(raw).toMatch(/^Message-ID:\s+<record\.2026-10\.v1\.[0-9a-f]{32}@roebuck\.example>\r$/m);
    expect(email.date).toBe("2026-11-03T00:10:00.000Z");
  });

  it("not of a month that was closed before it was over; once it is over, of the whole", async () => {
    house.at("2026-10-20T12:00:00Z");
    await close();
    await look();
    expect(await give("deliver", "2026-10")).toContain('Partner "acme": 2026-10 was closed before it was over.');
    expect(takenBy()).toEqual([]);
    house.at("2026-11-03T00:10:00Z");
    await look();
    expect(house.mail.taken.map(({ email }) => email.subject)).toEqual(
      ["acme", "acme", "brook"].map((id) => `Record of Engagement for October 2026, Name of ${id}`),
    );
  });

  it("not of what an operator closes ahead of the day, or for history's sake", async () => {
    house.at("2026-11-01T13:00:00Z");
    await close();
    await look();
    expect(takenBy()).toEqual([]);
    house.at("2026-11-03T00:10:00Z");
    await look();
    expect(house.mail.taken).toHaveLength(3);
    await close("2026-08" as Month); // a month that parseMonth would accept
    await look();
    expect(house.mail.taken).toHaveLength(3);
  });

  it("not of a month that was over when Roebuck first looked", async () => {
    const closed = await house.rows<{ month: string }>(
      "SELECT DISTINCT month FROM records WHERE month IN (SELECT subject FROM runs WHERE kind = 'scheduled close')",
    );
    expect(closed).toEqual([{ month: "2026-09" }]);
    await look();
    expect(takenBy()).toEqual([]);
  });

  it("again, once, with the reason, when a record is restated", async () => {
    house.at("2026-11-03T00:10:00Z");
    await look();
    house.mail.taken.length = 0;
    const at = "2026-10-09T10:00:00Z";
    await house.send({ sub: "u9", partner: "acme", at, received: at });
    await house.settle();
    house.at("2026-11-10T09:00:00Z");
    await close();
    await look();
    await look();
    expect(takenBy()).toEqual(["ann@acme.example", "bob@acme.example"]);
    const { email } = house.mail.taken[0] ?? fail();
    expect(email.subject).toBe("Updated: Record of Engagement for October 2026, Name of acme");
    expect(email.text?.replace(/\s+/g, " ")).toContain("This is version 2. It replaces the version that you have had");
    expect(email.text).toContain("Reason: late data.");
  });

  it("to who was taken on after the close, and to nobody who was taken off", async () => {
    house.at("2026-11-03T00:10:00Z");
    await look();
    house.mail.taken.length = 0;
    house.at("2026-11-12T09:00:00Z");
    await importPartners(house.service, [anOfficedPartner("acme", ["dan@acme.example"])]);
    await look();
    expect(takenBy()).toEqual(["dan@acme.example"]);
    house.at("2026-12-03T00:10:00Z");
    await look();
    expect(takenBy()).toEqual(["cat@brook.example", "dan@acme.example", "dan@acme.example"]);
  });
});

describe("mail that is not taken", () => {
  beforeEach(() => house.at("2026-11-03T00:10:00Z"));
  const outcomes = () =>
    house.rows<{ outcome: string; code: number; reason: string }>(
      "SELECT outcome, code, reason FROM deliveries WHERE outcome != 'begun' ORDER BY at, outcome",
    );

  it("is tried again with longer and longer waits, and the others have theirs at once", async () => {
    house.mail.answer = (stage, to) =>
      stage === "rcpt" && to === "ann@acme.example" ? { code: 451, words: "later" } : undefined;
    let tries = 0;
    for (const minute of [10, 20, 30, 40, 60, 80, 110, 160, 240, 320, 480, 640, 900, 1_000, 1_300, 1_400]) {
      house.at(new Date(Date.parse("2026-11-03T00:00:00Z") + minute * 60_000).toISOString());
      const before = (await outcomes()).length;
      await look();
      if (minute > 10 && (await outcomes()).length > before) tries += 1;
      if (minute === 10) expect(takenBy()).toEqual(["bob@acme.example", "cat@brook.example"]);
    }
    // after 10, 20, 40, 80, 160, 320 minutes, then every six hours: at 20, 40, 80, 160, 320, 640, 1,000 and 1,400
    expect(tries).toBe(8);
    house.mail.answer = () => undefined;
    house.at("2026-11-04T12:00:00Z");
    await look();
    expect(takenBy()).toEqual(["ann@acme.example", "bob@acme.example", "cat@brook.example"]);
  });

  it("is not tried again by itself once it was refused for good; an operator sees it, and a corrected address gets it", async () => {
    house.mail.answer = (stage, to) =>
      stage === "rcpt" && to === "ann@acme.example" ? { code: 550, words: "5.1.1 who is ann" } : undefined;
    await look();
    house.at("2026-11-05T00:10:00Z");
    await look();
    expect((await outcomes()).filter(({ outcome }) => outcome === "refused")).toEqual([
      { outcome: "refused", code: 550, reason: "the mail server refuses the recipient (550 5.1.1)" },
    ]);
    expect(await give("deliver", "2026-10", "--dry-run")).toMatch(
      /acme +1 +ann@acme\.example +pdf +refused: the mail server refuses the recipient \(550 5\.1\.1\)/,
    );
    await importPartners(house.service, [anOfficedPartner("acme", ["anne@acme.example", "bob@acme.example"])]);
    await look();
    expect(takenBy()).toEqual(["anne@acme.example", "bob@acme.example", "cat@brook.example"]);
  });

  it("waits while the server is away, with one note of it, and goes when it is back", async () => {
    await house.mail.stop();
    for (const hour of ["00", "01", "02", "03", "04"]) {
      house.at(`2026-11-03T${hour}:30:00Z`);
      await look();
    }
    const runs = await house.rows("SELECT outcome FROM runs WHERE kind = 'delivery'");
    expect(runs).toEqual([{ outcome: "failed" }]);
    await house.mail.start();
    house.at("2026-11-03T05:00:00Z");
    await look();
    expect(takenBy()).toEqual(["ann@acme.example", "bob@acme.example", "cat@brook.example"]);
  });

  it("names nobody in the log, the runs, the audit trail and the ledger", async () => {
    house.mail.answer = (stage) => (stage === "data" ? { code: 554, words: "no, ann@acme.example" } : undefined);
    await look();
    const told = JSON.stringify([
      house.logged,
      await house.rows("SELECT * FROM runs"),
      await house.rows("SELECT * FROM audit"),
      await house.rows("SELECT * FROM deliveries"),
    ]);
    expect(told).toContain("the mail server refuses the mail (554)");
    expect(told).not.toMatch(/ann|bob|cat@|@acme|@brook/);
  });

  it("of a Partner that wants a link, without a portal, is not sent as anything else", async () => {
    await importPartners(house.service, [anOfficedPartner("brook", ["cat@brook.example"], { delivery: "link" })]);
    await look();
    expect(takenBy()).toEqual(["ann@acme.example", "bob@acme.example"]);
    expect((await outcomes()).filter(({ outcome }) => outcome === "failed")).toMatchObject([
      { reason: "its Partner wants a link in place of the PDF, and ROEBUCK_PORTAL_URL names no portal" },
    ]);
  });
});

describe("a Partner that wants a link in place of the PDF", () => {
  it("gets no figure, chart or file by mail, only where to read them", async () => {
    await using other = await openDeliveryHouse({ ROEBUCK_PORTAL_URL: "https://records.example.org" });
    await importPartners(other.service, [anOfficedPartner("brook", ["cat@brook.example"], { delivery: "link" })]);
    other.at("2026-11-03T00:10:00Z");
    await doDue(other.service, NEVER);
    const { email } = other.mail.taken.find(({ to }) => to === "cat@brook.example") ?? fail();
    expect(email.attachments).toEqual([]);
    expect(email.text).toContain("Sign in: https://records.example.org");
    expect(email.html).toContain('href="https://records.example.org"');
    expect(email.text).not.toMatch(/people from|Active people|PDF/);
  });
});

describe("a month whose first rows may be gone when it is due", () => {
  it("is refused with the reason, tried again once a day and not every ten minutes, and holds up no night", async () => {
    await using other = await openDeliveryHouse({ ROEBUCK_RETENTION_DAYS: "20" });
    const lookAt = (time: string) => {
      other.at(`2026-11-${time}:00Z`);
      return doDue(other.service, NEVER);
    };
    expect(await lookAt("03T02:00")).toBe(true);
    for (const time of ["03T02:10", "03T12:00", "03T23:50"]) expect(await lookAt(time)).toBe(false);
    expect(await lookAt("04T02:00")).toBe(true);
    expect(await lookAt("04T02:10")).toBe(false);
    const refused = await other.rows<{ subject: string; reason: string; day: string }>(
      `SELECT subject, JSONExtractString(detail, 'reason') AS reason, toString(toDate(started_at)) AS day FROM runs
       WHERE kind = 'scheduled close' AND outcome = 'refused' AND subject = '2026-10' ORDER BY day`,
    );
    const reason = expect.stringContaining("its first rows are older than 20 days and may be purged");
    expect(refused).toEqual(["2026-11-03", "2026-11-04"].map((day) => ({ subject: "2026-10", reason, day })));
    const purges = await other.rows("SELECT 1 FROM runs WHERE kind = 'purge' AND started_at >= '2026-11-03'");
    expect(purges).toHaveLength(2);
    expect(other.mail.taken).toEqual([]);
  });
});

describe("roebuck deliver", () => {
  it("shows who would get what, sends it, and sends nothing twice", async () => {
    await close();
    expect(await give("deliver", "2026-10", "--dry-run")).toMatch(
      /acme +1 +ann@acme\.example +pdf +would be sent\n[\s\S]*Dry run: nothing was sent\.\n0$/,
    );
    expect(takenBy()).toEqual([]);
    expect(await give("deliver", "2026-10", "--partner", "brook")).toMatch(
      /brook +1 +cat@brook\.example +pdf +sent 2026-11-01 12:00\n1 sent, 0 refused, 0 failed, 0 left\.\n0$/,
    );
    expect(await give("deliver", "2026-10")).toContain("2 sent, 0 refused, 0 failed, 0 left.\n0");
    expect(await give("deliver", "2026-10")).toContain("0 sent, 0 refused, 0 failed, 0 left.\n0");
    expect(takenBy()).toEqual(["ann@acme.example", "bob@acme.example", "cat@brook.example"]);
  });

  it("tries what was refused again, ends with 1 if somebody is without, and says why", async () => {
    await close();
    house.mail.answer = (stage, to) =>
      stage === "rcpt" && to.startsWith("bob") ? { code: 550, words: "unknown" } : undefined;
    expect(await give("deliver", "2026-10")).toMatch(
      /bob@acme\.example +pdf +refused: [\s\S]*2 sent, 1 refused, 0 failed, 0 left\.\n1$/,
    );
    house.mail.answer = () => undefined;
    expect(await give("deliver", "2026-10")).toContain("1 sent, 0 refused, 0 failed, 0 left.\n0");
  });

  it.each([
    [["2026-13"], 'Cannot deliver "2026-13": a month is yyyy-mm'],
    [["2026-07"], "Cannot deliver 2026-07: no Partner has a record of it. Run: roebuck close 2026-07"],
  ])("refuses %s and says what to do", async (words, message) => {
    expect(await give("deliver", ...words)).toContain(message);
  });

  it("says of whom nobody is on file", async () => {
    await importPartners(house.service, [anOfficedPartner("brook", [])]);
    await close();
    expect(await give("deliver", "2026-10", "--dry-run")).toContain('Partner "brook": no Link Officer is on file.');
  });
});

describe("roebuck runs", () => {
  it("shows what ran, how long it took and how it ended", async () => {
    house.at("2026-11-03T00:10:00Z");
    await look();
    const text = await give("runs");
    expect(text).toMatch(/^Started \(UTC\) +Kind +About +Outcome +Took +Detail/);
    expect(text).toMatch(/2026-11-03 00:10:00 +scheduled close +2026-10 +done +\d+ ms +partners 2/);
    expect(text).toMatch(/2026-11-03 00:10:00 +delivery +2026-10 +done +\d+ ms +sent 3, refused 0, failed 0, left 0/);
    expect(await give("runs", "--kind", "delivery")).not.toContain("scheduled close");
    expect(await give("runs", "--since", "2026-11-04")).toContain("Nothing of that kind has run.");
    const [run] = JSON.parse((await give("runs", "--kind", "delivery", "--format", "json")).replace(/\n0$/, "")) as [
      object,
    ];
    expect(run).toMatchObject({ kind: "delivery", subject: "2026-10", detail: { sent: 3 } });
  });
});

function fail(): never {
  throw new Error("no mail was taken");
}
