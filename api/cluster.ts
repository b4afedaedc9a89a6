import type { Settings } from "../schemas/settings.ts";

/** True if the tables are spread over a ClickHouse cluster. The embedded engine is none, whatever else is set. Pure. */
export function isCluster({
  clickhouseUrl,
  clickhouseCluster,
}: Pick<Settings, "clickhouseUrl" | "clickhouseCluster">): boolean {
  return clickhouseUrl !== "" && clickhouseCluster !== "";
}
