import type { EpochMs } from "../../schemas/ids.ts";
import { toPartnerStanding } from "../../schemas/journal.ts";
import {
  type PeriodSettings,
  PROCESSING,
  type ProcessingRole,
  toFields,
  toRetentionWords,
} from "../../schemas/processing.ts";
import { SETTINGS } from "../../schemas/settings.ts";
import type { Service } from "../service.ts";
import { type DataPlace, toDataPlaces } from "./places.ts";

/** What the records of processing are made from. */
export type ProcessingService = Pick<Service, "settings" | "warehouse" | "clock" | "journal">;

/** One activity, as the code and the settings in force have it. */
export interface ProcessingActivity {
  readonly stores: readonly string[];
  /** Empty: no personal data. */
  readonly roles: readonly ProcessingRole[];
  readonly purpose: string;
  readonly basis: string;
  readonly concerns: string;
  readonly retention: string;
  readonly recipients: string;
  readonly fields: readonly { readonly name: string; readonly prose: string }[];
}

/** A Partner, which is the controller of its people's data. */
export interface ProcessingController {
  readonly partner: string;
  readonly name: string;
  /** Link Officers on file. */
  readonly contacts: readonly { readonly name: string; readonly email: string }[];
  /** Its instruction to answer its people is on file. */
  readonly hasInstruction: boolean;
  readonly hasLeft: boolean;
}

/** The records of processing activities of an installation (GDPR Art. 30). */
export interface ProcessingRecord {
  readonly schema: "roebuck.processing/1";
  /** When it was made, UTC. */
  readonly madeMs: EpochMs;
  /** `undefined`: the setting is not set. */
  readonly organisation: string | undefined;
  readonly contact: string | undefined;
  readonly activities: readonly ProcessingActivity[];
  /** Partners by id. */
  readonly controllers: readonly ProcessingController[];
  readonly places: readonly DataPlace[];
}

/**
 * Puts the records of processing together: what the code keeps, under the settings in force, and for whom.
 *
 * @param reaches whose Partners are named; the rest of the record is the same for everyone
 * @throws WarehouseUnavailable, WarehouseRefused
 * @see GDPR Art. 30(1), 30(2)
 */
export async function readProcessing(
  service: ProcessingService,
  reaches: (partner: string) => boolean,
): Promise<ProcessingRecord> {
  const { settings, clock } = service;
  const { organisation, privacyContact } = settings;
  return {
    schema: "roebuck.processing/1",
    madeMs: clock.nowMs(),
    organisation: organisation === SETTINGS.organisation.initial ? undefined : organisation,
    contact: privacyContact === "" ? undefined : privacyContact,
    activities: toActivities(settings),
    controllers: await readControllers(service, reaches),
    places: toDataPlaces(settings),
  };
}

/** Every activity of the code, under these periods. Pure. */
export function toActivities(settings: PeriodSettings): readonly ProcessingActivity[] {
  return PROCESSING.map((entry) => ({
    ...entry,
    retention: toRetentionWords(entry, settings),
    fields: toFields(entry),
  }));
}

async function readControllers(
  { warehouse, journal, clock }: ProcessingService,
  reaches: (partner: string) => boolean,
): Promise<readonly ProcessingController[]> {
  const names = await warehouse.rows<{ id: string; name: string }>({ sql: "SELECT id, name FROM partners FINAL" });
  const contacts = await warehouse.rows<{ partner: string; name: string; email: string }>({
    sql: "SELECT partner, name, email FROM contacts FINAL WHERE gone = 0 ORDER BY partner, email",
  });
  const nameOf = new Map(names.map(({ id, name }) => [id, name]));
  const state = journal();
  return [...state.partners.keys()]
    .filter(reaches)
    .toSorted()
    .map((partner) => ({
      partner,
      name: nameOf.get(partner) ?? partner,
      contacts: contacts.filter((one) => one.partner === partner).map(({ name, email }) => ({ name, email })),
      hasInstruction: state.instructions.get(partner)?.has("rights") === true,
      hasLeft: toPartnerStanding(state, partner, clock.nowMs()) === "left",
    }));
}

/** The record as JSON, for other registers of processing. Pure. */
export function toProcessingJson({ madeMs, organisation, contact, ...record }: ProcessingRecord): string {
  const { schema, activities, controllers, places } = record;
  const content = {
    schema,
    made_at: new Date(madeMs).toISOString(),
    organisation: organisation ?? null,
    contact: contact ?? null,
    activities,
    controllers: controllers.map(({ hasInstruction, hasLeft, ...one }) => ({
      ...one,
      instruction_on_file: hasInstruction,
      contract_ended: hasLeft,
    })),
    places,
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}
