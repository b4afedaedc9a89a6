import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Logo, type Logos, parseLogo } from "../reporting/logo.ts";
import { type Palette, ROEBUCK_PALETTE, toPalette } from "../reporting/palette.ts";
import type { Settings } from "../schemas/settings.ts";
import { CommandError } from "./command-io.ts";
import { toDigest } from "./records/put-file.ts";

const ENDINGS = ["png", "jpg", "jpeg", "svg"] as const;

/** What all records of an installation wear. */
export interface HouseStyle {
  readonly palette: Palette;
  readonly house: Logos["house"];
  /** Where Partners' logos lie; empty for none. */
  readonly logoDir: string;
}

/** What one record wears. */
export interface RecordStyle {
  readonly palette: Palette;
  readonly logos: Logos;
}

/** What records wear where nothing is set. */
export const ROEBUCK_STYLE: HouseStyle = { palette: ROEBUCK_PALETTE, house: undefined, logoDir: "" };

/** Everything of a style that a record's look follows from, as text. */
export function toStylePrint({ palette, logos }: RecordStyle): string {
  const images = [logos.house?.logo, logos.partner].map((logo) => toDigest(logo?.bytes ?? ""));
  return JSON.stringify([palette, logos.house?.name ?? "", ...images]);
}

/** Reads colour and logo of the house. Throws CommandError with the setting, its value and what it must be. */
export function openHouseStyle(settings: Pick<Settings, "colour" | "logo" | "logoDir" | "organisation">): HouseStyle {
  const { colour, logo, logoDir, organisation } = settings;
  const house = logo === "" ? undefined : { logo: readLogo(logo), name: organisation };
  return { palette: refusing(() => toPalette(colour)), house, logoDir };
}

/**
 * The style of one Partner's records: the house's, with the Partner's own logo if the folder has one, named for the
 * Partner's id. Throws CommandError if that file cannot be used.
 */
export function toRecordStyle({ palette, house, logoDir }: HouseStyle, partner: string): RecordStyle {
  const own = logoDir === "" ? undefined : findLogo(logoDir, partner);
  return {
    palette,
    logos: { ...(house === undefined ? {} : { house }), ...(own === undefined ? {} : { partner: own }) },
  };
}

function findLogo(folder: string, partner: string): Logo | undefined {
  for (const ending of ENDINGS) {
    const file = join(folder, `${partner}.${ending}`);
    const bytes = readIfThere(file);
    if (bytes !== undefined) return refusing(() => parseLogo(bytes, file));
  }
  return undefined;
}

function readLogo(file: string): Logo {
  const bytes = readIfThere(file);
  if (bytes === undefined)
    throw new CommandError(`Cannot use the logo "${file}" of ROEBUCK_LOGO: there is no such file.`);
  return refusing(() => parseLogo(bytes, file));
}

function readIfThere(file: string): Uint8Array | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new CommandError(
      `Cannot read the logo "${file}": ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}

function refusing<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof RangeError ? new CommandError(error.message) : error;
  }
}
