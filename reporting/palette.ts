import { MARK_CONTRAST_MIN, TEXT_CONTRAST_MIN, toContrast, toMixed } from "./contrast.ts";
import { HEAT_STEPS } from "./heat-colour.ts";
import { COLOURS } from "./theme.ts";

/** The colours of a record, by what they are for. */
export interface Palette {
  readonly colours: Readonly<Record<keyof typeof COLOURS, string>>;
  /** From nothing to the most. */
  readonly heat: readonly string[];
}

/** The colours where no other are asked for. */
export const ROEBUCK_PALETTE: Palette = { colours: COLOURS, heat: HEAT_STEPS };

/** How much of the house colour each step of a grid of hours has, beyond the first, which is nothing. */
const HEAT_SHARES = [0.2, 0.4, 0.6, 0.82, 1] as const;

/**
 * The colours of a house: its own for headings, rules and bars, lighter ones of the same kind for marks and grids. Ink
 * and greys stay. Pure.
 *
 * @param accent `#rrggbb`, at least 4.5:1 on white and on the tint of the cards
 * @throws RangeError with the colour, its contrast and what is required, in words for whoever set it
 */
export function toPalette(accent: string): Palette {
  const colour = accent.toLowerCase();
  if (colour === COLOURS.accent) return ROEBUCK_PALETTE;
  const least = Math.min(toContrast(colour, COLOURS.white), toContrast(colour, COLOURS.tint));
  if (least < TEXT_CONTRAST_MIN)
    throw new RangeError(
      `Cannot use the colour "${accent}": its contrast on the tint of the page is ${toDown(least)}:1, and headings need at least ${TEXT_CONTRAST_MIN}:1. Take a darker one.`,
    );
  const heat = [COLOURS.tint, ...HEAT_SHARES.map((share) => toMixed(COLOURS.white, colour, share))];
  return { colours: { ...COLOURS, accent: colour, mark: toMark(colour) }, heat };
}

/** The lightest of the same kind that still stands out from paper. */
function toMark(accent: string): string {
  for (let lighter = 0.6; lighter > 0; lighter -= 0.05) {
    const mixed = toMixed(accent, COLOURS.white, lighter);
    if (toContrast(mixed, COLOURS.white) >= MARK_CONTRAST_MIN + 0.2) return mixed;
  }
  return accent;
}

/** Rounded down to a hundredth, so that what is too little never reads as enough. */
function toDown(ratio: number): string {
  return (Math.floor(ratio * 100) / 100).toFixed(2);
}

/** Turns each of Roebuck's own colours into the palette's; any other stays as it is. */
export function toPainter({ colours, heat }: Palette): (colour: string) => string {
  const names = Object.keys(COLOURS) as (keyof typeof COLOURS)[]; // keys of a constant object
  const painted = new Map<string, string>(names.map((name) => [COLOURS[name], colours[name]]));
  for (const [index, step] of HEAT_STEPS.entries()) painted.set(step, heat[index] ?? step);
  return (colour) => painted.get(colour) ?? colour;
}
