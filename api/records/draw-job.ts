import type { StoredRow } from "../../reporting/records.ts";
import type { Month } from "../../schemas/ids.ts";
import type { RecordStyle } from "../house-style.ts";
import type { RecordFormat } from "./record-files.ts";
import type { Written } from "./written-list.ts";

/** One record in one format, to be made from its stored rows and put into a folder. */
export interface DrawJob {
  readonly partner: string;
  readonly month: Month;
  readonly format: RecordFormat;
  readonly folder: string;
  readonly style: RecordStyle;
  readonly rows: readonly StoredRow[];
}

/** How a job ended: the files that were put in place, or why there are none. */
export type Drawn = { readonly files: Written["files"] } | { readonly problem: string };
