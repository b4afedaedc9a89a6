import { PEER_FIGURES, type PeerBand, type PeerFigure } from "../schemas/record.ts";
import { toUtilisation } from "./value.ts";

/** Others of the group that a band needs, so that no one's figure can be told from it (COUNTER 5.1, 10.2). */
const OTHERS_MIN = 5;

/** What a Partner with a record of the month brings into the band of its group. */
export interface Peer {
  readonly partner: string;
  /** Empty if it is in no group. */
  readonly group: string;
  readonly seats: number | null;
  readonly Unique_Item_Requests: number;
  readonly active_people: number;
}

/**
 * Median and middle half of each figure over the Partner's peer group, itself among them, where there are at least
 * 5 others that have the figure. A Partner that lacks the figure (no seats, no utilisation) sees no band of it. Pure.
 *
 * @param peers all Partners with a record of the month, the Partner itself among them
 */
export function toPeerBands(partner: string, peers: readonly Peer[]): readonly PeerBand[] {
  const own = peers.find((peer) => peer.partner === partner);
  if (own === undefined || own.group === "") return [];
  const group = peers.filter((peer) => peer.group === own.group);
  return PEER_FIGURES.flatMap((figure) => {
    const values = group.flatMap((peer) => toFigure(peer, figure) ?? []).sort((a, b) => a - b);
    if (toFigure(own, figure) === null || values.length <= OTHERS_MIN) return [];
    const [lower_quartile, median, upper_quartile] = [
      toQuantile(values, 1),
      toQuantile(values, 2),
      toQuantile(values, 3),
    ];
    return [{ figure, partners: values.length, lower_quartile, median, upper_quartile }];
  });
}

function toFigure(peer: Peer, figure: PeerFigure): number | null {
  return figure === "utilisation" ? toUtilisation(peer.seats, peer.active_people).share : peer[figure];
}

/** The quartile by straight line between the two nearest values, to four decimals, as spreadsheets do (QUARTILE.INC). */
function toQuantile(sorted: readonly number[], quarter: 1 | 2 | 3): number {
  const place = ((sorted.length - 1) * quarter) / 4;
  const below = sorted[Math.floor(place)] ?? 0;
  const above = sorted[Math.ceil(place)] ?? below;
  return Number((below + (above - below) * (place % 1)).toFixed(4));
}
