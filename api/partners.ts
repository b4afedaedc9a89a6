import { parse } from "csv-parse/sync";
import { z } from "zod";
import { toEpochMs } from "../schemas/ids.ts";
import type { PartnerTerms } from "../schemas/journal.ts";
import { isZone, toDayBeginMs } from "../schemas/zone.ts";

/** A Partner as the CRM gives it: one or more lines of the import file. */
export interface PartnerImport {
  readonly id: string;
  readonly name: string;
  readonly group: string;
  readonly seats: number | null;
  /** Decimal as text, such as `12000.00`, so that no cent is lost. */
  readonly fee: string | null;
  readonly currency: string;
  /** First and last day of the contract, `yyyy-mm-dd`, both inclusive. */
  readonly contractStart: string | null;
  readonly contractEnd: string | null;
  readonly zone: string;
  /** What its officers get: the PDF, which is usual, or only a link to the portal. */
  readonly delivery?: "pdf" | "link";
  readonly officers: readonly { readonly name: string; readonly email: string }[];
}

const DAY_MS = 86_400_000;

/** What is wrong in one line of the file. Lines count from 1, the heading included. */
export interface LineProblem {
  readonly line: number;
  readonly problem: string;
  /** The same without what stands in the line: for those who must not be told values, such as a log. */
  readonly rule: string;
}

/** Either all Partners of a file, or all that is wrong with it; never a part. */
export type PartnersFile =
  | { readonly partners: readonly PartnerImport[] }
  | { readonly problems: readonly LineProblem[] };

/** Headings of the import file. */
export const PARTNER_HEADINGS = [
  "id",
  "name",
  "group",
  "seats",
  "fee",
  "currency",
  "contract_start",
  "contract_end",
  "zone",
  "delivery",
  "officer_name",
  "officer_email",
] as const;

const optional = (pattern: RegExp, rule: string) =>
  z
    .string()
    .refine((value) => value === "" || pattern.test(value), { error: rule })
    .transform((value) => (value === "" ? null : value));

const day = optional(/^\d{4}-\d\d-\d\d$/, "must be yyyy-mm-dd or empty").refine(
  (value) => value === null || new Date(`${value}T00:00:00Z`).toJSON()?.startsWith(value) === true,
  { error: "must be a day of the calendar" },
);

const LINE = z
  .object({
    id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/, {
      error: "must be letters, digits, dot, hyphen or underscore, 1 to 60",
    }),
    name: z.string().min(1, { error: "must not be empty" }).max(200, { error: "must be at most 200 characters" }),
    group: z.string().max(100, { error: "must be at most 100 characters" }).default(""),
    seats: optional(/^[1-9]\d{0,6}$/, "must be a whole number from 1 to 9999999 or empty").default(null),
    fee: optional(
      /^\d{1,12}(?:\.\d{1,2})?$/,
      "must be an amount such as 12000.00, without a currency sign, or empty",
    ).default(null),
    currency: optional(/^[A-Z]{3}$/, "must be three capital letters such as GBP, or empty").default(null),
    contract_start: day.default(null),
    contract_end: day.default(null),
    zone: z.string().default(""),
    delivery: z
      .enum(["", "pdf", "link"], { error: "must be pdf, link or empty" })
      .default("")
      .transform((value) => (value === "" ? "pdf" : value)),
    officer_name: z.string().max(200, { error: "must be at most 200 characters" }).default(""),
    officer_email: optional(
      /^[^\s@<>"]{1,64}@[^\s@<>"]{1,190}\.[^\s@<>"]{2,}$/,
      "must be an e-mail address or empty",
    ).default(null),
  })
  .refine((line) => line.fee === null || line.currency !== null, {
    path: ["currency"],
    error: "must be given with a fee",
  })
  .refine(
    (line) => line.contract_start === null || line.contract_end === null || line.contract_start <= line.contract_end,
    {
      path: ["contract_end"],
      error: "must not lie before contract_start",
    },
  )
  .refine((line) => line.zone === "" || ((line.zone === "UTC" || line.zone.includes("/")) && isZone(line.zone)), {
    path: ["zone"],
    error: "must be an IANA zone such as Europe/London, or empty",
  });
type Line = z.infer<typeof LINE>;

/**
 * Reads the import file of Partners: CSV in UTF-8 with a heading line. A Partner with several Link Officers has
 * several lines, alike but for the officer.
 */
