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
 * a title (a download) tells kind and topic but must not replace a title: its row counts as older than any other.
 */
export class ResourceTitles {
  readonly #rows = new Map<string, Map<string, ResourceRow>>();

  /** Takes note of an engagement event that is kept. */
  add({ person }: SealedBeacon, event: SealedEvent, atMs: EpochMs): void {
    const { title = "", resource } = event;
    if (resource !== undefined) {
      const { id, type, topic = "" } = resource;
      const at = title === "" ? BEFORE_ANY : atMs;
      this.#keepLatest({ partner: person.ptn, kind: "resource", id, title, type, topic, at });
    }
    if (event.type === "page_view" && title !== "") {
      const { path } = event;
      this.#keepLatest({ partner: person.ptn, kind: "page", id: path, title, type: "", topic: "", at: atMs });
    }
  }

  /** The rows, one for each (Partner, kind, id). */
  *rows(): Generator<ResourceRow> {
    for (const group of this.#rows.values()) yield* group.values();
  }

  #keepLatest(row: ResourceRow): void {
    const groupKey = `${row.kind}:${row.partner}`;
    let group = this.#rows.get(groupKey);
    if (group === undefined) {
      group = new Map();
      this.#rows.set(groupKey, group);
    }
    const known = group.get(row.id);
    if (known === undefined || known.at < row.at || (known.at === row.at && toText(known) < toText(row))) {
      group.set(row.id, row);
    }
  }
}

/** Two titles at the same instant: the greater text, so that order of arrival never matters. */
function toText({ title, type, topic }: ResourceRow): string {
  return `${title}\n${type}\n${topic}`;
}
