import { describe, expect, it } from "vitest";
import { toDeliveryHealth, toDeliveryMetricsText } from "../../../../api/delivery/health.ts";
import type { DeliveryState, PlannedDelivery } from "../../../../reporting/deliver-plan.ts";
import { type Month, toEpochMs } from "../../../../schemas/ids.ts";

const CLOSED = toEpochMs(Date.parse("2026-11-03T00:10:00Z"));
const HOUR_MS = 3_600_000;
const aDelivery = (state: DeliveryState, changes: Partial<PlannedDelivery> = {}): PlannedDelivery => ({
  partner: "acme",
  officer: "ann",
  name: "",
  email: "ann@acme.example",
  month: "2026-10" as Month, // a literal of the right form
  version: 1,
  closedMs: CLOSED,
  state,
  isRepeat: false,
  begun: 0,
  reason: "",
  lastMs: CLOSED,
  nextMs: toEpochMs(0),
  ...changes,
});
const health = (hours: number, ...deliveries: readonly PlannedDelivery[]) =>
  toDeliveryHealth(deliveries, toEpochMs(CLOSED + hours * HOUR_MS), 24);

describe("toDeliveryHealth()", () => {
  it.each<[DeliveryState, number, object]>([
    ["sent", 100, { sent: 1, refused: 0, waiting: 0, overdue: 0, lastSentMs: CLOSED }],
    ["due", 1, { sent: 0, refused: 0, waiting: 1, overdue: 0 }],
    ["waiting", 24, { sent: 0, refused: 0, waiting: 1, overdue: 0 }],
    ["waiting", 24.001, { sent: 0, refused: 0, waiting: 1, overdue: 1 }],
    ["due", 25, { sent: 0, refused: 0, waiting: 1, overdue: 1 }],
    ["refused", 1, { sent: 0, refused: 1, waiting: 0, overdue: 0 }],
    ["refused", 25, { sent: 0, refused: 1, waiting: 0, overdue: 1 }],
    ["given up", 1_081, { sent: 0, refused: 0, waiting: 1, overdue: 1 }],
  ])("of one that is %s %f hours after its close", (state, hours, expected) => {
    expect(health(hours, aDelivery(state))).toEqual(expected);
  });

  it("of none is all noughts", () => {
    expect(health(100)).toEqual({ sent: 0, refused: 0, waiting: 0, overdue: 0 });
  });

  it("names the last that was sent, whatever was tried since", () => {
    const later = toEpochMs(CLOSED + HOUR_MS);
    const deliveries = [
      aDelivery("sent"),
      aDelivery("sent", { lastMs: later }),
      aDelivery("waiting", { lastMs: toEpochMs(later + 1) }),
    ];
    expect(health(2, ...deliveries).lastSentMs).toBe(later);
  });
});

describe("toDeliveryMetricsText()", () => {
  it("writes each gauge with what it means", () => {
    const lines = toDeliveryMetricsText(health(25, aDelivery("sent"), aDelivery("refused"), aDelivery("due"))).split(
      "\n",
    );
    expect(lines.filter((line) => !line.startsWith("#"))).toEqual([
      "roebuck_deliveries_waiting 1",
      "roebuck_deliveries_refused 1",
      "roebuck_deliveries_overdue 2",
      `roebuck_delivery_last_success_timestamp_seconds ${CLOSED / 1_000}`,
      "",
    ]);
    expect(lines.filter((line) => line.startsWith("# HELP"))).toHaveLength(4);
    expect(lines.filter((line) => line.startsWith("# TYPE"))).toHaveLength(4);
  });

  it("says 0 where nothing was sent", () => {
    expect(toDeliveryMetricsText(health(1))).toContain("\nroebuck_delivery_last_success_timestamp_seconds 0\n");
  });
});
