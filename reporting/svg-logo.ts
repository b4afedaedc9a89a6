/** One filled or outlined outline, in the units of the drawing's view box. */
export interface SvgShape {
  /** Path data of SVG: commands and numbers alone. */
  readonly d: string;
  /** a, b, c, d, e, f as in `matrix()`. */
  readonly matrix: Matrix;
  /** `#rrggbb`, or `null` for none. */
  readonly fill: string | null;
  readonly fillRule: "nonzero" | "evenodd";
  readonly stroke: string | null;
  readonly strokeWidth: number;
  readonly lineCap: "butt" | "round" | "square";
  readonly lineJoin: "miter" | "round" | "bevel";
}

/** What is drawn of an SVG: outlines, and nothing that could run, load or link. */
export interface SvgDrawing {
  /** x, y, width, height. */
  readonly viewBox: readonly [number, number, number, number];
  readonly shapes: readonly SvgShape[];
}

type Matrix = readonly [number, number, number, number, number, number];
type Attributes = ReadonlyMap<string, string>;
type Style = Omit<SvgShape, "d">;

const SHAPES_MAX = 2_000;
const IDENTITY: Matrix = [1, 0, 0, 1, 0, 0];
const FIRST_STYLE: Style = {
  ...{ matrix: IDENTITY, fill: "#000000", fillRule: "nonzero", stroke: null, strokeWidth: 1 },
  ...{ lineCap: "butt", lineJoin: "miter" },
};
const GROUPS = ["svg", "g"];
/** Said of the picture, never drawn. */
const SILENT = ["title", "desc", "metadata", "defs"];
/** What editors add for themselves, and names that nothing refers to. */
const IGNORED_ATTRIBUTE =
  /^(?:xmlns(?::\w+)?|xml:\w+|id|class|version|role|aria-[\w-]+|data-[\w-]+|(?:inkscape|sodipodi|sketch|serif):[\w-]+)$/;
const GEOMETRY =
  /^(?:viewBox|width|height|x|y|x1|x2|y1|y2|cx|cy|r|rx|ry|d|points|preserveAspectRatio|transform|style)$/;
const STYLE =
  /^(?:fill|fill-rule|clip-rule|stroke|stroke-width|stroke-linecap|stroke-linejoin|stroke-miterlimit|opacity|fill-opacity|stroke-opacity)$/;
const NUMBER = "[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?";
const PATH = new RegExp(`^\\s*[Mm](?:[MmLlHhVvCcSsQqTtAaZz,\\s]|${NUMBER})*$`);

/** An SVG that is not drawn. The message says which of its parts, for the operator. */
export class SvgRefused extends Error {
  override readonly name = "SvgRefused";
}

/**
 * Reads the outlines of an SVG: paths, rectangles, circles, ellipses, lines and polygons in groups, in plain colours.
 * Everything else is refused by its name: it could run (scripts, event attributes), load or link (`href`, `url()`,
 * styles, images, entities), or needs what is not here (text, gradients, filters). Pure.
 *
 * Throws {@link SvgRefused}.
 */
export function parseSvg(text: string): SvgDrawing {
  const shapes: SvgShape[] = [];
  const open: { readonly name: string; readonly style: Style; readonly isSilent: boolean }[] = [];
  let viewBox: SvgDrawing["viewBox"] | undefined;
  for (const { name, attributes, kind } of toTags(text)) {
    const above = open.at(-1);
    if (kind === "end") {
      if (open.pop()?.name !== name) throw new SvgRefused(`</${name}> closes nothing`);
      continue;
    }
    if (above === undefined && (name !== "svg" || viewBox !== undefined))
      throw new SvgRefused("it must be one <svg> and nothing else");
    const isSilent = above?.isSilent === true || SILENT.includes(name) || name.includes(":");
    if (isSilent && above?.name === "defs") throw new SvgRefused(`<${name}> in <defs> is not drawn`);
    const style = isSilent ? FIRST_STYLE : toStyle(above?.style ?? FIRST_STYLE, toChecked(name, attributes));
    if (!isSilent) {
      viewBox ??= toViewBox(attributes);
      if (!GROUPS.includes(name)) shapes.push({ ...style, d: toPath(name, attributes) });
      if (shapes.length > SHAPES_MAX) throw new SvgRefused(`it has more than ${SHAPES_MAX} outlines`);
    }
    if (kind === "begin") open.push({ name, style, isSilent });
  }
  if (viewBox === undefined || open.length > 0) throw new SvgRefused("it does not end as it should");
  if (shapes.length === 0) throw new SvgRefused("nothing is drawn in it");
  return { viewBox, shapes };
}

