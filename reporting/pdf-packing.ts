import { deflateSync } from "node:zlib";

/** Where an object begins in the file, or in which stream of objects and at which place it stands. */
type Place = { readonly at: number } | { readonly stream: number; readonly index: number };

const LEVEL = { level: 9 } as const;

/**
 * The same PDF with its small objects in one compressed stream and a compressed table of where everything stands
 * (ISO 32000-1, 7.5.7 and 7.5.8). A tagged document has an object for each cell of each table, so this halves it.
 *
 * Reads what pdfkit writes: one table of references, no encryption. Pure: the same bytes give the same bytes.
 * Throws Error if the file is not of that form.
 */
export function toPackedPdf(bytes: Uint8Array): Uint8Array {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { offsets, trailer, end } = readTable(file);
  const order = [...offsets].sort(([, a], [, b]) => a - b);
  const parts: Buffer[] = [file.subarray(0, order[0]?.[1] ?? 0)];
  let at = parts[0]?.length ?? 0;
  const put = (part: Buffer) => {
    parts.push(part);
    at += part.length;
  };
  const places = new Map<number, Place>();
  const small: { readonly number: number; readonly body: Buffer }[] = [];
  const packing = offsets.size + 1;
  for (const [index, [number, offset]] of order.entries()) {
    const object = file.subarray(offset, order[index + 1]?.[1] ?? end);
    const body = toBody(object, number);
    if (body === undefined) {
      places.set(number, { at });
      put(object);
    } else {
      places.set(number, { stream: packing, index: small.length });
      small.push({ number, body });
    }
  }
  places.set(packing, { at });
  put(toObjectStream(packing, small));
  const table = packing + 1;
  places.set(table, { at });
  const start = at;
  put(toReferences(table, places, trailer));
  put(Buffer.from(`startxref\n${start}\n%%EOF\n`, "latin1"));
  return new Uint8Array(Buffer.concat(parts));
}

/** Where each object begins, by its number; what the trailer says of the whole; where the objects end. */
function readTable(file: Buffer): { offsets: ReadonlyMap<number, number>; trailer: string; end: number } {
  const end = Number(/startxref\s+(\d+)\s+%%EOF\s*$/.exec(file.subarray(-64).toString("latin1"))?.[1]);
  const text = Number.isNaN(end) ? "" : file.subarray(end).toString("latin1");
  const [, count] = /^xref\n0 (\d+)\n/.exec(text) ?? [];
  const [, trailer] = /trailer\n<<\n([\s\S]*?)>>\nstartxref/.exec(text) ?? [];
  if (count === undefined || trailer === undefined)
    throw new Error("Cannot pack a PDF: it must end with one table of references, as pdfkit writes it");
  const entries = text.match(/^\d{10} \d{5} [nf]/gm) ?? [];
  const offsets = new Map(
    entries.flatMap((entry, number) => (entry.endsWith("n") ? [[number, Number(entry.slice(0, 10))]] : [])),
  );
  return { offsets, trailer: trailer.replace(/\/Size \d+\n/, ""), end };
}

/** What stands between `obj` and `endobj`; undefined for a stream, which must stay an object of its own. */
function toBody(object: Buffer, number: number): Buffer | undefined {
  const head = `${number} 0 obj\n`;
  const last = object.lastIndexOf("endobj");
  if (object.subarray(0, head.length).toString("latin1") !== head || last < 0)
    throw new Error(`Cannot pack a PDF: object ${number} must begin where the table says`);
  const body = object.subarray(head.length, last);
  return body.subarray(-12).toString("latin1").trimEnd().endsWith("endstream") ? undefined : body;
}

function toObjectStream(number: number, objects: readonly { number: number; body: Buffer }[]): Buffer {
  let offset = 0;
  const index = objects.map((object) => {
    const entry = `${object.number} ${offset}`;
    offset += object.body.length;
    return entry;
  });
  const first = Buffer.from(`${index.join(" ")}\n`, "latin1");
  const content = Buffer.concat([first, ...objects.map(({ body }) => body)]);
  return toStream(number, `/Type /ObjStm /N ${objects.length} /First ${first.length}`, content);
}

function toReferences(number: number, places: ReadonlyMap<number, Place>, trailer: string): Buffer {
  const rows = Buffer.alloc((number + 1) * 6);
  rows.writeUInt16BE(0xffff, 4); // object 0 heads the list of free ones
  for (const [object, place] of places) {
    const row = object * 6;
    const [kind, where, index] = "at" in place ? [1, place.at, 0] : [2, place.stream, place.index];
    rows.writeUInt8(kind, row);
    rows.writeUIntBE(where, row + 1, 3);
    rows.writeUInt16BE(index, row + 4);
  }
  return toStream(number, `/Type /XRef /Size ${number + 1} /W [1 3 2]\n${trailer.trim()}`, rows);
}

function toStream(number: number, entries: string, content: Buffer): Buffer {
  const packed = deflateSync(content, LEVEL);
  const head = `${number} 0 obj\n<<${entries}\n/Filter /FlateDecode /Length ${packed.length}>>\nstream\n`;
  return Buffer.concat([Buffer.from(head, "latin1"), packed, Buffer.from("\nendstream\nendobj\n", "latin1")]);
}
