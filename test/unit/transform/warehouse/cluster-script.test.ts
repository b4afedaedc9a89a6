import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  SHARDING_KEYS,
  toClusterStatements,
  toLocalTable,
  toWholeTable,
} from "../../../../transform/warehouse/cluster-script.ts";
import { MIGRATIONS_FOLDER } from "../../../../transform/warehouse/migrate.ts";
import { toSections, toStatements } from "../../../../transform/warehouse/sql-script.ts";

const CLUSTER = { name: "main", database: "roebuck" };
const read = (file: string) => readFileSync(join(MIGRATIONS_FOLDER, file), "utf8");

describe("toClusterStatements()", () => {
  test("makes a table of events a replicated one on each shard, and a distributed one over it", () => {
    const statement = `-- Why it is there.
CREATE TABLE IF NOT EXISTS engagement
(
    partner LowCardinality(String),
    event_id UUID
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(at)
ORDER BY (partner, event_id)`;
    expect(toClusterStatements(statement, CLUSTER)).toEqual([
      `CREATE TABLE IF NOT EXISTS engagement_local ON CLUSTER 'main'
(
    partner LowCardinality(String),
    event_id UUID
)
ENGINE = ReplicatedMergeTree
PARTITION BY toYYYYMMDD(at)
ORDER BY (partner, event_id)`,
      `CREATE TABLE IF NOT EXISTS engagement ON CLUSTER 'main' AS engagement_local
ENGINE = Distributed('main', 'roebuck', engagement_local, if(partner = '', cityHash64(event_id), cityHash64(partner)))`,
    ]);
  });

  const cases: readonly [string, string, readonly string[]][] = [
    [
      "keeps what a summing table sums",
      "CREATE TABLE IF NOT EXISTS statistics_hourly (views UInt64) ENGINE = SummingMergeTree((views, visits)) ORDER BY site",
      [
        "CREATE TABLE IF NOT EXISTS statistics_hourly_local ON CLUSTER 'main' (views UInt64) ENGINE = ReplicatedSummingMergeTree((views, visits)) ORDER BY site",
        "CREATE TABLE IF NOT EXISTS statistics_hourly ON CLUSTER 'main' AS statistics_hourly_local\nENGINE = Distributed('main', 'roebuck', statistics_hourly_local, cityHash64(site, path))",
      ],
    ],
    [
      "puts a small table whole on every node",
      "CREATE TABLE IF NOT EXISTS partners (id String) ENGINE = ReplacingMergeTree(updated_at) ORDER BY id",
      [
        "CREATE TABLE IF NOT EXISTS partners ON CLUSTER 'main' (id String) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/every_node', '{shard}-{replica}', updated_at) ORDER BY id",
      ],
    ],
    [
      "replaces a view on every node",
      "CREATE OR REPLACE VIEW engagement_v1 AS SELECT 1",
      ["CREATE OR REPLACE VIEW engagement_v1 ON CLUSTER 'main' AS SELECT 1"],
    ],
    [
      "makes a view on every node",
      "CREATE VIEW IF NOT EXISTS drops_daily AS SELECT 1",
      ["CREATE VIEW IF NOT EXISTS drops_daily ON CLUSTER 'main' AS SELECT 1"],
    ],
    [
      "makes roles, quotas and grants on every node",
      "CREATE QUOTA IF NOT EXISTS q KEYED BY user_name TO r",
      ["CREATE QUOTA IF NOT EXISTS q ON CLUSTER 'main' KEYED BY user_name TO r"],
    ],
    ["grants on every node", "GRANT SELECT ON t TO r", ["GRANT ON CLUSTER 'main' SELECT ON t TO r"]],
    [
      "deletes where the rows are",
      "ALTER TABLE engagement DELETE WHERE partner = 'a'",
      ["ALTER TABLE engagement_local ON CLUSTER 'main' DELETE WHERE partner = 'a'"],
    ],
    [
      "drops a day where the rows are",
      "ALTER TABLE behaviour DROP PARTITION 20261124",
      ["ALTER TABLE behaviour_local ON CLUSTER 'main' DROP PARTITION 20261124"],
    ],
    [
      "adds a column to the rows first, and then to what is over them",
      "ALTER TABLE feedback ADD COLUMN IF NOT EXISTS x UInt8",
      [
        "ALTER TABLE feedback_local ON CLUSTER 'main' ADD COLUMN IF NOT EXISTS x UInt8",
        "ALTER TABLE feedback ON CLUSTER 'main' ADD COLUMN IF NOT EXISTS x UInt8",
      ],
    ],
    [
      "changes a small table once",
      "ALTER TABLE partners ADD COLUMN x UInt8",
      ["ALTER TABLE partners ON CLUSTER 'main' ADD COLUMN x UInt8"],
    ],
  ];
  test.each(cases)("%s", (_, statement, expected) => {
    expect(toClusterStatements(statement, CLUSTER)).toEqual(expected);
  });

  test.each(["INSERT INTO t SELECT 1", "CREATE TABLE t (x UInt8) ENGINE = MergeTree ORDER BY x", "DROP TABLE t"])(
    "throws for %s, for which there is no rule",
    (statement) => {
      expect(() => toClusterStatements(statement, CLUSTER)).toThrow("there is no rule");
    },
  );

  test("throws for a name that is none of a cluster", () => {
    expect(() => toClusterStatements("GRANT x TO y", { name: "a' b", database: "d" })).toThrow(
      'Cannot use the cluster "a\' b"',
    );
  });

  test("turns every migration of the release into replicated tables, and makes no table on one node only", () => {
    for (const file of [
      "0001_first_tables.sql",
      "0002_views_and_roles.sql",
      "0006_attendance.sql",
      "0007_delivery.sql",
    ]) {
      const { everywhere, accessControl } = toSections(read(file));
      for (const statement of toStatements(`${everywhere}\n;${accessControl}`)) {
        for (const sql of toClusterStatements(statement, CLUSTER)) {
          expect(sql.match(/ ON CLUSTER 'main'/g)).toHaveLength(1);
          expect(sql).not.toMatch(/ENGINE = (?!Replicated|Distributed)/);
        }
      }
    }
  });

  test("knows a sharding key for no table that is not there", () => {
    const scripts = `${read("0001_first_tables.sql")}${read("0006_attendance.sql")}`;
    for (const table of Object.keys(SHARDING_KEYS)) {
      expect(scripts).toContain(`CREATE TABLE IF NOT EXISTS ${table}\n`);
    }
  });
});

test("toLocalTable() and toWholeTable() lead there and back", () => {
  for (const table of ["engagement", "partners", "drops"]) expect(toWholeTable(toLocalTable(table))).toBe(table);
  expect(toLocalTable("engagement")).toBe("engagement_local");
  expect(toLocalTable("partners")).toBe("partners");
});
