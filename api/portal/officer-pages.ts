import { toMarkup } from "../../reporting/html-blocks.ts";
import type { Logos } from "../../reporting/logo.ts";
import { html, type Markup, NOTHING } from "../../reporting/markup-text.ts";
import { toPage } from "../../reporting/page.ts";
import type { ListedRecord } from "../../reporting/records.ts";
import { toDayWords, toMonthWords, toPlainText } from "../../reporting/words.ts";
import { INSTRUCTION_SCOPES, type InstructionScope } from "../../schemas/journal.ts";
import type { RecordOfEngagement } from "../../schemas/record.ts";
import type { ListedContact } from "../contacts.ts";
import type { FiledInstruction } from "../rights/instructions.ts";
import type { ContactOutcome } from "./contacts.ts";
import { toLiveCharts } from "./live-charts.ts";
import type { OfficersPartner, PortalOfficer } from "./officers.ts";
import type { PortalLinkItem, PortalPage } from "./shell.ts";

/** What every page of a signed-in officer knows. */
export interface OfficerScene {
  readonly officer: PortalOfficer;
  readonly partner: OfficersPartner;
}

/** What a record can be taken away as, with the words of its link. */
export const DOWNLOADS = {
  pdf: { words: "PDF", mediaType: "application/pdf" },
  csv: { words: "CSV, for spreadsheets", mediaType: "text/csv; charset=utf-8" },
  json: { words: "JSON", mediaType: "application/json" },
} as const;

/** The address of a Partner's part of the portal. */
export function toPartnerPath(partner: string): string {
  return `/partners/${encodeURIComponent(partner)}`;
}

function toFrame({ officer, partner }: OfficerScene, part: string): Pick<PortalPage, "ways" | "path" | "foot"> {
  const base = toPartnerPath(partner.id);
  const ways: PortalLinkItem[] = [
    { path: base, words: "Records" },
    { path: `${base}/contacts`, words: "Link Officers" },
    { path: `${base}/instructions`, words: "Instructions" },
    ...(officer.partners.length > 1 ? [{ path: "/partners", words: "Other Partners" }] : []),
  ];
  const who = toPlainText(officer.name) || officer.email;
  return { ways, path: base + part, foot: `Roebuck  ·  ${toTitle(partner)}  ·  signed in: ${who}` };
}

function toTitle({ id, name }: OfficersPartner): string {
  return toPlainText(name) || id;
}

/** Somebody who is an officer of several Partners chooses one. Pure. */
export function toPartnersPage({ partners }: PortalOfficer): PortalPage {
  return {
    title: "Your Partners: Records of Engagement",
    ways: [{ path: "/partners", words: "Your Partners" }],
    path: "/partners",
    content: html`<h1>Your Partners</h1>
<ul>
${partners.map((partner) => html`<li><a href="${toPartnerPath(partner.id)}" dir="auto">${toTitle(partner)}</a></li>`)}
</ul>`,
  };
}

/** The closed months of a Partner. Pure. */
export function toRecordsPage(scene: OfficerScene, records: readonly ListedRecord[], zone: string): PortalPage {
  const { partner } = scene;
  const rows = records.map(({ month, version, closed_at, reason }) => {
    const path = `${toPartnerPath(partner.id)}/records/${month}`;
    return html`<tr class="row"><th scope="row"><a href="${path}">${toMonthWords(month)}</a></th><td>${toDayWords(closed_at, zone)}${version === 1 ? NOTHING : html` <span class="under">version ${version}: ${toPlainText(reason)}</span>`}</td><td class="files">${toDownloadLinks(path, ` of ${toMonthWords(month)}`)}</td></tr>`;
  });
  const list =
    rows.length === 0
      ? html`<p>No month is closed yet. The first record comes some days after the end of the month.</p>`
      : html`<div class="scroll" role="region" aria-label="Records" tabindex="0"><table class="full shown"><caption>Records, newest first</caption>
<thead><tr><th scope="col">Month</th><th scope="col">Closed</th><th scope="col">Download</th></tr></thead>
<tbody>
${rows}
</tbody></table></div>`;
  return {
    ...toFrame(scene, ""),
    title: `Records of Engagement: ${toTitle(partner)}`,
    content: html`<h1><span class="kicker">Records of Engagement </span><span dir="auto">${toTitle(partner)}</span></h1>
${list}`,
  };
}

