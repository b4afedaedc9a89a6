import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listContacts, replaceContacts, toWho, writeContacts } from "../../api/contacts.ts";
import { toEpochMs } from "../../schemas/ids.ts";
import { openTestWarehouse, type TestWarehouse } from "../fixtures/transform-warehouse.ts";

const NOW = toEpochMs(Date.parse("2026-11-03T00:10:00Z"));
const ANN = { name: "Ann", email: "ann@acme.example" };
const BOB = { name: "Bob", email: "bob@acme.example" };
let opened: TestWarehouse;
beforeAll(async () => {
  opened = await openTestWarehouse();
});
afterAll(() => opened?.[Symbol.asyncDispose]());

const aPartner = () => `partner-${randomUUID()}`;
const list = async (partner: string) =>
  (await listContacts(opened.warehouse, partner)).map(({ name, email }) => ({ name, email }));
const replace = (partner: string, officers: readonly (typeof ANN)[], nowMs = NOW) =>
  replaceContacts(opened.warehouse, [{ partner, officers }], nowMs);

describe("replaceContacts()", () => {
  it("puts officers in place of those there were, by e-mail address, and repeats to no change", async () => {
    const partner = aPartner();
    await replace(partner, [BOB, ANN]);
    expect(await list(partner)).toEqual([ANN, BOB]);
    await replace(partner, [BOB]);
    await replace(partner, [BOB]);
    expect(await list(partner)).toEqual([BOB]);
    await replace(partner, []);
    expect(await list(partner)).toEqual([]);
  });

  it("leaves other Partners as they are, and takes many at once", async () => {
    const [one, other, third] = [aPartner(), aPartner(), aPartner()];
    const both = [one, other].map((partner) => ({ partner, officers: [ANN] }));
    await replaceContacts(opened.warehouse, both, NOW);
    await replace(third, [BOB]);
    await replace(one, []);
    expect([await list(one), await list(other), await list(third)]).toEqual([[], [ANN], [BOB]]);
  });

  it("wins over what was written before, also within one millisecond or by a clock that is behind", async () => {
    const partner = aPartner();
    await replace(partner, [ANN]);
    await replace(partner, [BOB]);
    await replace(partner, [{ ...BOB, name: "Bobby" }], toEpochMs(NOW - 60_000));
    expect(await list(partner)).toEqual([{ ...BOB, name: "Bobby" }]);
    await writeContacts(opened.warehouse, [{ ...BOB, partner, isGone: true }], toEpochMs(NOW - 60_000));
    expect(await list(partner)).toEqual([]);
  });
});

describe("writeContacts()", () => {
  it("changes whom it names and nobody else, and keeps no name of who is gone", async () => {
    const partner = aPartner();
    await replace(partner, [ANN]);
    await writeContacts(opened.warehouse, [{ ...BOB, partner, isGone: false }], NOW);
    expect(await list(partner)).toEqual([ANN, BOB]);
    await writeContacts(opened.warehouse, [{ ...ANN, partner, isGone: true }], NOW);
    expect(await list(partner)).toEqual([BOB]);
    const sql = "SELECT name FROM contacts FINAL WHERE partner = {partner:String} AND gone = 1";
    expect(await opened.warehouse.rows({ sql, parameters: { partner } })).toEqual([{ name: "" }]);
  });

  it("does nothing for nobody", async () => {
    await expect(writeContacts(opened.warehouse, [], NOW)).resolves.toBeUndefined();
  });
});

describe("toWho()", () => {
  it("is the same as on file, however the address is written, and another for another", async () => {
    const partner = aPartner();
    await replace(partner, [{ name: "Zoë", email: "Zoë.Über@acme.example" }]);
    const [listed] = await listContacts(opened.warehouse, partner);
    expect(listed?.who).toMatch(/^[0-9a-f]{32}$/);
    expect(await toWho(opened.warehouse, "ZOË.über@ACME.example")).toBe(listed?.who);
    expect(await toWho(opened.warehouse, "zoe.uber@acme.example")).not.toBe(listed?.who);
  });
});
