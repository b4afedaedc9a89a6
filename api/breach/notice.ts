import { toMarkdownTable, toMarkdownText } from "../../schemas/markup.ts";
import type { Impact, ImpactLine } from "./impact.ts";
import { type BreachReport, TO_FILL_IN, toPeopleWords, VIEW_WORDS } from "./report.ts";
import { toTime } from "./span.ts";

const COUNT = new Intl.NumberFormat("en-GB");
const toCount = (count: number) => COUNT.format(count);

function toGap(name: keyof typeof TO_FILL_IN): string {
  return `**[to be filled in: ${TO_FILL_IN[name]}]**`;
}

/**
 * One controller's notice in Markdown: what GDPR Art. 33(3) asks for, with the numbers, and gaps for what only the
 * officer knows. Small numbers are not withheld: the controller must know exactly. Pure.
 */
export function toNotice(report: BreachReport, impact: Impact): string {
  const own = impact.partner === "";
  const organisation = toMarkdownText(report.organisation);
  return `${[
    `# Notice of a personal data breach: ${toMarkdownText(impact.name)}`,
    own
      ? `Of ${organisation}, which is the controller of these accounts itself: for its own notification of the supervisory authority within 72 hours (GDPR Art. 33(1)), and of the people where the risk is high (Art. 34).`
      : `From ${organisation}, processor, to ${toMarkdownText(impact.name)}, controller, without undue delay (GDPR Art. 33(2)). You need it for your own notification within 72 hours (Art. 33(1)).`,
    toMarkdownTable(
      ["", ""],
      [
        ["Incident", toGap("incident_reference")],
        ["From", toTime(report.span.fromMs)],
        ["Until", toTime(report.span.untilMs)],
        ["Counted at", toTime(report.madeMs)],
        ["What is counted", VIEW_WORDS[report.view]],
        ...(own ? [] : [["To", impact.officers.map(toOfficer).join("; ") || "**no Link Officer is on file**"]]),
        ["We became aware", toGap("aware_at")],
      ],
    ),
    "## 1. What happened",
    toGap("nature"),
    ...toAffectedText(report, impact),
    "## 4. Whom you can ask",
    report.contact === ""
      ? `${organisation}: **[to be filled in: name and contact of the data protection officer or contact point; ROEBUCK\\_PRIVACY\\_CONTACT sets it]**`
      : `${organisation}, ${toMarkdownText(report.contact)}.`,
    "## 5. Likely consequences",
    ...toConsequenceFacts(report),
    toGap("likely_consequences"),
    "## 6. Measures taken or proposed",
    toGap("measures"),
    "## 7. Asking about a named person",
    toPersonText(impact),
  ].join("\n\n")}\n`;
}

function toAffectedText(report: BreachReport, impact: Impact): string[] {
  if (impact.lines.length === 0)
    return [
      "## 2. Who is affected",
      "Nothing of these people is found in the stores for this time.",
      ...toLosses(report, impact),
    ];
  return [
    "## 2. Who is affected",
    `**${toPeopleWords(impact)}**${impact.restricted > 0 ? `, among them at most ${toCount(impact.restricted)} whose processing is restricted` : ""}.`,
    "Only pseudonyms are stored. A person has another one after each change of keys, and others where something rests on consent, so that the same person can stand behind several: hence the fewest and the most. Lines of the table must not be added up.",
    "## 3. Which data",
    toMarkdownTable(
      ["Data", "Records", "People, at most", "Without a person", "Days (UTC)"],
      impact.lines.flatMap((line) => [toLineRow(line), ...toPartRows(line)]),
    ),
    "What the records hold:",
    impact.lines.map(({ title, prose, purpose }) => `- **${title}** (purpose: ${purpose}): ${prose}.`).join("\n"),
    ...(impact.officers.length === 0
      ? []
      : [
          `Besides, names and e-mail addresses of your Link Officers (${toCount(impact.officers.length)} on file now).`,
        ]),
    "Not stored, and so not affected: names, user ids and e-mail addresses of the people, passwords, IP addresses, keystrokes, form values, page contents. Anonymous sums and closed records hold no personal data.",
    ...toLosses(report, impact),
  ];
}

function toLineRow({ title, rows, people, unlinked, days }: ImpactLine): string[] {
  const span =
    days === null
      ? ""
      : days.first === days.last
        ? days.first
        : `${days.first} to ${days.last}, ${toCount(days.count)} days`;
  return [`**${title}**`, toCount(rows), toCount(people), toCount(unlinked), span];
}

function toPartRows({ parts }: ImpactLine): string[][] {
  return parts
    .filter(({ rows }) => rows > 0)
    .map(({ title, rows, people }) => [`of which ${title}`, toCount(rows), toCount(people), "", ""]);
}

/** What was there and can no longer be counted. */
function toLosses({ goneDays, view, waiting }: BreachReport, { erasedSince }: Impact): string[] {
  const losses: string[] = [];
  if (goneDays !== undefined)
    losses.push(
      `Rows of ${goneDays.first} to ${goneDays.last} were there and have been deleted since, because their time was over: they are affected and cannot be counted any more.`,
    );
  if (erasedSince > 0)
    losses.push(
      `${toCount(erasedSince)} ${erasedSince === 1 ? "person has" : "people have"} been erased since the incident began: they are affected and no longer among the counts.`,
    );
  if (waiting > 0) losses.push(`${toCount(waiting)} records wait on the log to be stored and are not counted yet.`);
  if (view === "exposed")
    losses.push(
      "Rows are told by when things happened: history that was imported after the incident is counted, too, so that no count is too low.",
    );
  return losses;
}

/** What is known of how bad it can be; never that it is harmless. */
export function toConsequenceFacts({ keyPlace }: Pick<BreachReport, "keyPlace">): string[] {
  return [
    [
      "- The records are pseudonymised (GDPR Art. 4(5)): whoever has them cannot tell who a person is without the keys, and cannot tell that two pseudonyms are one person's.",
      `- ${KEY_WORDS[keyPlace]}`,
      "- A department, the words of searches and comments, and the pages and times of a person can still point to somebody whom one knows. Free text is masked by pattern (e-mail addresses, numbers), so a name in it can have stayed.",
    ].join("\n"),
  ];
}

const KEY_WORDS = {
  command:
    "The keys lay in a key store of their own, outside the stores of the records. If it was reached, too, pseudonyms can be made from user ids by whoever has a list of these.",
  folder:
    "The keys lay in files of their own, outside the folder of the records. If they were reached, too, pseudonyms can be made from user ids by whoever has a list of these.",
  data: "**The key files lay in the data folder, beside the records.** If the whole folder was reached, pseudonyms can be made from user ids by whoever has a list of these.",
} as const;

function toPersonText({ partner, hasInstruction, hasLeft }: Impact): string {
  if (partner === "")
    return "`roebuck subject lookup --acct subscriber` (or `public`) says what is held of a person whose user id is known.";
  return [
    "No list of names can be made: only pseudonyms are stored. If you want to know what was held of a certain person, send us the user id that the website knows the person by, over a way that only you and we can read; we answer with what is held by kind and day (`roebuck subject lookup`).",
    hasInstruction
      ? "Your instruction to answer for your people is on file."
      : "**Your instruction to answer for your people is not on file:** send it in writing with the first question.",
    ...(hasLeft ? ["Your contract has ended; what is left of your people's data goes by the agreed clock."] : []),
  ].join(" ");
}

function toOfficer({ name, email }: { readonly name: string; readonly email: string }): string {
  return `${toMarkdownText(name)} <${toMarkdownText(email)}>`.replace("<", "&lt;").replace(/>$/, "&gt;");
}
