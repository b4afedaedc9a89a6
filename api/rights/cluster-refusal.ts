import type { Settings } from "../../schemas/settings.ts";
import { isCluster } from "../cluster.ts";
import { RightsRefused } from "./refusal.ts";

/**
 * Refuses what deletes or rewrites rows of people on a ClickHouse cluster. Whose rows are meant stands in the memory of
 * one engine, so that no pseudonym gets into the file of a mutation; the other nodes would not find it, and a mutation
 * that fails on one of them holds up every later one. Refused before anything is decided, nothing is half done.
 *
 * @param what is asked, as in `Cannot erase people`: `erase people`
 * @throws RightsRefused on a cluster
 */
export function refuseOnCluster(settings: Pick<Settings, "clickhouseUrl" | "clickhouseCluster">, what: string): void {
  if (!isCluster(settings)) return;
  throw new RightsRefused(
    "not_possible",
    `Cannot ${what} in the ClickHouse cluster "${settings.clickhouseCluster}": this release deletes and corrects people's rows in one server or the embedded engine alone. Keep people's rows on one server: ROEBUCK_CLICKHOUSE_CLUSTER empty.`,
  );
}
