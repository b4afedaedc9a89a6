/** A ClickHouse cluster that the tables are spread over. */
export interface Cluster {
  /** As in the servers' `remote_servers`; with `internal_replication`, so that a row is sent to one replica of its shard. */
  readonly name: string;
  /** The database of the tables, on every node. */
  readonly database: string;
}

/** A Partner's rows are on one shard; people of no Partner, who could be many, are spread by event. */
const BY_PARTNER = "if(partner = '', cityHash64(event_id), cityHash64(partner))";

/**
 * Tables that grow with traffic, and what decides the shard of a row.
 *
 * Every other table is small and stands whole on every node, so that it can be joined and read with FINAL anywhere.
 * No figure relies on where a row lies: a shard that is added later leaves old rows where they are. The key depends
 * on nothing but the row, so that a repeated insert sends each shard the same rows under the same token.
 */
export const SHARDING_KEYS: Readonly<Record<string, string>> = {
  engagement: BY_PARTNER,
  behaviour: BY_PARTNER,
  feedback: BY_PARTNER,
  attendance: BY_PARTNER,
  drops: BY_PARTNER,
  statistics_hourly: "cityHash64(site, path)",
};

/**
 * What every statement to a cluster needs.
 *
 * An INSERT is answered when the shards have the rows, not when the first node has noted them. Its settings go with
 * it to each shard (ClickHouse's test 00563 holds it to that), so each shard knows a repeat by the token in its own
 * window: replicas of a shard share one, in Keeper. That holds while the shards stay the same; whoever adds one first
 * stops the transforms in order, so that no insert is left half done. What still comes twice, the figures count once.
 *
 * Reads and writes prefer the same replica of each shard, and a stale one refuses, so that a close sees what was
 * answered before. Subqueries are answered once and sent to the shards: the tables of a close are on one node only.
 */
export const CLUSTER_SETTINGS = {
  distributed_foreground_insert: 1,
  fallback_to_stale_replicas_for_distributed_queries: 0,
  load_balancing: "in_order",
  prefer_global_in_and_join: 1,
} as const;

const LOCAL = "_local";
const NAME = /^[A-Za-z0-9_.-]+$/;
const COMMENTS = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/;
const CREATE_TABLE = /^CREATE TABLE IF NOT EXISTS (\w+)/;
const ENGINE = /\bENGINE = (\w*MergeTree)(?:\((.*)\))?/;
/** What has its name after its kind: `ON CLUSTER` follows the name. */
const CREATE_OTHER = /^CREATE (?:OR REPLACE VIEW|(?:VIEW|ROLE|QUOTA|SETTINGS PROFILE) IF NOT EXISTS) \w+/;
const ALTER_TABLE = /^ALTER TABLE (\w+)/;
/** What changes rows or how they are kept; a distributed table has neither. */
const ALTER_ROWS = /^ALTER TABLE \w+\s+(?:DELETE|UPDATE|DROP PARTITION|MODIFY TTL|MODIFY SETTING|MATERIALIZE)\b/;

/** The table that has the rows of `table` on one shard; the table itself where it stands whole on every node. */
export function toLocalTable(table: string): string {
  return Object.hasOwn(SHARDING_KEYS, table) ? `${table}${LOCAL}` : table;
}

/** The table that a local one is a part of: `engagement` for `engagement_local`. */
export function toWholeTable(name: string): string {
  return name.endsWith(LOCAL) ? name.slice(0, -LOCAL.length) : name;
}

/** ` ON CLUSTER 'name'`. Throws Error if that is no name of a cluster. */
export function toOnCluster(cluster: string): string {
  if (!NAME.test(cluster)) {
    throw new Error(
      `Cannot use the cluster "${cluster}": its name must be of letters, digits, dots, hyphens and underscores`,
    );
  }
  return ` ON CLUSTER '${cluster}'`;
}

/**
 * The statements that do on every node of a cluster what one statement of a migration does on a single server.
 *
 * Tables become replicated. Those of {@link SHARDING_KEYS} get a local table for the rows and, under the name that
 * everyone uses, a distributed one over it. Pure.
 *
 * @throws Error if the statement is of a kind that is not known here: a bug of the release
 */
export function toClusterStatements(statement: string, cluster: Cluster): readonly string[] {
  const sql = statement.replace(COMMENTS, "");
  const where = toOnCluster(cluster.name);
  const [created, table = ""] = CREATE_TABLE.exec(sql) ?? [];
  if (created !== undefined) return toTables(sql, table, cluster);
  const [altered, changed = ""] = ALTER_TABLE.exec(sql) ?? [];
  if (altered !== undefined) {
    const local = sql.replace(altered, `ALTER TABLE ${toLocalTable(changed)}${where}`);
    if (toLocalTable(changed) === changed || ALTER_ROWS.test(sql)) return [local];
    return [local, sql.replace(altered, `${altered}${where}`)];
  }
  const [other] = CREATE_OTHER.exec(sql) ?? [];
  if (other !== undefined) return [sql.replace(other, `${other}${where}`)];
  if (/^(?:GRANT|REVOKE) /.test(sql)) return [sql.replace(/^\w+/, (verb) => `${verb}${where}`)];
  throw new Error(`Cannot run "${sql.slice(0, 40)}" on a cluster: there is no rule for statements of its kind`);
}

function toTables(sql: string, table: string, { name, database }: Cluster): readonly string[] {
  const where = toOnCluster(name);
  const local = toLocalTable(table);
  const create = sql
    .replace(CREATE_TABLE, `CREATE TABLE IF NOT EXISTS ${local}${where}`)
    .replace(ENGINE, (_, engine: string, list?: string) => toReplicated(engine, list, local !== table));
  const key = SHARDING_KEYS[table];
  if (key === undefined) return [create];
  return [
    create,
    `CREATE TABLE IF NOT EXISTS ${table}${where} AS ${local}\nENGINE = Distributed('${name}', '${database}', ${local}, ${key})`,
  ];
}

/**
 * A table on shards has the server's default path, `{uuid}/{shard}`, and replica name. One that is whole on every
 * node has all nodes for its replicas, whatever their shard.
 */
function toReplicated(engine: string, list: string | undefined, isSharded: boolean): string {
  const place = isSharded ? [] : ["'/clickhouse/tables/{uuid}/every_node'", "'{shard}-{replica}'"];
  const all = list === undefined ? place : [...place, list];
  return `ENGINE = Replicated${engine}${all.length === 0 ? "" : `(${all.join(", ")})`}`;
}