function toDownloadLinks(path: string, of: string): Markup[] {
  return Object.entries(DOWNLOADS).map(
    ([format, { words }]) =>
      html`<a href="${path}/download/${format}" aria-label="${`${words}${of}`}">${words.split(",")[0] ?? ""}</a> `,
  );
}

/** A record as the page of it is, in the frame of the portal, with its charts alive where scripts run. Pure. */
export function toRecordPage(scene: OfficerScene, record: RecordOfEngagement, logos: Logos): PortalPage {
  const page = toPage(record, { logos, contact: "Questions: answer the message that brought this record." });
  const [head, ...rest] = page.blocks;
  const path = `${toPartnerPath(scene.partner.id)}/records/${record.month}`;
  const links = Object.entries(DOWNLOADS).map(
    ([format, { words }]) => html`<li><a href="${path}/download/${format}">${words}</a></li>`,
  );
  return {
    ...toFrame(scene, `/records/${record.month}`),
    title: page.title,
    foot: page.footer,
    charts: toLiveCharts(page.blocks),
    content: html`<p class="crumb"><a href="${toPartnerPath(scene.partner.id)}">All records</a></p>
${head === undefined ? NOTHING : toMarkup([head], "head")}
<nav class="downloads" aria-label="Download this record"><ul>
${links}
</ul></nav>
${toMarkup(rest)}`,
  };
}

const CONTACT_NOTES: Readonly<Record<ContactOutcome, string>> = {
  invited: "A mail is on its way. They are a Link Officer as soon as they agree by the link in it.",
  known: "That address is a Link Officer's already.",
  unreadable: "Give a name and an e-mail address.",
  "not mailed": "The mail to them could not be sent. Check the address and try again.",
  removed: "They are not a Link Officer any more. A mail tells them and the others.",
  last: "The last Link Officer cannot be taken off. Name another first; once they have agreed, take this one off.",
  unknown: "They were not a Link Officer any more.",
};

/** Who a Partner's Link Officers are, and how to hand over. Pure. */
export function toContactsPage(
  scene: OfficerScene,
  contacts: readonly ListedContact[],
  note?: ContactOutcome,
): PortalPage {
  const base = `${toPartnerPath(scene.partner.id)}/contacts`;
  const rows = contacts.map((contact) => {
    const name = toPlainText(contact.name) || contact.email;
    const you = contact.who === scene.officer.who ? html` (you)` : NOTHING;
    return html`<tr class="row"><th scope="row" dir="auto">${name}${you} <span class="under" dir="ltr">${contact.email}</span></th><td><form class="row" method="post" action="${base}/remove"><input type="hidden" name="who" value="${contact.who}"><button class="plain" aria-label="${`Take off ${name}`}">Take off</button></form></td></tr>`;
  });
  return {
    ...toFrame(scene, "/contacts"),
    title: `Link Officers: ${toTitle(scene.partner)}`,
    content: html`<h1><span class="kicker">Link Officers </span><span dir="auto">${toTitle(scene.partner)}</span></h1>
${note === undefined ? NOTHING : html`<p class="notice" role="status">${CONTACT_NOTES[note]}</p>`}
<p>Link Officers get the record of each month by e-mail, can read all of them here, and can name others. Every change is told to all of them by e-mail.</p>
<div class="scroll" role="region" aria-label="Link Officers" tabindex="0"><table class="full shown"><caption>Link Officers</caption>
<thead><tr><th scope="col">Name and e-mail address</th><th scope="col">Change</th></tr></thead>
<tbody>
${rows}
</tbody></table></div>
<h2>Name another, or hand over</h2>
<p>They get a mail and are a Link Officer once they agree. To hand over, name your successor, and take yourself off when they have agreed.</p>
<form class="form" method="post" action="${`${base}/add`}">
<label for="name">Their name</label>
<input id="name" name="name" type="text" autocomplete="off" required maxlength="200">
<label for="email">Their e-mail address</label>
<input id="email" name="email" type="email" autocomplete="off" required maxlength="254">
<button>Send them a mail</button>
</form>`,
  };
}

