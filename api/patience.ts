import { LogUnavailable, WarehouseUnavailable } from "../schemas/ports.ts";
import type { Logger } from "./logger.ts";

const FIRST_WAIT_MS = 250;
const WAIT_MS_MAX = 4_000;

/**
 * Opens something that other processes provide, so that processes may start in any order: while it is merely away it is
 * tried again, for `waitMs` in all. What is wrong (a password, a missing topic) is thrown at once.
 *
 * @throws what the last try threw
 */
export async function openPatiently<T>(
  what: string,
  waitMs: number,
  logger: Logger,
  open: () => Promise<T>,
): Promise<T> {
  const untilMs = performance.now() + waitMs;
  for (let tries = 1; ; tries += 1) {
    try {
      return await open();
    } catch (error) {
      const away = error instanceof LogUnavailable || error instanceof WarehouseUnavailable;
      if (!away || performance.now() >= untilMs) throw error;
      logger.warn("waiting at start", { what, tries });
      await new Promise((resolve) => setTimeout(resolve, Math.min(WAIT_MS_MAX, FIRST_WAIT_MS * 2 ** (tries - 1))));
    }
  }
}
