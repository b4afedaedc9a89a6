// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text of templates is what is looked at
import { describe, expect, it } from "vitest";
import { findMixtures } from "./purposes.ts";
import { readStatements, type Statement, toLiterals, toStatements } from "./sql-statements.ts";

/** A statement that reads behaviour beside another purpose, and why it may. */
interface Exception {
  readonly path: string;
  /** What stands in that statement and in no other of the file. */
  readonly holds: string;
  readonly reason: string;
}

const EXCEPTIONS: readonly Exception[] = [
  {
    path: "reporting/queries/rows_by_partner.sql",
    holds: "sum(n) AS value",
    reason: "How many rows each Partner has, to share the Partners out: no person is read.",
  },
  {
    path: "reporting/queries/days_seen.sql",
    holds: "toString(day) AS day",
    reason: "Whether anything came on a day at all, from anybody: no person is read.",
  },
  {
    path: "reporting/queries/steps/others.sql",
    holds: "{others:Identifier}",
    reason: "How counted: event ids and times alone go on, so that received = counted + removed + dropped.",
  },
  {
    path: "reporting/queries/steps/outside.sql",
    holds: "{outside:Identifier}",
    reason: "How counted: an event id that came twice counts once; ids and times alone go on.",
  },
  {
    path: "api/breach/questions.ts",
    holds: "uniqExact(pseudonym) AS people",
    reason: "How many pseudonyms an incident touches, by Partner: different ones are added up, none is matched.",
  },
  {
    path: "api/clocks/silent-people.ts",
    holds: "toString(max(day)) AS last",
    reason: "The two-year clock: the last day of the people whom the journal names, so that they are forgotten.",
  },
  {
    path: "api/keys/known-at-open.ts",
    holds: "SELECT partner FROM",
    reason: "Whether a Partner whose salt is missing has any row: no person is read.",
  },
  {
    path: "api/rights/erase.ts",
    holds: "uniqExact(person)",
    reason: "Erasure of the people who asked: how many of them had any row.",
  },
  {
    path: "api/rights/restate.ts",
    holds: "day_ms",
    reason: "Rights of the people who asked: which closed months count them; days alone are answered.",
  },
];

const isOf = ({ path, holds }: Exception, statement: Statement) =>
  statement.path === path && statement.sql.includes(holds);

describe("every statement that ships", () => {
  const statements = readStatements();
  const mixtures = findMixtures(statements);

  it("is looked at: queries, migrations, code of each folder that asks the store, and the README", () => {
    const paths = new Set(statements.map(({ path }) => path));
    for (const path of [
      "reporting/queries/steps/rows.sql",
      "schemas/migrations/0006_attendance.sql",
      "api/rights/held-data.ts",
      "api/clocks/partner-export.ts",
      "transform/warehouse/migrate.ts",
      "README.md",
    ]) {
      expect([...paths]).toContain(path);
    }
  });

  it("reads behaviour for itself, or is named here with the reason why not", () => {
    const unnamed = mixtures.filter((mixture) => !EXCEPTIONS.some((exception) => isOf(exception, mixture)));
    expect(
      unnamed.map(({ path, purposes, sql }) => `${path} brings ${purposes.join(" and ")} together: ${sql}`),
    ).toEqual([]);
  });

  it.each(EXCEPTIONS)("needs its exception in $path: $reason", (exception) => {
    expect(mixtures.filter((mixture) => isOf(exception, mixture))).toHaveLength(1);
  });

  it("shows analysts views of one purpose each", () => {
    const views = statements.filter(({ sql }) => /CREATE (?:OR REPLACE )?VIEW/.test(sql));
    expect(views.length).toBeGreaterThan(5);
    expect(findMixtures(views)).toEqual([]);
  });
});

const step = (name: string, select: string) =>
  `CREATE OR REPLACE TABLE {${name}:Identifier} ENGINE = Memory AS ${select}`;

