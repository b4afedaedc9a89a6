import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkCommand } from "../../api/commands/check.ts";
import { enforceJournal } from "../../api/rights/enforce.ts";
import { erasePeople } from "../../api/rights/erase.ts";
import { rectifyPeople } from "../../api/rights/rectify.ts";
import type { Service } from "../../api/service.ts";
import { openRightsHouse, type RightsHouse } from "../fixtures/rights-house.ts";

// The settings name a cluster; what is refused is refused before any statement that one would be needed for.
let house: RightsHouse;
let service: Service;
const asked = { people: { acct: "partner", partner: "acme", subs: ["ann"] } } as const;

beforeAll(async () => {
  house = await openRightsHouse();
  await house.send({ sub: "ann", path: "/t/1", dept: "Old Hall" });
  await house.settle();
  const settings = { ...house.settings, clickhouseUrl: "http://clickhouse:8123", clickhouseCluster: "main" };
  service = { ...house.service, settings };
});
afterAll(() => house[Symbol.asyncDispose]());

const refused = {
  code: "not_possible",
  message: expect.stringMatching(/in the ClickHouse cluster "main": .*ROEBUCK_CLICKHOUSE_CLUSTER empty/),
};
const rows = () => house.rows("SELECT path, dept FROM engagement");

describe("on a ClickHouse cluster", () => {
  it.each([
    ["erasure", "subject.erase", () => erasePeople(service, asked, "wren", house.io)],
    [
      "rectification",
      "subject.rectify",
      () => rectifyPeople(service, { ...asked, correction: { dept: "New" } }, "wren", house.io),
    ],
  ])("%s is refused with the reason, in the audit trail, and nothing is decided", async (_, action, act) => {
    const before = house.service.followed.head();
    await expect(act()).rejects.toMatchObject(refused);
    expect(house.service.followed.head()).toEqual(before);
    expect(await rows()).toEqual([{ path: "/t/1", dept: "Old Hall" }]);
    const audit = `SELECT actor, subject, detail FROM audit WHERE action = '${action}'`;
    expect(await house.rows(audit)).toEqual([{ actor: "wren", subject: "acme", detail: '{"refused":"not_possible"}' }]);
  });

  it("check says so before anybody asks", async () => {
    await checkCommand.run(service, { operands: {}, flags: {}, switches: new Set() }, house.io);
    expect(house.lines).toContainEqual(
      expect.stringMatching(/^cluster +look +erasure, rectification and restore are refused/),
    );
  });

  it("the night goes on with nothing to remove, and fails openly where rows would have to go", async () => {
    expect((await enforceJournal(service)).erasedRows).toBe(0);
    await service.decide([{ kind: "erasure", ref: house.toRef("ann"), ptn: "acme", atMs: house.clock.nowMs() }]);
    await expect(enforceJournal(service)).rejects.toMatchObject(refused);
    expect((await enforceJournal(house.service)).erasedRows).toBe(1); // one server can
    expect(await rows()).toEqual([]);
  });
});
