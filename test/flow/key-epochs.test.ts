import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importPartners } from "../../api/commands/partners-import.ts";
import { destroyKey, planDestroy } from "../../api/keys/destroy.ts";
import { addOperator } from "../../api/keys/operators.ts";
import { rotatePseudonym } from "../../api/keys/rotate.ts";
import { erasePeople } from "../../api/rights/erase.ts";
import { setInstruction } from "../../api/rights/instructions.ts";
import { lookUpPeople } from "../../api/rights/lookup.ts";
import { closeMonth } from "../../reporting/close.ts";
import { type Month, parseMonth } from "../../schemas/ids.ts";
import { openRightsHouse, type RightsHouse } from "../fixtures/rights-house.ts";

const [NOVEMBER, DECEMBER] = ["2026-11", "2026-12"].map((text) => parseMonth(text) as Month); // two months
const files = mkdtempSync(join(tmpdir(), "operators-"));
let house: RightsHouse;

beforeAll(async () => {
  house = await openRightsHouse();
  await importPartners(house.service, [
    {
      id: "kea",
      name: "Kea",
      group: "",
      seats: null,
      fee: null,
      currency: "",
      contractStart: "2026-01-01",
      contractEnd: null,
      zone: "Pacific/Auckland",
      officers: [],
    },
  ]);
  await setInstruction(house.service, { partner: "kea", scope: "rights", on: true, reference: "letter 8" }, "wren");
});
afterAll(async () => {
  await house[Symbol.asyncDispose]();
  rmSync(files, { recursive: true });
});

const asked = (partner: string, ...subs: string[]) => ({ people: { acct: "partner" as const, partner, subs } });
const countActive = async (month: Month | undefined, partner: string) => {
  const { warehouse, clock, settings } = house.service;
  const report = await closeMonth({ warehouse, clock, settings }, month as Month, {}); // given by the tests
  return report.partners.find((one) => one.partner === partner)?.figures.active_people;
};
const countFound = async (partner: string, sub: string) => {
  const { people } = await lookUpPeople(house.service, asked(partner, sub), "wren", house.io);
  return people[0]?.tables.reduce((sum, { rows }) => sum + rows, 0);
};

describe("a new epoch of pseudonyms", () => {
  it("begins with the month of each Partner's zone, and counts a person once in each month", async () => {
    house.at("2026-11-30T10:00:00Z"); // 23:00 in Auckland
    await expect(rotatePseudonym(house.service, "2026-11", "wren")).rejects.toThrow(/has begun/);
    expect(await rotatePseudonym(house.service, undefined, "wren")).toEqual({ epoch: 2, from: "2026-12" });
    for (const partner of ["acme", "kea"]) {
      await house.send(
        { sub: "tui", partner, type: "search", term: "neglect", at: "2026-11-29T10:00:00Z" },
        { sub: "tui", partner, type: "search", term: "neglect", at: "2026-11-30T09:59:00Z" },
      );
    }
    house.at("2026-12-01T01:00:00Z");
    // In Auckland December, in UTC still November.
    for (const partner of ["acme", "kea"]) {
      await house.send(
        { sub: "tui", partner, type: "search", term: "neglect", at: "2026-11-30T11:30:00Z" },
        { sub: "tui", partner, type: "search", term: "neglect", at: "2026-12-01T00:30:00Z" },
        { sub: "tui", partner, type: "search", term: "neglect", at: "2026-12-01T00:40:00Z" },
      );
    }
    await house.settle();
    const rows = await house.rows<{ partner: string; epoch: number; events: string }>(
      "SELECT partner, epoch, toString(count()) AS events FROM engagement GROUP BY ALL ORDER BY ALL",
    );
    expect(rows).toEqual([
      { partner: "acme", epoch: 1, events: "3" },
      { partner: "acme", epoch: 2, events: "2" },
      { partner: "kea", epoch: 1, events: "2" },
      { partner: "kea", epoch: 2, events: "3" },
    ]);
    for (const partner of ["acme", "kea"]) {
      expect(await countActive(NOVEMBER, partner)).toBe(1);
      expect(await countActive(DECEMBER, partner)).toBe(1);
    }
  });

  it("keeps people's rights: a look-up finds rows of every epoch, an erasure removes them", async () => {
    expect(await countFound("acme", "tui")).toBe(5);
    await erasePeople(house.service, asked("acme", "tui"), "wren", house.io);
    expect(await countFound("acme", "tui")).toBe(0);
    expect(await countFound("kea", "tui")).toBe(5);
  });

  it("is written to the journal with its fingerprint, and the service starts again with it", async () => {
    const epochs = house.service.journal().keyEvents.filter(({ key }) => key.startsWith("epoch "));
    expect(epochs.map(({ action, key }) => `${action} ${key.replace(/[0-9a-f]{16}$/, "x")}`)).toEqual([
      "added epoch 1 x",
      "added epoch 2 x",
    ]);
    await house.reopen();
    expect(await countFound("kea", "tui")).toBe(5);
  });
});

