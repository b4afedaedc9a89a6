import { type Data, Field, makeData, RecordBatch, Schema, Struct, Table, tableToIPC } from "apache-arrow";
import { TABLE_NAMES, TABLES, type TableName } from "../schemas/columns.ts";
import { type CellValues, type ColumnBuilder, toColumnBuilder } from "./arrow-columns.ts";

/** A row of a table: one value a column, as `schemas/columns.ts` lists them. */
export type RowOf<Name extends TableName> = {
  readonly [C in (typeof TABLES)[Name][number] as C["name"]]: CellValues[C["arrow"]];
};

/** The rows of one table, ready to be inserted. */
export interface TableBody {
  readonly table: TableName;
  readonly columns: readonly string[];
  readonly rows: number;
  /** An Arrow stream of one record batch, so that ClickHouse takes it as one block with one token. */
  readonly body: Uint8Array;
}

interface TableColumns {
  readonly names: readonly string[];
  readonly builders: readonly ColumnBuilder<CellValues[keyof CellValues]>[];
  rows: number;
}

/** Rows of all tables on their way to one insert a table. Columns grow as rows come; nothing is shared between batches. */
export class Batch {
  readonly #tables = new Map<TableName, TableColumns>();

  /** Adds a row. Every column must have its value. */
  add<Name extends TableName>(table: Name, row: RowOf<Name>): void {
    let columns = this.#tables.get(table);
    if (columns === undefined) {
      columns = toTableColumns(table);
      this.#tables.set(table, columns);
    }
    const { names, builders } = columns;
    const cells = row as Readonly<Record<string, CellValues[keyof CellValues]>>; // same object, keyed by name
    for (let i = 0; i < names.length; i++) builders[i]?.add(cells[names[i] as string] as never); // same list
    columns.rows++;
  }

  /** Rows of a table so far. */
  rows(table: TableName): number {
    return this.#tables.get(table)?.rows ?? 0;
  }

  /** The bodies of the tables that have rows, in the order in which they are inserted. */
  toBodies(): readonly TableBody[] {
    return TABLE_NAMES.flatMap((table) => {
      const columns = this.#tables.get(table);
      return columns === undefined
        ? []
        : [{ table, columns: columns.names, rows: columns.rows, body: toArrowStream(columns) }];
    });
  }
}

function toTableColumns(table: TableName): TableColumns {
  return {
    names: TABLES[table].map(({ name }) => name),
    builders: TABLES[table].map(({ arrow }) => toColumnBuilder(arrow)),
    rows: 0,
  };
}

function toArrowStream({ names, builders, rows }: TableColumns): Uint8Array {
  const children: Data[] = builders.map((builder) => builder.toData(rows));
  const schema = new Schema(names.map((name, i) => new Field(name, (children[i] as Data).type, false))); // one a name
  const struct = makeData({ type: new Struct(schema.fields), length: rows, nullCount: 0, children });
  return tableToIPC(new Table(schema, [new RecordBatch(schema, struct)]), "stream");
}
