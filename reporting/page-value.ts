import { ABSENCES } from "../schemas/absence.ts";
import { FIGURES } from "../schemas/figures.ts";
import type { PeerBand, RecordOfEngagement } from "../schemas/record.ts";
import type { Band, Block, Column } from "./blocks.ts";
import { toAbsenceWords, toCountedWords, toCountWords, toMoneyWords, toPlainText, toShareWords } from "./words.ts";

const BAND_HEIGHT_PT = 34;

/** What the contract gives: use of its seats, cost of a use, and where the Partner stands in its peer group. */
export function toValueParts(record: RecordOfEngagement): Block[] {
  const texts = [toUtilisationWords(record), toCostWords(record)];
  return [
    { kind: "heading", text: "Value" },
    ...texts.map((text): Block => ({ kind: "paragraph", tone: "body", text })),
    ...toPeers(record),
  ];
}

function toUtilisationWords({ value, figures, partner }: RecordOfEngagement): string {
  const { share, exceeds_seats, absence } = value.utilisation;
  if (share === null || partner.seats === null) return toAbsenceWords("Utilisation", absence ?? "no_seats");
  const seats = toCountedWords(partner.seats, "licensed seat", "licensed seats");
  const more = exceeds_seats ? " More people came than there are seats." : "";
  return `Utilisation: ${toCountedWords(figures.active_people, "active person", "active people")} for ${seats}, ${toShareWords(share)}.${more}`;
}

function toCostWords({ value, figures }: RecordOfEngagement): string {
  const { amount, fee_share, currency, absence } = value.cost_per_use;
  if (amount === null || fee_share === null) return toAbsenceWords("Cost per unique request", absence ?? "no_fee");
  const share = toMoneyWords(fee_share, currency);
  const uses = toCountedWords(figures.Unique_Item_Requests, "unique request", "unique requests");
  return `Cost per unique request: ${toMoneyWords(amount, currency)} (the month’s share of the fee, ${share}, for ${uses}).`;
}

function toPeers(record: RecordOfEngagement): Block[] {
  const { peers, peers_absence } = record.value;
  const [first] = peers;
  if (peers_absence === "not_counted") return [];
  if (first === undefined) return [{ kind: "paragraph", tone: "body", text: ABSENCES[peers_absence ?? "few_peers"] }];
  const bands = peers.flatMap((peer) => toBand(record, peer) ?? []);
  const group = toPlainText(record.partner.group);
  const told = bands.map((band, index) => {
    const words = toWords(peers[index]?.figure);
    return `${band.label}: this Partner ${band.words}, middle half ${words(band.lower)} to ${words(band.upper)}, median ${words(band.median)}`;
  });
  const columns: Column[] = [
    { title: "Figure", align: "left", widthPt: "rest" },
    ...["This Partner", "Lower quartile", "Median", "Upper quartile"].map(
      (title): Column => ({ title, align: "right", widthPt: 80 }),
    ),
  ];
  const rows = bands.map((band, index) => {
    const words = toWords(peers[index]?.figure);
    return {
      cells: [band.label, band.words, words(band.lower), words(band.median), words(band.upper)].map((text) => ({
        text,
      })),
    };
  });
  return [
    {
      kind: "bands",
      caption: `Among ${toCountWords(first.partners)} Partners of the peer group “${group}” (bar: middle half; line: median; triangle: this Partner)`,
      alt: `Chart of peer bands. ${told.join("; ")}.`,
      heightPt: BAND_HEIGHT_PT * bands.length,
      bands,
    },
    { kind: "table", summary: "This Partner beside its peer group", columns, rows, linesMax: 1, isCompact: true },
  ];
}

function toBand({ figures, value }: RecordOfEngagement, peer: PeerBand): Band | undefined {
  const own = peer.figure === "utilisation" ? value.utilisation.share : figures[peer.figure];
  if (own === null) return undefined;
  const label = peer.figure === "utilisation" ? "Utilisation" : FIGURES[peer.figure].title;
  const words = toWords(peer.figure);
  return {
    label,
    lower: peer.lower_quartile,
    median: peer.median,
    upper: peer.upper_quartile,
    own,
    words: words(own),
  };
}

function toWords(figure: PeerBand["figure"] | undefined): (value: number) => string {
  return figure === "utilisation" ? toShareWords : toCountWords;
}
