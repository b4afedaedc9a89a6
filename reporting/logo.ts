import { parseSvg, type SvgDrawing, SvgRefused, toSvgText } from "./svg-logo.ts";

/** An image of a letterhead, checked. */
export interface Logo {
  /** `bytes` of an SVG are not the file's: they are made anew of the outlines that were read. */
  readonly kind: "png" | "jpeg" | "svg+xml";
  readonly bytes: Uint8Array;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Of an SVG: drawn as outlines. */
  readonly drawing?: SvgDrawing;
}

/** Who a record comes from and whom it is for, as images; what is absent is written as words or left out. */
export interface Logos {
  /** Of the organisation that runs the website, in place of the word Roebuck; `name` is read out for it. */
  readonly house?: { readonly logo: Logo; readonly name: string };
  readonly partner?: Logo;
}

/** Each record carries the image: a larger one would make a thousand records large. */
export const LOGO_BYTES_MAX = 65_536;
const PIXELS_MAX = 2_000;
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/**
 * Reads an image by what it holds, whatever its name says. Pure.
 *
 * @param name what the image is called in the message
 * @throws RangeError with what is wrong and what to do, if it is neither PNG, JPEG nor a plain SVG, too large or damaged
 */
export function parseLogo(bytes: Uint8Array, name: string): Logo {
  const refuse = (why: string) => new RangeError(`Cannot use the logo "${name}": ${why}.`);
  if (bytes.length > LOGO_BYTES_MAX)
    throw refuse(`it has ${bytes.length} bytes, and each record carries it; it must have at most ${LOGO_BYTES_MAX}`);
  if (isSvg(bytes)) {
    try {
      return toSvgLogo(parseSvg(new TextDecoder().decode(bytes)));
    } catch (error) {
      if (!(error instanceof SvgRefused)) throw error;
      throw refuse(`${error.message}; an SVG may hold plain outlines only, so save it as PNG, some 600 pixels wide`);
    }
  }
  const kind = PNG.every((byte, index) => bytes[index] === byte)
    ? "png"
    : bytes[0] === 0xff && bytes[1] === 0xd8
      ? "jpeg"
      : undefined;
  if (kind === undefined) throw refuse("it is neither PNG, JPEG nor SVG, whatever its name says");
  const size = kind === "png" ? toPngSize(bytes) : toJpegSize(bytes);
  if (size === undefined) throw refuse("it is damaged: its width and height cannot be read");
  const [widthPx, heightPx] = size;
  if (widthPx < 1 || heightPx < 1 || widthPx > PIXELS_MAX || heightPx > PIXELS_MAX)
    throw refuse(`it has ${widthPx} x ${heightPx} pixels; each side must have 1 to ${PIXELS_MAX}`);
  return { kind, bytes, widthPx, heightPx };
}

/** The size at which an image fits a box, never larger than the box and never out of shape. */
export function toFittedSize(
  { widthPx, heightPx }: Logo,
  width: number,
  height: number,
): { width: number; height: number } {
  const scale = Math.min(width / widthPx, height / heightPx);
  return { width: widthPx * scale, height: heightPx * scale };
}

function toSvgLogo(drawing: SvgDrawing): Logo {
  const [, , widthPx, heightPx] = drawing.viewBox;
  return { kind: "svg+xml", bytes: new TextEncoder().encode(toSvgText(drawing)), widthPx, heightPx, drawing };
}

function isSvg(bytes: Uint8Array): boolean {
  return /^\uFEFF?\s*(?:<\?xml|<!--|<!DOCTYPE|<svg)/i.test(new TextDecoder().decode(bytes.subarray(0, 200)));
}

/** A PNG begins with its header, and is whole if it has its end. */
function toPngSize(bytes: Uint8Array): readonly [number, number] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 57 || text(12) !== "IHDR" || text(bytes.length - 8) !== "IEND") return undefined;
  return [view.getUint32(16), view.getUint32(20)];
}

/** Goes from segment to segment to the one that begins the picture. */
function toJpegSize(bytes: Uint8Array): readonly [number, number] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.at(-2) !== 0xff || bytes.at(-1) !== 0xd9) return undefined;
  for (let at = 2; at + 9 < bytes.length; ) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1] ?? 0;
    const begins = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (begins) return [view.getUint16(at + 7), view.getUint16(at + 5)];
    at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}
