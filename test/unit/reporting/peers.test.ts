import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Peer, toPeerBands } from "../../../reporting/peers.ts";

/** Partners `p0`, `p1` ... of one group with these unique requests, seats for all, as many active people as requests. */
function somePeers(requests: readonly number[], given: Partial<Peer> = {}): Peer[] {
  return requests.map((value, at) => ({
    partner: `p${at}`,
    group: "Charities",
    seats: 100,
    Unique_Item_Requests: value,
    active_people: value,
    ...given,
  }));
}

describe("toPeerBands()", () => {
  it("gives median and middle half over the Partner and its peers", () => {
    const [requests, people, utilisation] = toPeerBands("p0", somePeers([1, 2, 3, 4, 5, 6, 7, 8, 9]));
    const band = { partners: 9, lower_quartile: 3, median: 5, upper_quartile: 7 };
    expect(requests).toEqual({ figure: "Unique_Item_Requests", ...band });
    expect(people).toEqual({ figure: "active_people", ...band });
    expect(utilisation).toEqual({
      ...{ figure: "utilisation", partners: 9 },
      ...{ lower_quartile: 0.03, median: 0.05, upper_quartile: 0.07 },
    });
  });

  it("lies between two Partners where the quartile does, as a spreadsheet's QUARTILE.INC", () => {
    const [band] = toPeerBands("p0", somePeers([10, 20, 30, 40, 50, 61]));
    expect(band).toMatchObject({ lower_quartile: 22.5, median: 35, upper_quartile: 47.5 });
  });

  it.each([
    ["5 others", 6, 3],
    ["4 others", 5, 0],
    ["nobody else", 1, 0],
  ])("with %s", (_, partners, bands) => {
    expect(toPeerBands("p0", somePeers(Array.from({ length: partners }, () => 7)))).toHaveLength(bands);
  });

  it("counts only Partners of the same group, and a Partner in no group has no peers", () => {
    const others = somePeers([1, 1, 1, 1, 1, 1], { group: "Councils" });
    const own = { ...somePeers([9])[0], partner: "own" } as Peer; // somePeers() made one
    expect(toPeerBands("own", [own, ...others])).toEqual([]);
    const none = somePeers([1, 2, 3, 4, 5, 6], { group: "" });
    expect(toPeerBands("p0", none)).toEqual([]);
  });

  it("compares utilisation only among Partners with seats, and shows none to one without", () => {
    const peers = somePeers([1, 2, 3, 4, 5, 6, 7]).map((peer, at) => (at === 6 ? { ...peer, seats: null } : peer));
    expect(toPeerBands("p0", peers).map(({ partners }) => partners)).toEqual([7, 7, 6]);
    expect(toPeerBands("p6", peers).map(({ figure }) => figure)).toEqual(["Unique_Item_Requests", "active_people"]);
  });

  it("is the same for every order, in order itself, and within what the group has", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000), { minLength: 6, maxLength: 40 }), (requests) => {
        const peers = somePeers(requests);
        const [band] = toPeerBands("p0", peers);
        expect(toPeerBands("p0", peers.toReversed())[0]).toEqual(band);
        const { lower_quartile = -1, median = -1, upper_quartile = -1 } = band ?? {};
        expect(lower_quartile).toBeGreaterThanOrEqual(Math.min(...requests));
        expect(median).toBeGreaterThanOrEqual(lower_quartile);
        expect(upper_quartile).toBeGreaterThanOrEqual(median);
        expect(upper_quartile).toBeLessThanOrEqual(Math.max(...requests));
        const below = requests.filter((value) => value < median).length;
        const above = requests.filter((value) => value > median).length;
        expect(Math.max(below, above)).toBeLessThanOrEqual(requests.length / 2);
      }),
    );
  });
});
