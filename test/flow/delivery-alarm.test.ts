import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkCommand } from "../../api/commands/check.ts";
import { importPartners } from "../../api/commands/partners-import.ts";
import { toNightMetricsText } from "../../api/night-metrics.ts";
import { toAlarms } from "../../api/portal/operator-page.ts";
import { readOperatorView } from "../../api/portal/operator-view.ts";
import { doDue } from "../../api/reporter.ts";
import { anOfficedPartner, type DeliveryHouse, openDeliveryHouse } from "../fixtures/delivery-house.ts";

let house: DeliveryHouse;
beforeEach(async () => {
  house = await openDeliveryHouse();
  house.at("2026-11-03T00:10:00Z");
});
afterEach(() => house[Symbol.asyncDispose]());

const look = () => doDue(house.service, new AbortController().signal);

/** What the metrics, the operators' page and `roebuck check` say of deliveries. */
async function told() {
  const text = await toNightMetricsText(house.service);
  const metric = (name: string) => Number(new RegExp(`^roebuck_${name} (\\d+)$`, "m").exec(text)?.[1]);
  house.lines.length = 0;
  await checkCommand.run(house.service, { operands: {}, flags: {}, switches: new Set() }, house.io);
  const view = await readOperatorView(house.service);
  return {
    metrics: ["waiting", "refused", "overdue"].map((name) => metric(`deliveries_${name}`)),
    lastSent: metric("delivery_last_success_timestamp_seconds"),
    check: house.lines.find((line) => line.startsWith("deliveries "))?.replace(/ +/g, " "),
    remedy: house.lines.find((line) => line.startsWith("deliveries:")) ?? "",
    view: view.deliveries,
    alarms: toAlarms(view).filter((alarm) => /deliver/.test(alarm)),
  };
}

describe("the alarm of deliveries", () => {
  it("is silent before anything is closed and once everybody has theirs", async () => {
    const before = await told();
    expect(before).toMatchObject({ metrics: [0, 0, 0], lastSent: 0, remedy: "", alarms: [] });
    expect(before.check).toBe("deliveries ok 0 sent in 45 days, 0 waiting, 0 refused");
    await look();
    house.at("2026-11-10T00:00:00Z");
    const after = await told();
    expect(after).toMatchObject({ metrics: [0, 0, 0], remedy: "", alarms: [] });
    expect(after.lastSent).toBe(Date.parse("2026-11-03T00:10:00Z") / 1_000);
    expect(after.view).toMatchObject({ sent: 3, refused: 0, waiting: 0, overdue: 0 });
    expect(after.check).toBe("deliveries ok 3 sent in 45 days, 0 waiting, 0 refused");
  });

  it("sounds a day after the close while the mail server is away, and ends when it is back", async () => {
    await house.mail.stop();
    await look();
    house.at("2026-11-04T00:10:00Z");
    expect(await told()).toMatchObject({ metrics: [3, 0, 0], alarms: [] });
    house.at("2026-11-04T00:10:01Z");
    const late = await told();
    expect(late.metrics).toEqual([3, 0, 3]);
    expect(late.check).toBe("deliveries wrong 0 sent in 45 days, 3 waiting, 0 refused; 3 for more than 24 hours");
    expect(late.remedy).toContain("roebuck deliver MONTH --dry-run");
    expect(late.alarms).toEqual([expect.stringContaining("3 records have not come to an officer in 24 hours")]);
    await house.mail.start();
    await look();
    expect(await told()).toMatchObject({ metrics: [0, 0, 0], remedy: "", alarms: [] });
  });

  it("sounds also where the settings of mail let nothing be tried at all", async () => {
    await look();
    house.at("2026-12-03T00:10:00Z");
    const settings = { ...house.settings, mailFrom: "nobody" };
    await doDue({ ...house.service, settings }, new AbortController().signal);
    expect(house.logged.join("\n")).toContain("records that are due could not be delivered");
    house.at("2026-12-04T00:20:00Z");
    expect((await told()).metrics).toEqual([3, 0, 3]);
  });

  it("tells at once of an address that is refused, and no more once it is corrected", async () => {
    house.mail.answer = (stage, to) =>
      stage === "rcpt" && to === "ann@acme.example" ? { code: 550, words: "nobody" } : undefined;
    await look();
    const refused = await told();
    expect(refused.metrics).toEqual([0, 1, 0]);
    expect(refused.check).toBe("deliveries look 2 sent in 45 days, 0 waiting, 1 refused");
    expect(refused.alarms).toEqual([expect.stringContaining("1 delivery of a record was refused")]);
    await importPartners(house.service, [anOfficedPartner("acme", ["anne@acme.example", "bob@acme.example"])]);
    await look();
    expect(await told()).toMatchObject({ metrics: [0, 0, 0], remedy: "", alarms: [] });
  });
});
