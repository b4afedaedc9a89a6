import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runAudited } from "../../api/audited.ts";
import { parseArguments } from "../../api/command.ts";
import { COMMANDS } from "../../api/commands.ts";
import { RightsRefused } from "../../api/rights/refusal.ts";
import { readRequest } from "../../api/rights/requests.ts";
import { openRightsHouse, type RightsHouse } from "../fixtures/rights-house.ts";

let house: RightsHouse;
beforeAll(async () => {
  house = await openRightsHouse();
  await house.send(
    { sub: "kestrel", at: "2026-11-20T11:00:00Z" },
    { sub: "kestrel", partner: "brook", at: "2026-11-20T11:00:00Z" },
  );
  await house.settle();
  await house.hurry();
});
afterAll(() => house[Symbol.asyncDispose]());

/** Gives a command as an operator does; answers what it printed. */
async function give(...words: readonly string[]): Promise<string> {
  const command = COMMANDS.find(({ name }) => name === words.slice(0, 2).join(" "));
  if (command?.on !== "service") throw new Error(`${words.join(" ")} is no command on the stores`);
  const before = house.lines.length;
  const args = parseArguments(command, words.slice(2));
  await runAudited(command, house.service, args, house.io);
  return house.lines.slice(before).join("\n");
}
const open = async (kind: string, ...more: readonly string[]) => {
  const said = await give("requests", "open", kind, "--partner", "acme", ...more);
  const [, id = "", due = ""] = /^(R-\d{4}-\w{6}) is open and due on (\S+)\.$/.exec(said) ?? [];
  return { id, due };
};
const read = (id: string) => readRequest(house.service, id);
const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());

describe("the clock of a request", () => {
  it("runs for a month from the receipt, and is overdue after it; such requests are listed first", async () => {
    const late = await open("access", "--received", "2026-10-15");
    const early = await open("erasure", "--verbal");
    expect([late.due, early.due]).toEqual(["2026-11-15", "2026-12-20"]);
    const list = (await give("requests", "list")).split("\n");
    expect(list[2]).toMatch(
      new RegExp(`^${late.id} +access +acme +OVERDUE +2026-10-15 +2026-11-15 +in writing +wren$`),
    );
    expect(list[3]).toMatch(new RegExp(`^${early.id} +erasure +acme +open .* verbally +wren$`));
    house.at("2026-12-20T23:59:59Z");
    expect(await give("requests", "list")).toMatch(new RegExp(`${early.id} +erasure +acme +open`));
    house.at("2026-12-21T00:00:00Z");
    expect(await give("requests", "list")).toMatch(new RegExp(`${early.id} +erasure +acme +OVERDUE`));
    for (const { id } of [late, early]) await give("requests", "close", id, "--reason", "answered by letter");
    expect(await give("requests", "list")).toBe("No request is open.");
  });

  it("stands still while the person must say something, and goes on by the days that it stood", async () => {
    house.at("2026-11-20T12:00:00Z");
    const { id } = await open("access");
    house.at("2026-11-25T09:00:00Z");
    expect(await give("requests", "stop", id, "--reason", "who are they")).toContain("is stopped");
    // A stopped clock is never overdue.
    house.at("2027-02-01T09:00:00Z");
    expect(await give("requests", "list")).toMatch(new RegExp(`${id} +access +acme +stopped`));
    house.at("2026-12-05T09:00:00Z");
    expect(await give("requests", "resume", id)).toBe(`${id} is open; due on 2026-12-30.`);
    expect(await read(id)).toMatchObject({ state: "open", note: "stopped: who are they" });
    await expect(give("requests", "resume", id)).rejects.toThrow("its clock is running");
  });

  it("is extended by two months, once, while there is time", async () => {
    house.at("2026-11-20T12:00:00Z");
    const { id } = await open("access");
    expect(await give("requests", "extend", id, "--reason", "many rows")).toBe(`${id} is open; due on 2027-02-20.`);
    await expect(give("requests", "extend", id, "--reason", "more rows")).rejects.toThrow("can be done once");
    const other = await open("access");
    house.at("2026-12-21T00:00:00Z");
    await expect(give("requests", "extend", other.id, "--reason", "late")).rejects.toThrow("overdue");
  });

  it("of a complaint ends when it is acknowledged, within 30 days", async () => {
    house.at("2026-11-20T12:00:00Z");
    const { id, due } = await open("complaint");
    const forgotten = await open("complaint");
    expect(due).toBe("2026-12-20");
    house.at("2026-12-10T12:00:00Z");
    await give("requests", "acknowledge", id);
    expect(iso((await read(id)).acknowledgedMs)).toBe("2026-12-10T12:00:00.000Z");
    house.at("2026-12-21T12:00:00Z");
    const list = await give("requests", "list");
    expect(list).toMatch(new RegExp(`${forgotten.id} +complaint +acme +OVERDUE`));
    expect(list).toMatch(new RegExp(`${id} +complaint +acme +open`));
    await expect(give("requests", "extend", id, "--reason", "x")).rejects.toThrow(
      "only a request of GDPR Art. 15 to 22",
    );
  });
});

