import { randomUUID } from "node:crypto";
import { toStoreTime } from "../../schemas/ids.ts";
import { UNKNOWN_SUBJECT, writeAudit } from "../audit.ts";
import { CommandError, type CommandIo } from "../command-io.ts";
import { toKeyPlace } from "../keys/key-place.ts";
import type { Service } from "../service.ts";
import { countAffected } from "./count.ts";
import { findFirstDay } from "./first-day.ts";
import { toImpacts } from "./impact.ts";
import { type BreachReport, toRows } from "./report.ts";
import { type BreachSpan, type BreachView, toEventSpan, toGoneDays } from "./span.ts";

/** What a report of a breach needs of the service. */
export type BreachService = Pick<Service, "settings" | "warehouse" | "clock" | "journal" | "backlog">;

const ACTION = "breach.report";

/** Which incident is meant. */
export interface BreachAsked {
  readonly span: BreachSpan;
  readonly view: BreachView;
  /** Only this Partner. Default: every controller. */
  readonly partner?: string;
}

/**
 * Says who is affected by an incident, by controller. Noted in the audit trail before anything is read, and in `runs`
 * when it is done; a Partner that is not on file is refused, and that is noted, too.
 *
 * @throws CommandError if the Partner is not on file
 * @throws WarehouseUnavailable, WarehouseRefused
 * @see GDPR Art. 33(2), 33(3)
 */
export async function reportBreach(
  service: BreachService,
  { span, view, partner }: BreachAsked,
  actor: string,
  io: Pick<CommandIo, "progress" | "signal">,
): Promise<BreachReport> {
  const { settings, warehouse, clock, journal } = service;
  if (partner !== undefined && !journal().partners.has(partner)) {
    // What was typed may be a name: only ids on file stand in the trail.
    await writeAudit(service, {
      actor,
      action: ACTION,
      subject: UNKNOWN_SUBJECT,
      detail: { refused: "partner_unknown" },
    });
    throw new CommandError(
      `Cannot report a breach for Partner "${partner}": no Partner of that id is on file. \`roebuck breach\` without --partner covers everyone.`,
    );
  }
  const startedMs = clock.nowMs();
  const asked = { what: view, from: toStoreTime(span.fromMs), until: toStoreTime(span.untilMs) };
  await writeAudit(service, { actor, action: ACTION, subject: partner ?? "everyone", detail: asked });
  const only = partner === undefined ? {} : { only: partner };
  const waiting = await service.backlog();
  const counted = await countAffected(warehouse, { events: toEventSpan(view, span), ...only }, io);
  const firstDay = await findFirstDay(warehouse, journal());
  const impacts = toImpacts(counted, journal(), { span, view, nowMs: startedMs, ...only });
  const found = new Set(impacts.map((impact) => impact.partner));
  const report: BreachReport = {
    schema: "roebuck.breach/1",
    view,
    span,
    madeMs: startedMs,
    organisation: settings.organisation,
    contact: settings.privacyContact,
    keyPlace: toKeyPlace(settings),
    goneDays: toGoneDays(view, span, startedMs, settings.retentionDays, firstDay),
    waiting,
    impacts,
    unaffected: partner === undefined ? [...journal().partners.keys()].filter((id) => !found.has(id)).toSorted() : [],
  };
  await noteRun(service, report, partner ?? "everyone", asked);
  return report;
}

async function noteRun({ warehouse, clock }: BreachService, report: BreachReport, subject: string, asked: object) {
  const detail = {
    ...asked,
    controllers: report.impacts.length,
    rows: report.impacts.reduce((sum, impact) => sum + toRows(impact), 0),
  };
  const row = {
    id: randomUUID(),
    kind: "breach",
    subject,
    started_at: toStoreTime(report.madeMs),
    ended_at: toStoreTime(clock.nowMs()),
    outcome: "done",
    detail: JSON.stringify(detail),
  };
  await warehouse.insertRows("runs", [row]);
}
