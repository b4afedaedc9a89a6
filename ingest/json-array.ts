const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = new Set([0x7b, 0x5b]);
const CLOSE = new Set([0x7d, 0x5d]);
const BETWEEN = new Set([0x20, 0x09, 0x0a, 0x0d, 0x2c]);
/** Most bytes of one element: what lies in memory at once. */
const ELEMENT_BYTES_MAX = 16 * 1_024 * 1_024;

/** A text that is no JSON array of objects, or one with an element that is too large. `element` counts from 1. */
export class NoJsonArray extends Error {
  override readonly name = "NoJsonArray";
}

/**
 * Cuts a JSON array of objects into its elements as the bytes come, so that a file of any size needs the memory of one
 * element. It looks for where elements begin and end and leaves it to JSON.parse to judge them.
 */
export class JsonArraySplitter {
  #depth = 0;
  #inText = false;
  #isEscaped = false;
  #isEnded = false;
  #elements = 0;
  #kept: Buffer[] = [];
  #keptBytes = 0;

  /** The array was closed; what came after it is not looked at. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** The elements that end in these bytes, without spaces around them. Throws {@link NoJsonArray}. */
  push(bytes: Buffer): Buffer[] {
    const found: Buffer[] = [];
    let start = this.#depth >= 2 ? 0 : -1;
    for (let at = 0; at < bytes.length && !this.#isEnded; at++) {
      const byte = bytes[at] ?? 0;
      if (this.#inText) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (byte === BACKSLASH) this.#isEscaped = true;
        else if (byte === QUOTE) this.#inText = false;
      } else if (byte === QUOTE && this.#depth >= 2) this.#inText = true;
      else if (OPEN.has(byte)) {
        if (this.#depth === 0 && byte !== 0x5b) throw this.#refuse("it must begin with [");
        this.#depth++;
        if (this.#depth === 2) start = at;
      } else if (CLOSE.has(byte)) {
        this.#depth--;
        if (this.#depth < 0) throw this.#refuse("it must begin with [");
        if (this.#depth === 0) this.#isEnded = true;
        if (this.#depth !== 1) continue;
        found.push(Buffer.concat([...this.#kept, bytes.subarray(start, at + 1)]));
        this.#kept = [];
        this.#keptBytes = 0;
        this.#elements++;
        start = -1;
      } else if (this.#depth < 2 && !BETWEEN.has(byte) && !this.#isMark(byte)) {
        throw this.#refuse("it must be an array of objects");
      }
    }
    if (start >= 0) this.#keep(bytes.subarray(start));
    return found;
  }

  #keep(bytes: Buffer): void {
    this.#keptBytes += bytes.length;
    if (this.#keptBytes > ELEMENT_BYTES_MAX) throw this.#refuse("it must have at most 16 MB");
    this.#kept.push(Buffer.from(bytes));
  }

  /** The byte order mark, before anything else. */
  #isMark(byte: number): boolean {
    return this.#depth === 0 && this.#elements === 0 && (byte === 0xef || byte === 0xbb || byte === 0xbf);
  }

  #refuse(words: string): NoJsonArray {
    return new NoJsonArray(`element ${this.#elements + 1}: ${words}`);
  }
}
