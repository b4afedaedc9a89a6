import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deliver } from "../../api/delivery/deliver.ts";
import { NIGHTLY_JOBS } from "../../api/nightly-jobs.ts";
import { doDue } from "../../api/reporter.ts";
import type { Service } from "../../api/service.ts";
import { type CuttableWarehouse, toCuttable } from "../fixtures/cuttable-warehouse.ts";
import { type DeliveryHouse, openDeliveryHouse } from "../fixtures/delivery-house.ts";

const NEVER = new AbortController().signal;
const OFFICERS = ["ann@acme.example", "bob@acme.example", "cat@brook.example"];

/** A reporter of its own on the house's stores: what it remembers the other does not. */
interface Reporter extends CuttableWarehouse {
  readonly service: Service;
  look(): Promise<boolean>;
}

let house: DeliveryHouse;
beforeEach(async () => {
  house = await openDeliveryHouse();
});
afterEach(() => house[Symbol.asyncDispose]());

function aReporter(): Reporter {
  const cuttable = toCuttable(house.service.warehouse);
  const service = { ...house.service, warehouse: cuttable.warehouse };
  return { ...cuttable, service, look: () => doDue(service, NEVER) };
}

const takenBy = () => house.mail.taken.map(({ to }) => to).sort();
const runs = (kind: string) =>
  house.rows<{ subject: string; outcome: string; times: string }>(
    `SELECT subject, outcome, toString(count()) AS times FROM runs WHERE kind = '${kind}' AND outcome != 'begun'
     AND started_at >= '2026-11-01' GROUP BY subject, outcome ORDER BY subject`,
  );

/** The store's clock does not know of the test's: two minutes after a process was killed nobody has its turn. */
async function letLeasesEnd(): Promise<void> {
  await house.service.warehouse.execute({
    sql: `INSERT INTO leases (name, turn, holder, released, seconds)
          SELECT name, max(leases.turn), argMax(holder, leases.turn), 1, 0 FROM leases GROUP BY name`,
  });
}

describe("two reporters on one store", () => {
  it("never do the same thing twice, however they look at the same moment", async () => {
    const reporters = [aReporter(), aReporter()];
    for (const time of ["03T00:10", "03T00:20", "03T02:00", "03T02:10", "04T02:00"]) {
      house.at(`2026-11-${time}:00Z`);
      await Promise.all(reporters.map(({ look }) => look()));
    }
    for (const { look } of reporters) await look();
    expect(takenBy()).toEqual(OFFICERS);
    expect(await runs("scheduled close")).toEqual([{ subject: "2026-10", outcome: "done", times: "1" }]);
    const nights = 3; // the one that the first look of November makes up for, the 3rd and the 4th
    const jobs = NIGHTLY_JOBS.filter(({ name }) => name !== "backup").map(({ name }) => name);
    expect(await runs("nightly")).toEqual(
      jobs.toSorted().map((subject) => ({ subject, outcome: "done", times: String(nights) })),
    );
    expect((await runs("purge")).reduce((sum, { times }) => sum + Number(times), 0)).toBe(nights);
  });

  it("take over from each other: one goes on where the other was killed", async () => {
    const [first, second] = [aReporter(), aReporter()];
    house.at("2026-11-03T00:10:00Z");
    house.mail.answer = (stage) => {
      if (stage === "data" && house.mail.taken.length === 1) first.cutAfter(0);
      return undefined;
    };
    await first.look();
    expect(first.isCut()).toBe(true);
    expect(await second.look()).toBe(false); // the first may still be alive
    await letLeasesEnd();
    expect(await second.look()).toBe(true);
    const ids = house.mail.taken.map(({ email }) => email.messageId);
    // the second mail was taken as the first reporter died: nobody knows, so it comes again, last, and can be told
    expect(house.mail.taken).toHaveLength(4);
    expect(new Set(ids).size).toBe(3);
    expect(ids[3]).toBe(ids[1]);
    expect([...new Set(takenBy())]).toEqual(OFFICERS);
  });

  it("the one that has lost its turn sends nothing more, and the other sends the rest", async () => {
    const [first, second] = [aReporter(), aReporter()];
    await closeOctober(first);
    const answers = [true];
    const lease = { isMine: async () => answers.pop() === true };
    expect(await deliver(first.service, {}, "roebuck", { lease, signal: NEVER })).toMatchObject({ sent: 1, left: 2 });
    house.mail.answer = () => undefined;
    house.at("2026-11-03T07:00:00Z");
    await second.look();
    expect(takenBy()).toEqual(OFFICERS);
  });
});

/** Has a month closed, and no mail taken. */
async function closeOctober({ look }: Reporter): Promise<void> {
  house.mail.answer = () => ({ code: 421, words: "not yet" });
  house.at("2026-11-03T00:10:00Z");
  await look();
  house.mail.answer = () => undefined;
}

describe("a mail that was taken while the store is away", () => {
  it("is not sent again by the process that knows: it is noted first", async () => {
    const reporter = aReporter();
    house.at("2026-11-03T00:10:00Z");
    reporter.failOnce((table, [row]) => table === "deliveries" && JSON.stringify(row).includes('"sent"'));
    await reporter.look();
    expect(house.mail.taken).toHaveLength(1);
    house.at("2026-11-03T00:20:00Z");
    await reporter.look();
    await reporter.look();
    expect(takenBy()).toEqual(OFFICERS);
    const sent = await house.rows("SELECT officer FROM deliveries WHERE outcome = 'sent'");
    expect(sent).toHaveLength(3);
  });

  it("is not sent at all if it cannot be noted as begun", async () => {
    const reporter = aReporter();
    house.at("2026-11-03T00:10:00Z");
    reporter.failOnce((table) => table === "deliveries");
    await reporter.look();
    expect(takenBy()).toEqual([]);
    await reporter.look();
    expect(takenBy()).toEqual(OFFICERS);
  });
});
