import { toErrorFacts } from "../logger.ts";
import type { Service } from "../service.ts";
import { removeExpiredExports } from "./ledger.ts";

const INTERVAL_MS = 600_000;

/** Deletes exports whose time is over, now and every ten minutes until the answer is disposed. Never throws: a failure is logged. */
export function startExportExpiry({
  settings,
  clock,
  logger,
}: Pick<Service, "settings" | "clock" | "logger">): Disposable {
  const expire = () => {
    try {
      const { removed, changed } = removeExpiredExports(settings, clock.nowMs());
      if (removed > 0) logger.info("exports whose time was over were deleted", { files: removed });
      if (changed > 0) logger.warn("exports were changed by somebody and must be deleted by hand", { files: changed });
    } catch (error) {
      logger.error("cannot delete exports whose time is over; it is tried again in ten minutes", toErrorFacts(error));
    }
  };
  expire();
  const timer = setInterval(expire, INTERVAL_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
