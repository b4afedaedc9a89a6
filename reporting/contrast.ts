/** Text must stand out from its ground by at least this (WCAG 2.2, 1.4.3). */
export const TEXT_CONTRAST_MIN = 4.5;
/** Marks that carry meaning, by at least this (WCAG 2.2, 1.4.11). */
export const MARK_CONTRAST_MIN = 3;

/** Red, green and blue of `#rrggbb`, 0 to 255. Throws RangeError for anything else. */
export function toChannels(colour: string): readonly [number, number, number] {
  const [, red, green, blue] = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour) ?? [];
  if (red === undefined || green === undefined || blue === undefined)
    throw new RangeError(`Cannot use the colour "${colour}": it must be # and six hexadecimal digits, such as #0b4f5c`);
  return [Number.parseInt(red, 16), Number.parseInt(green, 16), Number.parseInt(blue, 16)];
}

/** How far two colours `#rrggbb` stand apart, 1 to 21. Pure. @see WCAG 2.2, "contrast ratio" */
export function toContrast(one: string, other: string): number {
  const [light = 1, dark = 0] = [toLuminance(one), toLuminance(other)].toSorted((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

/** The colour that lies between two, `share` of the way from the first (0) to the second (1). */
export function toMixed(one: string, other: string, share: number): string {
  const [from, to] = [toChannels(one), toChannels(other)];
  const mixed = from.map((value, index) => Math.round(value + ((to[index] ?? value) - value) * share));
  return `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

function toLuminance(colour: string): number {
  const [red, green, blue] = toChannels(colour).map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}