describe("findMixtures()", () => {
  const of = (...sqls: string[]) => findMixtures(sqls.map((sql) => ({ path: "x.sql", sql }))).length;

  it.each<[string, ...string[]]>([
    ["a join", "SELECT * FROM engagement AS e INNER JOIN behaviour AS b ON e.pseudonym = b.pseudonym"],
    ["a join of views", "SELECT path FROM behaviour_v1 JOIN engagement_v1 USING (pseudonym)"],
    ["a list of tables", "SELECT e.path FROM engagement AS e, behaviour AS b WHERE e.pseudonym = b.pseudonym"],
    ["a list of tables without AS", "SELECT e.path FROM behaviour b, engagement e WHERE e.pseudonym = b.pseudonym"],
    ["a sub-query", "SELECT path FROM engagement WHERE pseudonym IN (SELECT pseudonym FROM behaviour)"],
    ["a union", "SELECT pseudonym FROM attendance UNION ALL SELECT pseudonym FROM behaviour"],
    ["feedback with behaviour", "SELECT score FROM feedback JOIN behaviour USING (partner, pseudonym)"],
    [
      "a database before the name",
      "SELECT 1 FROM default.behaviour AS b JOIN default.engagement AS e USING (pseudonym)",
    ],
    ["quoted names", "SELECT 1 FROM `behaviour` AS b JOIN `engagement` AS e USING (pseudonym)"],
    ["small letters over lines", "select 1\nfrom behaviour\n  left join\n  attendance using (pseudonym)"],
    [
      "sets of people",
      'SELECT 1 FROM (SELECT 1 ${toSetRows("engagement")} UNION ALL SELECT 1 ${toSetRows("behaviour")})',
    ],
    [
      "a list in the code",
      "SELECT 1 FROM (${NAMES.map((table) => `SELECT pseudonym FROM ${table}`).join(' UNION ALL ')})",
    ],
    ["a pattern of tables", "SELECT pseudonym FROM merge('.*')"],
    [
      "steps that hand people on",
      step("used", "SELECT partner, pseudonym, path FROM engagement"),
      step("calm", "SELECT * FROM behaviour WHERE engaged_ms > 0"),
      "SELECT count() FROM {used:Identifier} AS used JOIN {calm:Identifier} AS calm USING (pseudonym)",
    ],
    [
      "a step of a step",
      step("one", "SELECT pseudonym FROM behaviour"),
      step("two", "SELECT pseudonym AS person_no FROM {one:Identifier}"),
      "SELECT person_no FROM {two:Identifier} WHERE person_no IN (SELECT pseudonym FROM engagement)",
    ],
    [
      "one branch of a step",
      step("both", "SELECT event_id, '' FROM drops UNION ALL SELECT event_id, pseudonym FROM behaviour"),
      "SELECT * FROM {both:Identifier} JOIN engagement USING (pseudonym)",
    ],
  ])("finds %s", (_, ...sqls) => {
    expect(of(...sqls)).toBe(1);
  });

  it.each<[string, ...string[]]>([
    ["one purpose", "SELECT pseudonym, count() FROM behaviour GROUP BY pseudonym"],
    [
      "engagement with attendance, which is of the same purpose",
      "SELECT 1 FROM engagement JOIN attendance USING (pseudonym)",
    ],
    [
      "behaviour without those who are restricted",
      "SELECT 1 FROM behaviour WHERE pseudonym NOT IN (SELECT pseudonym FROM restricted)",
    ],
    ["a column of that name", "SELECT engagement, behaviour FROM records"],
    [
      "a table that is known when it runs, alone",
      "SELECT count() FROM ${table} AS source INNER JOIN {set:Identifier} AS asked ON 1",
    ],
    [
      "steps that hand on no person",
      step(
        "ids",
        "SELECT event_id FROM behaviour WHERE (partner, pseudonym) NOT IN (SELECT partner, pseudonym FROM restricted)",
      ),
      "SELECT pseudonym FROM engagement WHERE event_id IN (SELECT event_id FROM {ids:Identifier})",
    ],
  ])("lets pass %s", (_, ...sqls) => {
    expect(of(...sqls)).toBe(0);
  });
});

describe("the reading of statements", () => {
  it("toLiterals() takes a template whole, with what stands in its holes, and no comment or expression", () => {
    const text = [
      "// SELECT `a` FROM comment",
      "/* `SELECT b` */",
      'const quoted = /["`]/.test(x) ? "SELECT \\"c\\"" : \'d\';',
      "const sql = `SELECT ${names.map((name) => `e.${name}`).join(', ')} FROM f -- ${\"}\"}`;",
    ].join("\n");
    expect(toLiterals(text)).toEqual([
      'SELECT \\"c\\"',
      "d",
      "SELECT ${names.map((name) => `e.${name}`).join(', ')} FROM f -- ${\"}\"}",
    ]);
  });

  it("toStatements() parts a script and leaves its comments out", () => {
    expect(toStatements("-- one; two\nSELECT 1;\n\nSELECT 2 -- three\n;\n")).toEqual(["SELECT 1", "SELECT 2"]);
  });
});
