import { readBackupHealth, toBackupMetricsText } from "./backups/last-backup.ts";
import { readPurgeHealth, toPurgeMetricsText } from "./clocks/overdue.ts";
import { readDeliveryHealth, toDeliveryMetricsText } from "./delivery/health.ts";
import type { Service } from "./service.ts";

/** Prometheus lines of what is due each night and of deliveries; none while the warehouse is away, which has an alarm of its own. */
export async function toNightMetricsText(service: Pick<Service, "warehouse" | "clock" | "settings">): Promise<string> {
  try {
    return [
      toPurgeMetricsText(await readPurgeHealth(service)),
      toBackupMetricsText(await readBackupHealth(service)),
      toDeliveryMetricsText(await readDeliveryHealth(service)),
    ].join("");
  } catch {
    return "";
  }
}
