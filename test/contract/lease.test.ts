import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LEASE_SECONDS, takeLease } from "../../api/lease.ts";
import { toCuttable } from "../fixtures/cuttable-warehouse.ts";
import { openTestWarehouse, type TestWarehouse } from "../fixtures/transform-warehouse.ts";

let opened: TestWarehouse;
beforeAll(async () => {
  opened = await openTestWarehouse();
});
afterAll(() => opened?.[Symbol.asyncDispose]());

/** A turn that no other test has taken. */
const aName = () => `turn ${randomUUID()}`;

/** Asks for a turn until it is given: how long that takes is the machine's matter. */
async function waitFor(name: string, seconds: number) {
  for (;;) {
    const lease = await takeLease(opened.warehouse, name, seconds);
    if (lease !== undefined) return lease;
    await pause(100);
  }
}

describe("takeLease()", () => {
  it("gives a turn that nobody has, and says that it is the taker's", async () => {
    await using lease = await takeLease(opened.warehouse, aName());
    expect(await lease?.isMine()).toBe(true);
    expect(lease?.signal.aborted).toBe(false);
  });

  it("refuses it while somebody has it, and gives it again once it was given back", async () => {
    const name = aName();
    const first = await takeLease(opened.warehouse, name);
    expect(await takeLease(opened.warehouse, name)).toBeUndefined();
    expect(await first?.isMine()).toBe(true);
    await first?.[Symbol.asyncDispose]();
    expect(await first?.isMine()).toBe(false);
    await using second = await takeLease(opened.warehouse, name);
    expect(await second?.isMine()).toBe(true);
  });

  it("keeps turns of different names apart", async () => {
    await using one = await takeLease(opened.warehouse, aName());
    await using other = await takeLease(opened.warehouse, aName());
    expect([await one?.isMine(), await other?.isMine()]).toEqual([true, true]);
  });

  it("gives it to one of many who ask at the same moment, round after round", async () => {
    const name = aName();
    for (let round = 0; round < 5; round += 1) {
      const asked = await Promise.all(Array.from({ length: 8 }, () => takeLease(opened.warehouse, name)));
      const given = asked.filter((lease) => lease !== undefined);
      expect(given).toHaveLength(1);
      expect(await given[0]?.isMine()).toBe(true);
      await given[0]?.[Symbol.asyncDispose]();
    }
  });

  it("keeps a turn up for as long as its holder lives", async () => {
    const name = aName();
    const seconds = 10;
    await using lease = await takeLease(opened.warehouse, name, seconds);
    await pause(seconds * 1_300);
    expect(await takeLease(opened.warehouse, name, seconds)).toBeUndefined();
    expect(await lease?.isMine()).toBe(true);
    expect(lease?.signal.aborted).toBe(false);
  });

  it("ends the turn of a holder who was killed, once its time is over and not before", async () => {
    const name = aName();
    const killed = toCuttable(opened.warehouse);
    const lease = await takeLease(killed.warehouse, name, 10);
    killed.cutAfter(0);
    await lease?.[Symbol.asyncDispose](); // which cannot give it back
    expect(await takeLease(opened.warehouse, name)).toBeUndefined();
    await using next = await waitFor(name, 10);
    expect(await next.isMine()).toBe(true);
  });

  it("tells a holder who lost touch with the store that the turn is lost, also if nobody else has taken it", async () => {
    const frozen = toCuttable(opened.warehouse);
    await using lease = await takeLease(frozen.warehouse, aName(), 2);
    frozen.cutAfter(0);
    while (lease?.signal.aborted === false) await pause(100);
    expect(await lease?.isMine()).toBe(false);
  });

  it("tells a holder whose turn another has taken", async () => {
    const name = aName();
    const slow = toCuttable(opened.warehouse);
    await using lost = await takeLease(slow.warehouse, name, LEASE_SECONDS);
    // what a store does that was set back, or an operator by hand: the turn is over though its holder lives
    const end = "INSERT INTO leases (name, turn, holder, released, seconds) VALUES ({name:String}, 1, '', 1, 0)";
    await opened.warehouse.execute({ sql: end, parameters: { name } });
    await using next = await takeLease(opened.warehouse, name);
    expect([await lost?.isMine(), await next?.isMine()]).toEqual([false, true]);
  });

  it("throws where the store is away: nothing may be done then", async () => {
    const away = toCuttable(opened.warehouse);
    away.cutAfter(0);
    await expect(takeLease(away.warehouse, aName())).rejects.toThrow("Cannot reach the warehouse");
  });
});
