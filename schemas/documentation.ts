import { toBasisRows, toForbiddenRows } from "./basis.ts";
import { TABLES } from "./columns.ts";
import { ERRORS } from "./errors.ts";
import { FIGURES, FURTHER_FIGURES } from "./figures.ts";
import { toMarkdownTable } from "./markup.ts";
import { toProcessingRows } from "./processing.ts";
import { ACTIONS, ROLES } from "./roles.ts";
import { SETTINGS, toVariable } from "./settings.ts";
import { USEFUL_QUERIES } from "./useful-queries.ts";
import { DROP_REASONS } from "./verdict.ts";
import { VIEWS } from "./views.ts";

/** Reference tables of the README, by the name that stands in its markers. All are made from the catalogues, so they cannot say something else. */
export const DOCUMENTATION: Readonly<Record<string, () => string>> = {
  settings: () =>
    toMarkdownTable(
      ["Setting", "Default", "Allowed", "What it is for"],
      Object.entries(SETTINGS).map(([name, setting]) => [
        `\`${toVariable(name)}\``,
        setting.initial === "" ? "(empty)" : `\`${setting.initial}\``,
        setting.kind === "number"
          ? `${setting.min} to ${setting.max} ${setting.unit}`
          : setting.kind === "choice"
            ? setting.choices.join(", ")
            : "text",
        setting.prose,
      ]),
    ),
  figures: () =>
    toMarkdownTable(
      ["Figure", "Title", "What it counts", "Source"],
      Object.entries({ ...FIGURES, ...FURTHER_FIGURES }).map(([name, { title, prose, source }]) => [
        `\`${name}\``,
        title,
        prose,
        source,
      ]),
    ),
  "drop-reasons": () =>
    toMarkdownTable(
      ["Reason", "In the record", "When"],
      Object.entries(DROP_REASONS).map(([name, { title, prose }]) => [`\`${name}\``, title, prose]),
    ),
  basis: () =>
    toMarkdownTable(
      ["Visitor", "Purpose", "Without consent", "With consent to behaviour", "With consent to combine feedback"],
      toBasisRows(),
    ),
  processing: () =>
    toMarkdownTable(
      ["Where", "What for", "Lawful basis", "Whose data, and what", "Columns", "How long", "Who gets it"],
      toProcessingRows(),
    ),
  forbidden: () => toMarkdownTable(["Whatever the basis, if", "the event is"], toForbiddenRows()),
  roles: () =>
    toMarkdownTable(
      ["Role", "Who", "May"],
      Object.entries(ROLES).map(([name, { prose, may }]) => [
        `\`${name}\``,
        prose,
        may.map((action) => ACTIONS[action].prose).join("; "),
      ]),
    ),
  errors: () =>
    toMarkdownTable(
      ["Code", "Status", "Meaning", "What to do"],
      Object.entries(ERRORS).map(([name, { status, title, fix }]) => [`\`${name}\``, String(status), title, fix]),
    ),
  views: () =>
    Object.entries(VIEWS)
      .map(
        ([view, { prose, columns }]) =>
          `**\`${view}\`** ${prose}\n\n${toMarkdownTable(
            ["Column", "Type", "Meaning"],
            columns.map(({ name, type, prose: meaning }) => [`\`${name}\``, `\`${type}\``, meaning]),
          )}`,
      )
      .join("\n\n"),
  queries: () =>
    Object.values(USEFUL_QUERIES)
      .map(({ title, prose, sql }) => `**${title}** ${prose}\n\n\`\`\`sql\n${sql}\n\`\`\``)
      .join("\n\n"),
  columns: () =>
    Object.entries(TABLES)
      .map(
        ([table, columns]) =>
          `**\`${table}\`**\n\n${toMarkdownTable(
            ["Column", "Type", "Meaning"],
            columns.map(({ name, type, prose }) => [`\`${name}\``, `\`${type}\``, prose]),
          )}`,
      )
      .join("\n\n"),
};

/** Puts each table between its markers, `<!-- table NAME -->` and `<!-- end -->`. Throws Error on a name that is not known. */
export function toDocumented(text: string): string {
  return text.replace(/<!-- table ([a-z-]+) -->[\s\S]*?<!-- end -->/g, (_, name: string) => {
    const make = DOCUMENTATION[name];
    if (make === undefined)
      throw new Error(`Cannot make the table "${name}": the names are ${Object.keys(DOCUMENTATION).join(", ")}`);
    return `<!-- table ${name} -->\n\n${make()}\n\n<!-- end -->`;
  });
}
