/** Data_Types of COUNTER 5.1 (Table 3.p) that a website of guides, films and events can have, without Platform. */
export type DataType =
  | "Article"
  | "Audiovisual"
  | "Conference_Item"
  | "Dataset"
  | "Image"
  | "Interactive_Resource"
  | "Multimedia"
  | "News_Item"
  | "Other"
  | "Report"
  | "Sound"
  | "Standard"
  | "Unspecified";

/**
 * Every Data_Type that a report of items can be asked for; the Platform Report has `Platform` besides, for searches.
 *
 * @see COUNTER 5.1, 3.3.2 (Table 3.p)
 */
export const ITEM_DATA_TYPES: readonly string[] = [
  ...["Article", "Audiovisual", "Book", "Book_Segment", "Conference", "Conference_Item", "Database_Full_Item"],
  ...["Dataset", "Image", "Interactive_Resource", "Journal", "Multimedia", "News_Item", "Newspaper_or_Newsletter"],
  ...["Other", "Patent", "Reference_Item", "Reference_Work", "Report", "Software", "Sound", "Standard"],
  ...["Thesis_or_Dissertation", "Unspecified"],
];

/**
 * Which Data_Type a kind of resource is. A kind that is not listed is `Other`: it has a label that the Code has no
 * word for. A resource without a kind is `Unspecified`.
 *
 * `Article` is for journal articles only, so an article of a website is a `News_Item`; a practice guide is an
 * organised document for an audience, so a `Report`.
 *
 * @see COUNTER 5.1, 3.3.2
 */
export const DATA_TYPES: Readonly<Record<string, DataType>> = {
  article: "News_Item",
  blog: "News_Item",
  news: "News_Item",
  guide: "Report",
  report: "Report",
  briefing: "Report",
  publication: "Report",
  standard: "Standard",
  dataset: "Dataset",
  video: "Audiovisual",
  webinar: "Audiovisual",
  podcast: "Sound",
  audio: "Sound",
  image: "Image",
  tool: "Interactive_Resource",
  course: "Interactive_Resource",
  elearning: "Interactive_Resource",
};

/** The Data_Type of a kind of resource, whatever its case. */
export function toDataType(kind: string): DataType {
  if (kind === "") return "Unspecified";
  return new Map(Object.entries(DATA_TYPES)).get(kind.toLowerCase()) ?? "Other";
}