describe("a destroyed key", () => {
  const destroy = async (target: Parameters<typeof planDestroy>[1]) => {
    const [firstKeyFile, secondKeyFile] = [join(files, "wren"), join(files, "finch")] as const;
    const { code, losses } = await planDestroy(house.service, target, "wren");
    await destroyKey(house.service, target, { code, firstKeyFile, secondKeyFile }, "wren");
    return losses.map(({ table, rows, people }) => ({ table, rows, people }));
  };

  it("of an epoch makes its rows nobody's, and keeps the others findable", async () => {
    for (const name of ["wren", "finch"]) {
      writeFileSync(join(files, name), await addOperator(house.service, name, "wren"), { mode: 0o600 });
    }
    await expect(planDestroy(house.service, { kind: "epoch", epoch: 1 }, "wren")).rejects.toThrow(/72 hours/);
    await expect(planDestroy(house.service, { kind: "epoch", epoch: 2 }, "wren")).rejects.toThrow(/in use/);
    house.at("2026-12-10T00:00:00Z");
    expect(await destroy({ kind: "epoch", epoch: 1 })).toEqual([{ table: "engagement", rows: 2, people: 1 }]);
    expect(await countFound("kea", "tui")).toBe(3);
    await house.reopen();
    expect(await countFound("kea", "tui")).toBe(3);
  });

  it("of a Partner leaves its rows in the totals and lets nothing find anybody in them", async () => {
    const pseudonyms = house.toPseudonyms("tui", "kea").length;
    expect(pseudonyms).toBeGreaterThan(0);
    expect(await destroy({ kind: "salt", partner: "kea" })).toEqual([{ table: "engagement", rows: 5, people: 2 }]);
    expect(house.toPseudonyms("tui", "kea")).toEqual([]);
    for (const act of [lookUpPeople, erasePeople]) {
      await expect(act(house.service, asked("kea", "tui"), "wren", house.io)).rejects.toThrow(
        /salt is not in the key file.*destroyed.*nobody can be found/,
      );
    }
    await house.send({ sub: "tui", partner: "kea", at: "2026-12-09T23:59:00Z" });
    await house.settle();
    const [left] = await house.rows<{ c: string }>(
      "SELECT toString(count()) AS c FROM engagement WHERE partner = 'kea'",
    );
    expect(left?.c).toBe("5");
    await house.reopen();
    expect(house.toPseudonyms("tui", "kea")).toEqual([]);
  });

  it("is refused to a code that has become too old", async () => {
    const target = { kind: "salt", partner: "brook" } as const;
    const { code } = await planDestroy(house.service, target, "wren");
    house.at("2026-12-10T00:15:01Z");
    const confirmation = { code, firstKeyFile: join(files, "wren"), secondKeyFile: join(files, "finch") };
    await expect(destroyKey(house.service, target, confirmation, "wren")).rejects.toThrow(/older than 15 minutes/);
    expect(house.service.keyFiles.pseudonymKeys().salts.has("brook")).toBe(true);
  });
});
