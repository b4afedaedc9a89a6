/** A type of ClickHouse as far as its bytes in Native go. */
export interface ColumnType {
  readonly kind: "fixed" | "text" | "nullable" | "array" | "tuple" | "dictionary";
  /** Bytes of a value; only of `fixed`. */
  readonly width: number;
  readonly parts: readonly ColumnType[];
}

const WIDTHS: Readonly<Record<string, number>> = {
  ...{ Bool: 1, Int8: 1, UInt8: 1, Enum8: 1, Nothing: 1 },
  ...{ Int16: 2, UInt16: 2, Enum16: 2, Date: 2, BFloat16: 2 },
  ...{ Int32: 4, UInt32: 4, Float32: 4, Date32: 4, DateTime: 4, Decimal32: 4, IPv4: 4, Time: 4 },
  ...{ Int64: 8, UInt64: 8, Float64: 8, DateTime64: 8, Decimal64: 8, Time64: 8 },
  ...{ Int128: 16, UInt128: 16, Decimal128: 16, UUID: 16, IPv6: 16 },
  ...{ Int256: 32, UInt256: 32, Decimal256: 32 },
};
/** Most digits of a Decimal of so many bytes. */
const DECIMALS: readonly (readonly [digitsMax: number, width: number])[] = [
  ...[[9, 4] as const, [18, 8] as const],
  ...[[38, 16] as const, [76, 32] as const],
];

const fixed = (width: number): ColumnType => ({ kind: "fixed", width, parts: [] });
const of = (kind: ColumnType["kind"], parts: readonly ColumnType[]): ColumnType => ({ kind, width: 0, parts });
const TEXT = of("text", []);

/** The arguments of a type, at the top level; quotes may hold anything. Pure. */
function toArguments(inside: string): readonly string[] {
  const found: string[] = [];
  let depth = 0;
  let quote = "";
  let from = 0;
  for (let at = 0; at < inside.length; at++) {
    const letter = inside[at] ?? "";
    if (quote !== "") {
      if (letter === "\\") at++;
      else if (letter === quote) quote = "";
    } else if (letter === "'" || letter === "`") quote = letter;
    else if (letter === "(") depth++;
    else if (letter === ")") depth--;
    else if (letter === "," && depth === 0) {
      found.push(inside.slice(from, at).trim());
      from = at + 1;
    }
  }
  return [...found, inside.slice(from).trim()].filter((one) => one !== "");
}

/** `name Type` or `Type`, as in a Tuple or Nested. */
const NAMED = /^(?:\w+|`(?:[^`\\]|\\.)*`) +(?=[A-Z])/;

function toParts(words: readonly string[]): readonly ColumnType[] | undefined {
  const parts = words.map((word) => toColumnType(word.replace(NAMED, "")));
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

function toKeys(inner: ColumnType): ColumnType {
  // A dictionary has its null as the first of its keys, not as a map beside them.
  return inner.kind === "nullable" ? (inner.parts[0] ?? inner) : inner;
}

/**
 * How a type lies in a block of Native; undefined for those whose extent their name does not tell: states of aggregate
 * functions, Variant, Dynamic, JSON. Pure.
 */
export function toColumnType(type: string): ColumnType | undefined {
  const [, name = "", inside = ""] = /^(\w+)(?:\(([\s\S]*)\))?$/.exec(type) ?? [];
  const words = toArguments(inside);
  const width = WIDTHS[name] ?? (name.startsWith("Interval") ? 8 : undefined);
  if (width !== undefined) return fixed(width);
  if (name === "String") return TEXT;
  if (name === "FixedString") return fixed(Number(inside));
  if (name === "Decimal") {
    const found = DECIMALS.find(([digitsMax]) => Number(words[0]) <= digitsMax);
    return found === undefined ? undefined : fixed(found[1]);
  }
  if (name === "SimpleAggregateFunction") return toColumnType(words[1] ?? "");
  const parts = toParts(words);
  const [first] = parts ?? [];
  if (parts === undefined || first === undefined) return undefined;
  if (name === "Nullable") return of("nullable", [first]);
  if (name === "Array") return of("array", [first]);
  if (name === "Tuple") return of("tuple", parts);
  if (name === "Map" || name === "Nested") return of("array", [of("tuple", parts)]);
  return name === "LowCardinality" ? of("dictionary", [toKeys(first)]) : undefined;
}
