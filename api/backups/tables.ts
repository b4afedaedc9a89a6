/** How a table goes into a backup and comes back. */
export interface BackedUpTable {
  readonly name: string;
  /** `days`: a file for each UTC day, so that days can be left out; `whole`: one file. */
  readonly files: "days" | "whole";
  /** `replaced`: the backup's rows in place of those that are there; `added`: only rows that are missing, because newer ones must not be lost. */
  readonly returns: "replaced" | "added";
  /** Columns by which a row is known to be there already; for `added`. */
  readonly key: readonly string[];
  /** Rows have the time `at` and their year: those that would pass it before the backup goes are left out. */
  readonly isRetained: boolean;
  /** A legal hold on a Partner keeps its rows beyond their year. */
  readonly canBeHeld: boolean;
}

const LASTING = { isRetained: false, canBeHeld: false } as const;
const days = (name: string, canBeHeld = true): BackedUpTable => {
  return { name, files: "days", returns: "replaced", key: [], isRetained: true, canBeHeld };
};
const replaced = (name: string): BackedUpTable => ({ name, files: "whole", returns: "replaced", key: [], ...LASTING });
const added = (name: string, ...key: string[]): BackedUpTable => {
  return { name, files: "whole", returns: "added", key, ...LASTING };
};

/** Every table that a backup holds, in the order in which they are put back. */
export const BACKED_UP_TABLES: readonly BackedUpTable[] = [
  days("engagement"),
  days("behaviour"),
  days("feedback"),
  days("attendance"),
  days("drops", false),
  replaced("statistics_hourly"),
  // Titles and addresses, which may tell of somebody, by when they were last shown.
  { ...replaced("resources"), isRetained: true, canBeHeld: true },
  replaced("partners"),
  replaced("contacts"),
  replaced("people"),
  replaced("held"),
  added("records", "partner", "month", "version"),
  added("deliveries", "partner", "month", "version", "officer", "at", "outcome"),
  added("requests", "id", "updated_at"),
  added("runs", "id"),
  added("audit", "at", "actor", "action", "subject", "detail"),
];

/** Tables that no backup holds, each with the reason. */
export const NOT_BACKED_UP: Readonly<Record<string, string>> = {
  restricted: "made again from the journal",
  store_epochs: "tells which life of the store this is; a restore begins the next",
  schema_migrations: "belongs to the release",
  migration_lock: "belongs to the release",
  leases: "tells which process is at work now",
};
