import { type EpochMs, toStoreTime } from "../../schemas/ids.ts";
import type { PartnerTerms } from "../../schemas/journal.ts";
import { toKeysOnRecord } from "../../transform/known-keys.ts";
import { toDepartureMs } from "../clocks/due.ts";
import type { ServiceCommand } from "../command.ts";
import { CommandError } from "../command-io.ts";
import { replaceContacts } from "../contacts.ts";
import { readInput } from "../input-file.ts";
import { PARTNER_HEADINGS, type PartnerImport, parsePartners, toPartnerTerms } from "../partners.ts";
import type { Service } from "../service.ts";

/** `roebuck partners import FILE.csv`: Partners, their contracts and their Link Officers from the CRM. */
export const partnersImportCommand: ServiceCommand = {
  name: "partners import",
  summary: "Import Partners, their contracts and their Link Officers from a CSV file of the CRM.",
  prose: `The file is UTF-8 CSV with the heading
  ${PARTNER_HEADINGS.join(",")}
Only id and name must be filled. Days are yyyy-mm-dd, both inclusive. A Partner with several Link Officers has
several lines, alike but for the officer; officers who are no longer named are taken off. delivery is pdf, or link where
officers are to get no record by mail, only where to read it. If any line is bad, all bad
lines are listed and nothing is imported. Importing the same file again changes nothing.`,
  operands: [{ name: "FILE", prose: "the CSV file" }],
  flags: [],
  on: "service",
  async run(service, args, io) {
    const file = args.operands.FILE ?? "";
    const outcome = parsePartners(readInput(file), service.settings.defaultZone);
    if ("problems" in outcome) {
      for (const { line, problem } of outcome.problems) io.warn(`line ${line}: ${problem}`);
      throw new CommandError(
        `Cannot import "${file}": ${outcome.problems.length} bad ${outcome.problems.length === 1 ? "line" : "lines"}. Nothing was imported.`,
      );
    }
    for (const one of outcome.partners.filter((partner) => isDeparted(partner, service.clock.nowMs()))) {
      io.warn(`Partner "${one.id}" left more than three years ago; nothing of it is stored.`);
    }
    const changed = await importPartners(service, outcome.partners);
    const { destroyed } = toKeysOnRecord(service.journal().keyEvents);
    const saltless = outcome.partners.filter(
      (partner) => destroyed.has(`salt ${partner.id}`) && !isDeparted(partner, service.clock.nowMs()),
    );
    for (const { id } of saltless) {
      io.warn(
        `Partner "${id}": its salt was destroyed, so nothing of its people is kept. Take it in under another id.`,
      );
    }
    io.line(`${outcome.partners.length} Partners read, ${changed} new or with changed terms.`);
    return 0;
  },
};

/** What has gone with the three-year clock must not come back with the CRM's next file. */
function isDeparted(partner: PartnerImport, nowMs: EpochMs): boolean {
  const dueMs = toDepartureMs(toPartnerTerms(partner));
  return dueMs !== undefined && dueMs <= nowMs;
}

/** What an import works with. */
export type PartnersService = Pick<Service, "clock" | "keyFiles" | "warehouse" | "journal" | "decide">;

/** Stores Partners and tells the pipeline. Safe to repeat: a crash in the midst leaves nothing that a second import does not mend. Answers how many were new or changed. */
export async function importPartners(service: PartnersService, partners: readonly PartnerImport[]): Promise<number> {
  const now = service.clock.nowMs();
  const present = partners.filter((partner) => !isDeparted(partner, now));
  service.keyFiles.addSalts(present.map(({ id }) => id));
  await service.warehouse.insertRows(
    "partners",
    present.map((partner) => toPartnerRow(partner, now)),
  );
  const contacts = present.map(({ id, officers }) => ({ partner: id, officers }));
  await replaceContacts(service.warehouse, contacts, now);
  const known = service.journal().partners;
  const changed = partners
    .filter((partner) => !isDeparted(partner, now) || known.has(partner.id))
    .map(toPartnerTerms)
    .filter((terms) => !isAlike(known.get(terms.id), terms));
  await service.decide(changed.map((partner) => ({ kind: "partner", atMs: now, partner })));
  return changed.length;
}

function isAlike(before: PartnerTerms | undefined, now: PartnerTerms): boolean {
  return (
    before !== undefined && before.zone === now.zone && before.joinedMs === now.joinedMs && before.leftMs === now.leftMs
  );
}

function toPartnerRow(partner: PartnerImport, nowMs: EpochMs): object {
  return {
    id: partner.id,
    name: partner.name,
    peer_group: partner.group,
    seats: partner.seats,
    fee: partner.fee,
    currency: partner.currency,
    contract_start: partner.contractStart,
    contract_end: partner.contractEnd,
    zone: partner.zone,
    delivery: partner.delivery ?? "pdf",
    updated_at: toStoreTime(nowMs),
  };
}
