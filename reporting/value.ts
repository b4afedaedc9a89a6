import type { Absence } from "../schemas/absence.ts";
import type { Figures } from "../schemas/figures.ts";
import type { PeerBand, RecordPartner, Value } from "../schemas/record.ts";

const DAY_MS = 86_400_000;

/** First and last day of a month, `yyyy-mm-dd`, both inclusive. */
interface Period {
  readonly begin: string;
  readonly end: string;
}

/**
 * What the contract gives for what it costs, from what one version of a record froze. Pure.
 *
 * @param peers frozen at close; empty where the peer group was too small
 * @param isCounted false if the release that closed the month made no bands
 */
export function toValue(
  partner: RecordPartner,
  figures: Figures,
  period: Period,
  peers: readonly PeerBand[],
  isCounted: boolean,
): Value {
  return {
    utilisation: toUtilisation(partner.seats, figures.active_people),
    cost_per_use: toCostPerUse(partner, figures.Unique_Item_Requests, period),
    peers,
    peers_absence: peers.length > 0 ? null : toPeersAbsence(partner, isCounted),
  };
}

function toPeersAbsence({ group }: RecordPartner, isCounted: boolean): Absence {
  if (!isCounted) return "not_counted";
  return group === "" ? "no_group" : "few_peers";
}

/** Active people / seats. More people than seats is possible: seats are what is paid for, not a limit. Pure. */
export function toUtilisation(seats: number | null, activePeople: number): Value["utilisation"] {
  if (seats === null || seats === 0) return { share: null, exceeds_seats: false, absence: "no_seats" };
  return { share: toRounded(activePeople / seats, 4), exceeds_seats: activePeople > seats, absence: null };
}

/**
 * The month's share of the fee / unique requests: the fee is for the whole contract and is shared out by its days, of
 * which those in the month count. Pure.
 */
export function toCostPerUse(
  partner: Pick<RecordPartner, "fee" | "currency" | "contract_start" | "contract_end">,
  requests: number,
  period: Period,
): Value["cost_per_use"] {
  const { fee, currency, contract_start: start, contract_end: end } = partner;
  const none = (absence: Absence) => ({ amount: null, fee_share: null, currency, absence });
  if (fee === null) return none("no_fee");
  if (start === null || end === null) return none("no_contract_dates");
  const [, first = ""] = [start, period.begin].toSorted();
  const [last = ""] = [end, period.end].toSorted();
  const days = toDays(first, last);
  if (days <= 0) return none("out_of_contract");
  const share = (fee * days) / toDays(start, end);
  const fee_share = toRounded(share, 2);
  if (requests === 0) return { amount: null, fee_share, currency, absence: "no_requests" };
  return { amount: toRounded(share / requests, 2), fee_share, currency, absence: null };
}

/** Days from one to the other, both included; not positive if they are the wrong way round. */
function toDays(first: string, last: string): number {
  return Math.round((Date.parse(last) - Date.parse(first)) / DAY_MS) + 1;
}

function toRounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
