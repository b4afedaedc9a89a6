import { describe, expect, it } from "vitest";
import { parsePartners, toPartnerTerms } from "../../../api/partners.ts";

const HEADING = "id,name,group,seats,fee,currency,contract_start,contract_end,zone,officer_name,officer_email";
const csv = (...lines: string[]) => Buffer.from([HEADING, ...lines].join("\n"));
const read = (...lines: string[]) => parsePartners(csv(...lines), "Europe/London");

describe("parsePartners()", () => {
  it("reads a Partner with its contract and its Link Officer", () => {
    expect(read('acme,"Acme, and sons",Charities,40,2200.00,GBP,2026-04-01,2027-03-31,,Sam,sam@acme.example')).toEqual({
      partners: [
        {
          id: "acme",
          name: "Acme, and sons",
          group: "Charities",
          seats: 40,
          fee: "2200.00",
          currency: "GBP",
          contractStart: "2026-04-01",
          contractEnd: "2027-03-31",
          delivery: "pdf",
          zone: "Europe/London",
          officers: [{ name: "Sam", email: "sam@acme.example" }],
        },
      ],
    });
  });

  it("takes a file with a byte-order mark, Windows line ends, other order of columns and only id and name", () => {
    const outcome = parsePartners(Buffer.from("\uFEFFName,ID\r\nAcme,acme\r\n"), "Europe/Paris");
    expect(outcome).toMatchObject({
      partners: [{ id: "acme", seats: null, fee: null, zone: "Europe/Paris", officers: [] }],
    });
  });

  it("joins the lines of a Partner with several Link Officers", () => {
    const outcome = read("acme,Acme,,,,,,,,Sam,sam@acme.example", "acme,Acme,,,,,,,,Alex,alex@acme.example");
    expect(outcome).toMatchObject({ partners: [{ officers: [{ name: "Sam" }, { name: "Alex" }] }] });
  });

  it("lists every bad line with its number, and takes nothing", () => {
    const outcome = read(
      "ok,Fine,,,,,,,,,",
      "bad id,Name,,,,,,,,,",
      "seats,Name,,many,,,,,,,",
      "day,Name,,,,,2026-02-30,,,,",
      "ends,Name,,,,,2026-05-01,2026-04-01,,,",
      "zone,Name,,,,,,,Mars/Olympus,,",
      "fee,Name,,,12,,,,,,",
      "mail,Name,,,,,,,,X,not-an-address",
    );
    expect("problems" in outcome && outcome.problems.map(({ line, problem }) => [line, problem.split(" ")[0]])).toEqual(
      [
        [3, "id"],
        [4, "seats"],
        [5, "contract_start"],
        [6, "contract_end"],
        [7, "zone"],
        [8, "currency"],
        [9, "officer_email"],
      ],
    );
  });

  it.each([
    ["an unknown heading", "id,name,nickname\na,b,c", "nickname"],
    ["a missing heading", "id,seats\na,1", "name"],
    ["no lines", `${HEADING}\n`, "no Partner"],
    ["a line with too many cells", `${HEADING}\nacme,Acme,,,,,,,,,,,,`, "columns"],
    ["an open quote", `${HEADING}\nacme,"Acme`, "Quote"],
  ])("refuses a file with %s", (_, text, word) => {
    const outcome = parsePartners(Buffer.from(text), "Europe/London");
    expect("problems" in outcome && outcome.problems[0]?.problem).toMatch(new RegExp(word, "i"));
  });

  it.each([
    ["pdf", "pdf"],
    ["link", "link"],
    ["", "pdf"],
    [" link ", "link"],
  ])("reads how officers want their records: %j", (written, delivery) => {
    const file = Buffer.from(`id,name,delivery\nacme,Acme,${written}`);
    expect(parsePartners(file, "UTC")).toMatchObject({ partners: [{ delivery }] });
  });

  it.each(["fax", "PDF", "none", "pdf link"])("refuses to bring records as %j", (written) => {
    const file = Buffer.from(`id,name,delivery\nacme,Acme,pdf\nbrook,Brook,${written}`);
    expect(parsePartners(file, "UTC")).toEqual({
      problems: [
        {
          line: 3,
          problem: `delivery "${written}" must be pdf, link or empty`,
          rule: "delivery must be pdf, link or empty",
        },
      ],
    });
  });

  it("refuses lines of one Partner that want its records in two ways", () => {
    const lines = [
      "id,name,delivery,officer_email",
      "acme,Acme,pdf,ann@acme.example",
      "acme,Acme,link,bob@acme.example",
    ];
    expect(parsePartners(Buffer.from(lines.join("\n")), "UTC")).toMatchObject({
      problems: [{ line: 3, problem: 'id "acme" stands on line 2 too, with other details' }],
    });
  });

  it("refuses a file that is not UTF-8", () => {
    expect(parsePartners(Buffer.from([0x69, 0x64, 0xff, 0xfe]), "Europe/London")).toMatchObject({
      problems: [{ line: 1 }],
    });
  });

  it("refuses two different lines for one Partner", () => {
    const outcome = read("acme,Acme,,10,,,,,,,", "acme,Acme,,20,,,,,,,");
    expect(outcome).toMatchObject({ problems: [{ line: 3 }] });
  });
});

describe("toPartnerTerms()", () => {
  it("lets the contract's last day belong to the contract, in the Partner's zone", () => {
    const outcome = read("acme,Acme,,,,,2026-04-01,2026-06-30,Europe/London,,");
    if ("problems" in outcome || outcome.partners[0] === undefined) throw new Error("the line is good");
    const terms = toPartnerTerms(outcome.partners[0]);
    expect(new Date(terms.joinedMs).toISOString()).toBe("2026-03-31T23:00:00.000Z");
    expect(new Date(terms.leftMs ?? 0).toISOString()).toBe("2026-06-30T23:00:00.000Z");
  });
});