/** The drawing as an SVG again, made of nothing but what was read. Pure. */
export function toSvgText({ viewBox, shapes }: SvgDrawing): string {
  const paths = shapes.map((shape) => {
    const { d, matrix, fill, fillRule, stroke, strokeWidth, lineCap, lineJoin } = shape;
    return `<path d="${d.trim()}" transform="matrix(${matrix.join(" ")})" fill="${fill ?? "none"}" fill-rule="${fillRule}" stroke="${stroke ?? "none"}" stroke-width="${strokeWidth}" stroke-linecap="${lineCap}" stroke-linejoin="${lineJoin}"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${viewBox.join(" ")}">${paths.join("")}</svg>`;
}

interface Tag {
  readonly name: string;
  readonly attributes: Attributes;
  readonly kind: "begin" | "end" | "alone";
}

/** The tags of a file in their order; comments, the declaration, and text between tags are left out. */
function* toTags(text: string): Generator<Tag> {
  if (/<!ENTITY|<!DOCTYPE[^>]*\[|<!\[CDATA\[/i.test(text)) throw new SvgRefused("it declares entities or raw text");
  const plain = text.replace(/<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!DOCTYPE[^>]*>/gi, "");
  const tag = /<(\/?)([A-Za-z][\w.:-]*)((?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|</g;
  for (const [whole, slash, name, written = "", alone] of plain.matchAll(tag)) {
    if (name === undefined) throw new SvgRefused(`"${whole}" is not the beginning of a tag`);
    const attributes = new Map(
      [...written.matchAll(/([\w.:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(([, key = "", double, single]) => [
        key,
        double ?? single ?? "",
      ]),
    );
    yield { name, attributes, kind: slash === "/" ? "end" : alone === "/" ? "alone" : "begin" };
  }
}

/** Attributes with those of `style` among them. Throws for what is not known, so that nothing is drawn by halves. */
function toChecked(name: string, attributes: Attributes): Attributes {
  if (!GROUPS.includes(name) && !Object.hasOwn(PATHS, name)) throw new SvgRefused(`it uses <${name}>`);
  const checked = new Map<string, string>();
  for (const [key, value] of attributes) {
    if (IGNORED_ATTRIBUTE.test(key)) continue;
    if (!GEOMETRY.test(key) && !STYLE.test(key)) throw new SvgRefused(`it uses the attribute "${key}" of <${name}>`);
    if (key !== "style") checked.set(key, value.trim());
  }
  for (const rule of (attributes.get("style") ?? "").split(";").filter((one) => one.trim() !== "")) {
    const [key = "", value = ""] = rule.split(":").map((part) => part.trim());
    if (!STYLE.test(key)) throw new SvgRefused(`it uses the style "${key}" of <${name}>`);
    checked.set(key, value);
  }
  return checked;
}

function toStyle(above: Style, attributes: Attributes): Style {
  for (const key of ["opacity", "fill-opacity", "stroke-opacity"]) {
    if (Number(attributes.get(key) ?? "1") !== 1) throw new SvgRefused(`it uses ${key}`);
  }
  const oneOf = <Value extends string>(key: string, values: readonly Value[], other: Value): Value => {
    const value = attributes.get(key);
    if (value === undefined) return other;
    const found = values.find((one) => one === value);
    if (found === undefined) throw new SvgRefused(`its ${key} is "${value}"`);
    return found;
  };
  return {
    matrix: toProduct(above.matrix, toMatrix(attributes.get("transform") ?? "")),
    fill: toColour(attributes.get("fill"), above.fill),
    stroke: toColour(attributes.get("stroke"), above.stroke),
    fillRule: oneOf("fill-rule", ["nonzero", "evenodd"], above.fillRule),
    strokeWidth: attributes.has("stroke-width") ? toLength(attributes, "stroke-width") : above.strokeWidth,
    lineCap: oneOf("stroke-linecap", ["butt", "round", "square"], above.lineCap),
    lineJoin: oneOf("stroke-linejoin", ["miter", "round", "bevel"], above.lineJoin),
  };
}

const NAMED: Readonly<Record<string, string | null>> = {
  ...{ none: null, transparent: null, black: "#000000", white: "#ffffff", currentcolor: "#000000" },
  ...{ red: "#ff0000", green: "#008000", blue: "#0000ff", gray: "#808080", grey: "#808080" },
};

function toColour(text: string | undefined, above: string | null): string | null {
  const value = text?.toLowerCase();
  if (value === undefined || value === "inherit") return above;
  const named = NAMED[value];
  if (named !== undefined) return named;
  if (/^#[0-9a-f]{6}$/.test(value)) return value;
  if (/^#[0-9a-f]{3}$/.test(value)) return `#${[...value.slice(1)].map((digit) => digit + digit).join("")}`;
  const parts = /^rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)$/.exec(value)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255))
    throw new SvgRefused(`its colour "${text}" is not written as #rrggbb`);
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

function toViewBox(attributes: Attributes): SvgDrawing["viewBox"] {
  const [x = 0, y = 0, width = 0, height = 0] = attributes.has("viewBox")
    ? toNumbers(attributes.get("viewBox") ?? "")
    : [0, 0, toLength(attributes, "width"), toLength(attributes, "height")];
  if (!(width > 0 && height > 0)) throw new SvgRefused("it has neither a viewBox nor a width and height");
  return [x, y, width, height];
}

const num = (value: number): string => String(Number(value.toFixed(4)));

/** Each kind of outline as path data. */
const PATHS: Readonly<Record<string, (attributes: Attributes) => string>> = {
  path: (attributes) => attributes.get("d") ?? "",
  polygon: (attributes) => `M${toNumbers(attributes.get("points") ?? "").join(" ")}Z`,
  polyline: (attributes) => `M${toNumbers(attributes.get("points") ?? "").join(" ")}`,
  line(attributes) {
    const [x1, y1, x2, y2] = ["x1", "y1", "x2", "y2"].map((key) => num(toLength(attributes, key)));
    return `M${x1} ${y1}L${x2} ${y2}`;
  },
  circle: (attributes) => toEllipse(attributes, toLength(attributes, "r"), toLength(attributes, "r")),
  ellipse: (attributes) => toEllipse(attributes, toLength(attributes, "rx"), toLength(attributes, "ry")),
  rect(attributes) {
    const [x = 0, y = 0, width = 0, height = 0] = ["x", "y", "width", "height"].map((key) => toLength(attributes, key));
    const given = ["rx", "ry"].map((key) => (attributes.has(key) ? toLength(attributes, key) : undefined));
    const rx = Math.min(given[0] ?? given[1] ?? 0, width / 2);
    const ry = Math.min(given[1] ?? given[0] ?? 0, height / 2);
    const [w, h] = [num(width - 2 * rx), num(height - 2 * ry)];
    const arc = (dx: number, dy: number) => (rx > 0 ? `a${num(rx)} ${num(ry)} 0 0 1 ${num(dx)} ${num(dy)}` : "");
    return `M${num(x + rx)} ${num(y)}h${w}${arc(rx, ry)}v${h}${arc(-rx, ry)}h-${w}${arc(-rx, -ry)}v-${h}${arc(rx, -ry)}Z`;
  },
};

function toEllipse(attributes: Attributes, rx: number, ry: number): string {
  const [cx, cy] = [toLength(attributes, "cx"), toLength(attributes, "cy")];
  const half = (to: number) => `A${num(rx)} ${num(ry)} 0 0 1 ${num(to)} ${num(cy)}`;
  return `M${num(cx - rx)} ${num(cy)}${half(cx + rx)}${half(cx - rx)}Z`;
}

function toPath(name: string, attributes: Attributes): string {
  const d = PATHS[name]?.(attributes) ?? "";
  if (!PATH.test(d)) throw new SvgRefused(`the outline of its <${name}> cannot be read`);
  return d;
}

function toLength(attributes: Attributes, key: string): number {
  const [, value] = new RegExp(`^(${NUMBER})(?:px)?$`).exec(attributes.get(key) ?? "0") ?? [];
  if (value === undefined) throw new SvgRefused(`its ${key}="${attributes.get(key)}" is not a number`);
  return Number(value);
}

function toNumbers(text: string): number[] {
  const parts = text.split(/[\s,]+/).filter((part) => part !== "");
  if (parts.some((part) => !new RegExp(`^${NUMBER}$`).test(part))) throw new SvgRefused(`"${text}" are not numbers`);
  return parts.map(Number);
}

const TRANSFORMS: Readonly<Record<string, (n: readonly number[]) => Matrix>> = {
  matrix: ([a = 1, b = 0, c = 0, d = 1, e = 0, f = 0]) => [a, b, c, d, e, f],
  translate: ([x = 0, y = 0]) => [1, 0, 0, 1, x, y],
  scale: ([x = 1, y = x]) => [x, 0, 0, y, 0, 0],
  rotate([degrees = 0, x = 0, y = 0]) {
    const turn = (degrees * Math.PI) / 180;
    const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
    return toProduct(toProduct([1, 0, 0, 1, x, y], [cos, sin, -sin, cos, 0, 0]), [1, 0, 0, 1, -x, -y]);
  },
};

function toMatrix(text: string): Matrix {
  let matrix = IDENTITY;
  const rest = text.replaceAll(/(\w+)\s*\(([^)]*)\)[\s,]*/g, (whole, name: string, numbers: string) => {
    const toOne = Object.hasOwn(TRANSFORMS, name) ? TRANSFORMS[name] : undefined;
    if (toOne === undefined) return whole;
    matrix = toProduct(matrix, toOne(toNumbers(numbers)));
    return "";
  });
  if (rest.trim() !== "") throw new SvgRefused(`it uses transform="${text}"`);
  return matrix;
}

function toProduct([a, b, c, d, e, f]: Matrix, [g, h, i, j, k, l]: Matrix): Matrix {
  return [a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j, a * k + c * l + e, b * k + d * l + f];
}