const SCOPES: Readonly<Record<InstructionScope, { readonly title: string; readonly prose: string }>> = {
  rights: {
    title: "Answer our people's requests",
    prose:
      "People may ask what is held about them, have it corrected, restricted or erased. With this instruction such requests are answered for you; without it we may only pass them on to you.",
  },
  named_people: {
    title: "Use by named people",
    prose:
      "With this instruction your own systems may be given what one of your people has used, by that person's user id. Without it nobody can be named.",
  },
};

/** What came of a change of an instruction. */
export type InstructionOutcome = "given" | "revoked" | "not declared" | "unchanged";

const INSTRUCTION_NOTES: Readonly<Record<InstructionOutcome, string>> = {
  given: "The instruction is on file. A mail tells your Partner's Link Officers.",
  revoked: "The instruction is not in force any more. A mail tells your Partner's Link Officers.",
  "not declared": "Nothing was changed: tick that you may give this instruction for your Partner.",
  unchanged: "Nothing was changed: it was so already.",
};

/** What a Partner, as the controller, has instructed (GDPR Art. 28(3)(a)), with the way to give and revoke it. Pure. */
export function toInstructionsPage(
  scene: OfficerScene,
  filed: readonly FiledInstruction[],
  zone: string,
  note?: InstructionOutcome,
): PortalPage {
  const base = `${toPartnerPath(scene.partner.id)}/instructions`;
  const parts = INSTRUCTION_SCOPES.map((scope) => {
    const found = filed.find((one) => one.scope === scope);
    return html`<h2 id="${scope}">${SCOPES[scope].title}</h2>
<p>${SCOPES[scope].prose}</p>
<p class="state">${found === undefined ? "Not in force." : `In force${found.sinceMs === undefined ? "" : ` since ${toDayWords(new Date(found.sinceMs).toISOString(), zone)}`}; filed as: ${toPlainText(found.reference)}.`}</p>
${toInstructionForm(base, scope, found === undefined)}`;
  });
  return {
    ...toFrame(scene, "/instructions"),
    title: `Instructions: ${toTitle(scene.partner)}`,
    content: html`<h1><span class="kicker">Instructions </span><span dir="auto">${toTitle(scene.partner)}</span></h1>
${note === undefined ? NOTHING : html`<p class="notice" role="status">${INSTRUCTION_NOTES[note]}</p>`}
<p>Your Partner is the controller of its people's data; we act on its documented instructions alone. What is given here is kept with the day and the account, and told to all Link Officers by e-mail.</p>
${parts}`,
  };
}

function toInstructionForm(base: string, scope: InstructionScope, isGiving: boolean): Markup {
  const { title } = SCOPES[scope];
  if (!isGiving)
    return html`<form class="form" method="post" action="${`${base}/${scope}/revoke`}"><button class="plain" aria-label="${`Revoke: ${title}`}">Revoke</button></form>`;
  return html`<form class="form" method="post" action="${`${base}/${scope}/give`}">
<label class="check" for="${`declare-${scope}`}"><input id="${`declare-${scope}`}" name="declared" value="yes" type="checkbox" required> <span>I may give this instruction for my Partner.</span></label>
<button aria-label="${`Give this instruction: ${title}`}">Give this instruction</button>
</form>`;
}
