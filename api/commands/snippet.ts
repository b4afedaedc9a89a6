import { buildBeacon, readBeaconTypes, toSnippet } from "../../ingest/beacon-script.ts";
import type { PlainCommand } from "../command.ts";
import { CommandError, UsageError } from "../command-io.ts";
import { readSettings } from "../environment.ts";

/** `roebuck snippet`: the tag that a site puts into its pages. */
export const snippetCommand: PlainCommand = {
  name: "snippet",
  summary: "Print the tag of the beacon for a site's pages, with its integrity hash, or the types of `roebuck(...)`.",
  prose: `The address has the hash of the file, so browsers keep it for a year. A release with another beacon serves it at another
address and no longer at this one: print the tag again after an upgrade, or embed /b.js without integrity.`,
  operands: [],
  flags: [
    { name: "site", value: "SITE", prose: "Site id, one of ROEBUCK_SITES. Default: the only one." },
    { name: "url", value: "URL", prose: "Where browsers reach the collector, such as https://collector.example." },
    { name: "search", value: "NAME", prose: "Query parameter that holds what is searched for, such as q." },
    { name: "types", prose: "Print the TypeScript types of the function roebuck in place of the tag." },
  ],
  on: "nothing",
  async run({ flags, switches }, io) {
    if (switches.has("types")) {
      io.line(readBeaconTypes().trimEnd());
      return 0;
    }
    const { sites } = readSettings();
    const known = sites.map(({ id }) => id);
    const site = flags.site ?? (known.length === 1 ? known[0] : undefined);
    if (site === undefined || !known.includes(site)) {
      throw new CommandError(
        `Cannot print a tag for site "${site ?? ""}": the sites are ${known.join(", ")}. Name one by --site, or add it to ROEBUCK_SITES.`,
      );
    }
    const url = URL.parse(flags.url ?? "");
    if (url === null || !/^https?:$/.test(url.protocol)) {
      throw new UsageError(`--url "${flags.url ?? ""}" must be where browsers reach the collector: https://its.host`);
    }
    if (url.href !== `${url.origin}/`) {
      throw new UsageError(
        `--url "${flags.url ?? ""}" must be a host alone, such as ${url.origin}: the beacon sends to /v1/beacons there, whatever path stands behind it.`,
      );
    }
    const search = flags.search === undefined ? {} : { search: flags.search };
    io.line(toSnippet(buildBeacon(), { site, collector: url.href, ...search }));
    return 0;
  },
};
