import type { Site } from "../schemas/settings.ts";

/**
 * Site ids by Matomo's numbers, from a setting such as `3=www,7=shop`. Answers a sentence if it cannot be read.
 *
 * Sites go by their own ids too. An empty setting numbers them as they are listed, from 1.
 */
export function parseMatomoSites(text: string, sites: readonly Site[]): ReadonlyMap<string, string> | string {
  const numbers = new Map(sites.map(({ id }) => [id, id]));
  const pairs = text.split(/[\s,;]+/).filter(Boolean);
  if (pairs.length === 0) for (const [index, { id }] of sites.entries()) numbers.set(String(index + 1), id);
  for (const pair of pairs) {
    const [number = "", id = ""] = pair.split("=");
    if (!/^\d{1,9}$/.test(number) || !sites.some((site) => site.id === id))
      return `Cannot use "${pair}" in ROEBUCK_MATOMO_SITES: it must be Matomo's number and a site of ROEBUCK_SITES, such as 1=${sites[0]?.id ?? "www"}.`;
    numbers.set(number, id);
  }
  return numbers;
}