const ACTS: readonly (readonly [string, string, ...string[]])[] = [
  ["lookup", "access"],
  ["export", "access"],
  ["rectify", "rectification", "--dept", "Science"],
  ["restrict", "restriction"],
  ["unrestrict", "restriction"],
  ["object", "objection", "--purpose", "behaviour"],
  ["erase", "erasure"],
];

describe.each(ACTS)("subject %s", (act, kind, ...more) => {
  const asked = (partner: string) => ["subject", act, "--partner", partner, "--sub", "kestrel", ...more];

  it("without the Partner's instruction is refused, noted with the reason, and changes nothing", async () => {
    const before = await house.rows("SELECT * FROM engagement ORDER BY event_id");
    const notes = () =>
      house.rows<{ actor: string; subject: string; detail: string }>(
        `SELECT actor, subject, detail FROM audit WHERE action = 'subject.${act}' AND detail LIKE '%no_instruction%'`,
      );
    await expect(give(...asked("brook"))).rejects.toThrow(RightsRefused);
    expect(await notes()).toEqual([{ actor: "wren", subject: "brook", detail: '{"refused":"no_instruction"}' }]);
    expect(await house.rows("SELECT * FROM engagement ORDER BY event_id")).toEqual(before);
    expect(house.service.journal().people.get(house.toRef("kestrel", "brook"))).toBeUndefined();
    const requests = await house.rows("SELECT id FROM requests FINAL WHERE partner = 'brook'");
    expect(requests).toEqual([]);
  });

  it(`answers a request of the kind ${kind}, which is then done, with who, when and what in its certificate`, async () => {
    house.at("2026-11-21T12:00:00Z");
    const { id } = await open(kind);
    house.at("2026-11-22T12:00:00Z");
    await give(...asked("acme"), "--request", id);
    const request = await read(id);
    if (act === "lookup") {
      // Looking is no answer.
      expect(request).toMatchObject({ state: "open", certificate: "" });
      return;
    }
    expect(request).toMatchObject({ state: "done", kind, partner: "acme", openedBy: "wren" });
    expect(iso(request.closedMs)).toBe("2026-11-22T12:00:00.000Z");
    const certificate = JSON.parse(request.certificate);
    expect(certificate).toMatchObject({ schema: expect.stringMatching(/^roebuck\./), by: "wren" });
    expect(JSON.stringify(request)).not.toContain("kestrel");
    await expect(give(...asked("acme"), "--request", id)).rejects.toMatchObject({ code: "request_closed" });
  });
});

it("an instruction that is revoked allows nothing any more", async () => {
  await give("instruction", "revoke", "acme", "--scope", "rights");
  await expect(give("subject", "lookup", "--partner", "acme", "--sub", "kestrel")).rejects.toMatchObject({
    code: "no_instruction",
  });
  await give("instruction", "set", "acme", "--scope", "rights", "--reference", "letter 11");
  expect(await give("subject", "lookup", "--partner", "acme", "--sub", "kestrel")).toContain("Person 1 of 1");
});