export function parsePartners(csv: Uint8Array, defaultZone: string): PartnersFile {
  const rows = readRows(csv);
  if (!Array.isArray(rows)) return { problems: [rows] };
  const problems: LineProblem[] = [];
  const partners = new Map<string, { first: number; partner: PartnerImport }>();
  for (const { line, record } of rows) {
    const parsed = LINE.safeParse(record);
    if (!parsed.success) {
      for (const issue of parsed.error.issues) {
        const column = String(issue.path[0] ?? "line");
        const rule = `${column} ${issue.message}`;
        problems.push({ line, problem: `${column} ${toQuoted(record[column])}${issue.message}`, rule });
      }
      continue;
    }
    const problem = addLine(partners, line, parsed.data, defaultZone);
    if (problem !== undefined) problems.push({ line, problem, rule: problem });
  }
  if (problems.length > 0) return { problems };
  if (partners.size === 0) return { problems: [toProblem(1, "the file has a heading but no Partner")] };
  return { partners: [...partners.values()].map(({ partner }) => partner) };
}

/** What the journal must know of a Partner: no name, no money. The contract's last day belongs to the contract. */
export function toPartnerTerms({ id, zone, contractStart, contractEnd }: PartnerImport): PartnerTerms {
  return {
    id,
    zone,
    joinedMs: contractStart === null ? toEpochMs(0) : toDayBeginMs(zone, toWallMs(contractStart)),
    ...(contractEnd === null ? {} : { leftMs: toDayBeginMs(zone, toWallMs(contractEnd) + DAY_MS) }),
  };
}

function toWallMs(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}

function readRows(csv: Uint8Array): { line: number; record: Record<string, string> }[] | LineProblem {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(csv);
  } catch {
    return toProblem(1, "the file is not UTF-8; save it as CSV UTF-8");
  }
  try {
    const rows: { line: number; record: Record<string, string> }[] = [];
    const headings = (names: string[]) => checkHeadings(names);
    parse(text, {
      bom: true,
      trim: true,
      skip_empty_lines: true,
      columns: headings,
      on_record: (record: Record<string, string>, context) => {
        rows.push({ line: context.lines, record });
        return null;
      },
    });
    return rows;
  } catch (error) {
    const line = error instanceof Error && "lines" in error ? Number(error.lines) : 1;
    const problem = error instanceof Error ? error.message : String(error);
    return { line, problem, rule: "cannot be read as CSV with the heading that is asked for" };
  }
}

function checkHeadings(names: string[]): string[] {
  const lower = names.map((name) =>
    name
      .trim()
      .toLowerCase()
      .replace(/[\s-]+/g, "_"),
  );
  const missing = ["id", "name"].filter((name) => !lower.includes(name));
  const unknown = lower.filter((name) => !PARTNER_HEADINGS.some((known) => known === name));
  if (missing.length > 0 || unknown.length > 0) {
    const what = missing.length > 0 ? `lacks ${missing.join(", ")}` : `has the unknown ${unknown.join(", ")}`;
    throw new Error(`the heading ${what}; it must be ${PARTNER_HEADINGS.join(",")}`);
  }
  return lower;
}

function addLine(
  partners: Map<string, { first: number; partner: PartnerImport }>,
  line: number,
  given: Line,
  defaultZone: string,
): string | undefined {
  const officer = given.officer_email === null ? [] : [{ name: given.officer_name, email: given.officer_email }];
  const partner: PartnerImport = {
    id: given.id,
    name: given.name,
    group: given.group,
    seats: given.seats === null ? null : Number(given.seats),
    fee: given.fee,
    currency: given.currency ?? "",
    contractStart: given.contract_start,
    contractEnd: given.contract_end,
    zone: given.zone === "" ? defaultZone : given.zone,
    delivery: given.delivery,
    officers: officer,
  };
  const before = partners.get(given.id);
  if (before === undefined) {
    partners.set(given.id, { first: line, partner });
    return undefined;
  }
  const alike = (one: PartnerImport) => JSON.stringify({ ...one, officers: [] });
  if (alike(before.partner) !== alike(partner))
    return `id "${given.id}" stands on line ${before.first} too, with other details`;
  const known = before.partner.officers.some(({ email }) => email === given.officer_email);
  if (officer.length === 0 || known)
    return `id "${given.id}" stands on line ${before.first} too, without a further Link Officer`;
  partners.set(given.id, {
    first: before.first,
    partner: { ...partner, officers: [...before.partner.officers, ...officer] },
  });
  return undefined;
}

function toProblem(line: number, problem: string): LineProblem {
  return { line, problem, rule: problem };
}

function toQuoted(value: string | undefined): string {
  return value === undefined ? "" : `"${value.slice(0, 60)}" `;
}
