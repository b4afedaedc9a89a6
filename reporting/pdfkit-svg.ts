import type { Box } from "./sheet.ts";
import type { SvgDrawing } from "./svg-logo.ts";

/** Draws the outlines into a box of their own shape, as vectors. */
export function drawSvg(doc: PDFKit.PDFDocument, { viewBox, shapes }: SvgDrawing, box: Box): void {
  const [left, top, width, height] = viewBox;
  doc
    .save()
    .translate(box.x, box.y)
    .scale(box.widthPt / width, box.heightPt / height)
    .translate(-left, -top);
  doc.rect(left, top, width, height).clip();
  for (const { d, matrix, fill, fillRule, stroke, strokeWidth, lineCap, lineJoin } of shapes) {
    if (fill === null && stroke === null) continue;
    doc.save().transform(...matrix);
    doc.lineWidth(strokeWidth).lineCap(lineCap).lineJoin(lineJoin).path(d);
    const rule = fillRule === "evenodd" ? "even-odd" : "non-zero";
    if (fill !== null && stroke !== null) doc.fillAndStroke(fill, stroke, rule);
    else if (fill !== null) doc.fill(fill, rule);
    else if (stroke !== null) doc.stroke(stroke);
    doc.restore();
  }
  doc.restore();
}
