import { toMarkdownTable, toMarkdownText } from "../../schemas/markup.ts";
import type { DocumentTable, Piece, ProcessingDocument } from "./document.ts";

/** The document as Markdown, in which no text is taken for a mark. Pure. */
export function toMarkdownPage({ title, facts, sections }: ProcessingDocument): string {
  const blocks = [
    `# ${toMarkdownText(title)}`,
    facts.map(([name, value]) => `- ${toMarkdownText(name)}: ${toMarkdownPiece(value)}`).join("\n"),
    ...sections.flatMap((section) => [
      `## ${toMarkdownText(section.title)}`,
      ...section.paragraphs.map((pieces) => pieces.map(toMarkdownPiece).join(" ")),
      ...section.tables.flatMap(toTableBlocks),
    ]),
  ];
  return `${blocks.join("\n\n")}\n`;
}

function toTableBlocks({ caption, headings, rows }: DocumentTable): readonly string[] {
  return [
    `**${toMarkdownText(caption)}**`,
    toMarkdownTable(
      headings,
      rows.map((row) => row.map(toMarkdownPiece)),
    ),
  ];
}

function toMarkdownPiece(piece: Piece): string {
  if (typeof piece === "string") return toMarkdownText(piece);
  if ("gap" in piece) return `**[${toMarkdownText(piece.gap)}]**`;
  return piece.code.map((name) => `\`${name}\``).join(", ");
}
