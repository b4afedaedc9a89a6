import type { SealedBeacon, SealedEvent } from "../schemas/event.ts";
import { type EpochMs, toEpochMs } from "../schemas/ids.ts";
import type { RowOf } from "./batch.ts";

/** Titles without a time of their own: any title that was seen replaces them. */
const BEFORE_ANY = toEpochMs(0);

type ResourceRow = RowOf<"resources">;

/**
 * What a Partner's people were shown, by its latest title: one row for each page and resource of a batch.
 *
 * Kept per Partner, so that no text crosses from one to another. Remembers nothing between batches: the warehouse
 * keeps the row with the latest `at`, so that any cut into batches gives the same state. An action that came without
 * a title tells kind and topic but must not replace a title: its row counts as older than any other. A download's title
 * is the text of a link, so it is kept apart, as that of a file, and serves only where no page told a better one.
 */
export class ResourceTitles {
  readonly #resources = new Map<string, Map<string, ResourceRow>>();
  readonly #files = new Map<string, Map<string, ResourceRow>>();
  readonly #pages = new Map<string, Map<string, ResourceRow>>();

  /** Takes note of an engagement event that is kept. */
  add({ person: { ptn: partner } }: SealedBeacon, event: SealedEvent, atMs: EpochMs): void {
    const { title = "", resource, path } = event;
    if (resource !== undefined) {
      const { id, type, topic = "" } = resource;
      const at = title === "" ? BEFORE_ANY : atMs;
      const [groups, kind] = event.type === "download" ? [this.#files, "file"] : [this.#resources, "resource"];
      keepLatest(toGroup(groups, partner), { partner, kind, id, title, type, topic, at });
    }
    if (event.type === "page_view" && title !== "") {
      const page = { partner, kind: "page", id: path, title, type: "", topic: "", at: atMs };
      keepLatest(toGroup(this.#pages, partner), page);
    }
  }

  /** The rows, one for each (Partner, kind, id). */
  *rows(): Generator<ResourceRow> {
    for (const groups of [this.#resources, this.#files, this.#pages]) {
      for (const group of groups.values()) yield* group.values();
    }
  }
}

function toGroup(groups: Map<string, Map<string, ResourceRow>>, partner: string): Map<string, ResourceRow> {
  let group = groups.get(partner);
  if (group === undefined) {
    group = new Map();
    groups.set(partner, group);
  }
  return group;
}

function keepLatest(group: Map<string, ResourceRow>, row: ResourceRow): void {
  const known = group.get(row.id);
  if (known === undefined || known.at < row.at || (known.at === row.at && toText(known) < toText(row))) {
    group.set(row.id, row);
  }
}

/** Two titles at the same instant: the greater text, so that order of arrival never matters. */
function toText({ title, type, topic }: ResourceRow): string {
  return `${title}\n${type}\n${topic}`;
}
