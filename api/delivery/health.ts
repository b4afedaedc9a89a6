import type { PlannedDelivery } from "../../reporting/deliver-plan.ts";
import { type EpochMs, toEpochMs } from "../../schemas/ids.ts";
import type { Clock, Warehouse } from "../../schemas/ports.ts";
import type { Settings } from "../../schemas/settings.ts";
import { readDeliveries } from "./deliver.ts";

const HOUR_MS = 3_600_000;

/** How records on their way to officers stand: each a version that was closed in the last 45 days, for one officer on file. */
export interface DeliveryHealth {
  readonly sent: number;
  /** For good, until the address is corrected or an operator tries again. */
  readonly refused: number;
  /** To be sent, or to be tried again. */
  readonly waiting: number;
  /** Refused or waiting, and closed longer ago than may be: somebody must look. */
  readonly overdue: number;
  /** Absent: none was. */
  readonly lastSentMs?: EpochMs;
}

/**
 * Looks how deliveries stand. An address that was corrected counts no more, and a version that was replaced counts as
 * its successor.
 *
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function readDeliveryHealth(parts: {
  readonly warehouse: Warehouse;
  readonly clock: Clock;
  readonly settings: Pick<Settings, "deliveryHoursMax">;
}): Promise<DeliveryHealth> {
  const { deliveries } = await readDeliveries(parts, {});
  return toDeliveryHealth(deliveries, parts.clock.nowMs(), parts.settings.deliveryHoursMax);
}

/** Sums up what is planned. Pure. */
export function toDeliveryHealth(
  deliveries: readonly PlannedDelivery[],
  nowMs: EpochMs,
  hoursMax: number,
): DeliveryHealth {
  const sent = deliveries.filter(({ state }) => state === "sent");
  const open = deliveries.filter(({ state }) => state !== "sent");
  const refused = open.filter(({ state }) => state === "refused").length;
  const lastSentMs = Math.max(0, ...sent.map(({ lastMs }) => lastMs));
  return {
    sent: sent.length,
    refused,
    waiting: open.length - refused,
    overdue: open.filter(({ closedMs }) => nowMs - closedMs > hoursMax * HOUR_MS).length,
    ...(sent.length === 0 ? {} : { lastSentMs: toEpochMs(lastSentMs) }),
  };
}

/** The same as Prometheus text. Pure. */
export function toDeliveryMetricsText({ refused, waiting, overdue, lastSentMs }: DeliveryHealth): string {
  return [
    "# HELP roebuck_deliveries_waiting Records that an officer has not got yet, to be sent or to be tried again.",
    "# TYPE roebuck_deliveries_waiting gauge",
    `roebuck_deliveries_waiting ${waiting}`,
    "# HELP roebuck_deliveries_refused Records that the mail server has refused for good, until somebody corrects the address.",
    "# TYPE roebuck_deliveries_refused gauge",
    `roebuck_deliveries_refused ${refused}`,
    "# HELP roebuck_deliveries_overdue Of both, those closed more than ROEBUCK_DELIVERY_HOURS_MAX hours ago: above 0 somebody must look.",
    "# TYPE roebuck_deliveries_overdue gauge",
    `roebuck_deliveries_overdue ${overdue}`,
    "# HELP roebuck_delivery_last_success_timestamp_seconds When a record was last taken for an officer; 0: not in the last 45 days.",
    "# TYPE roebuck_delivery_last_success_timestamp_seconds gauge",
    `roebuck_delivery_last_success_timestamp_seconds ${Math.floor((lastSentMs ?? 0) / 1_000)}`,
    "",
  ].join("\n");
}
