import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  readSealedFile,
  SealBroken,
  type SealedFile,
  verifySealedBytes,
  writeSealedFile,
} from "../../../../api/backups/sealed-file.ts";

const folder = mkdtempSync(join(tmpdir(), "roebuck-sealed-"));
const MARK = "heron in the reeds";
let identity = "";
let recipient = "";
let files = 0;

beforeAll(async () => {
  identity = await generateX25519Identity();
  recipient = await identityToRecipient(identity);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function* inPieces(content: Uint8Array, piece: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += piece) yield content.subarray(at, at + piece);
}

async function write(content: Uint8Array, piece = 1_000): Promise<{ file: string; sealed: SealedFile }> {
  files += 1;
  const file = join(folder, "days", `${files}.age`);
  return { file, sealed: await writeSealedFile(file, inPieces(content, piece), recipient) };
}

async function read(file: string, sealed: SealedFile, key = identity): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readSealedFile(file, sealed, key)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const sha256 = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");

describe("writeSealedFile()", () => {
  it.each([
    ["nothing", 0, 1],
    ["one byte", 1, 1],
    ["exactly one block of the encryption", 65_536, 4_096],
    ["one byte more than a block", 65_537, 65_537],
    ["many blocks in small pieces", 400_000, 777],
  ])("writes %s so that readSealedFile() gives the same", async (_, size, piece) => {
    const content = randomBytes(size);
    const { file, sealed } = await write(content, piece);
    expect(sha256(await read(file, sealed))).toBe(sha256(content));
    const onDisk = readFileSync(file);
    expect(sealed).toEqual({ bytes: onDisk.length, sha256: sha256(onDisk), contentSha256: sha256(content) });
    expect((statSync(file).mode & 0o777).toString(8)).toBe("600");
  });

  it("packs, and shows nothing of what is inside", async () => {
    const { file, sealed } = await write(Buffer.from(`${MARK} `.repeat(50_000)));
    expect(sealed.bytes).toBeLessThan(10_000);
    expect(readFileSync(file).includes(MARK)).toBe(false);
  });

  it("writes the same content otherwise each time", async () => {
    const content = Buffer.from(MARK);
    const [one, other] = [await write(content), await write(content)];
    expect(one.sealed.contentSha256).toBe(other.sealed.contentSha256);
    expect(one.sealed.sha256).not.toBe(other.sealed.sha256);
  });

  it("does not write over a file that is there", async () => {
    const { file } = await write(Buffer.from(MARK));
    const before = readFileSync(file);
    await expect(writeSealedFile(file, inPieces(Buffer.from("other"), 9), recipient)).rejects.toThrow(/EEXIST/);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it("throws what the source throws, also in the middle", async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield randomBytes(200_000);
      throw new Error("the warehouse went away");
    }
    const file = join(folder, "broken.age");
    await expect(writeSealedFile(file, broken(), recipient)).rejects.toThrow("the warehouse went away");
    const left = { bytes: 0, sha256: sha256(readFileSync(file)), contentSha256: sha256(Buffer.from("")) };
    await expect(read(file, left)).rejects.toThrow(SealBroken); // what is left opens for nobody
  });
});

describe("readSealedFile()", () => {
  const content = Buffer.concat([Buffer.from(MARK), Buffer.alloc(200_000, "reed "), randomBytes(150_000)]);

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ["the first byte is another", (bytes) => flip(bytes, 0)],
    ["a byte in the middle is another", (bytes) => flip(bytes, bytes.length >> 1)],
    ["the last byte is another", (bytes) => flip(bytes, bytes.length - 1)],
    ["the end is cut off", (bytes) => bytes.subarray(0, bytes.length - 1)],
    ["half is cut off", (bytes) => bytes.subarray(0, bytes.length >> 1)],
    ["a whole block is cut off", (bytes) => bytes.subarray(0, bytes.length - (bytes.length % 65_552))],
    ["something follows", (bytes) => Buffer.concat([bytes, Buffer.from("x")])],
    ["it is empty", () => Buffer.alloc(0)],
    ["it is something else", () => randomBytes(5_000)],
  ])("refuses a file in which %s, and so does verifySealedBytes()", async (_, change) => {
    const { file, sealed } = await write(content);
    writeFileSync(file, change(readFileSync(file)));
    await expect(read(file, sealed)).rejects.toThrow(SealBroken);
    await expect(read(file, sealed)).rejects.toThrow(/Use another backup/);
    await expect(verifySealedBytes(file, sealed)).rejects.toThrow(SealBroken);
  });

  it("refuses a good file that stands in another's place", async () => {
    const { file } = await write(content);
    const { sealed: other } = await write(Buffer.from("another day"));
    await expect(read(file, other)).rejects.toThrow(SealBroken);
  });

  it("refuses another key and says how to give the right one", async () => {
    const { file, sealed } = await write(content);
    await expect(read(file, sealed, await generateX25519Identity())).rejects.toThrow(/another key.*--identity FILE/);
    await expect(verifySealedBytes(file, sealed)).resolves.toBeUndefined(); // needs none
  });

  it("refuses a file that is not there", async () => {
    const { sealed } = await write(content);
    const file = join(folder, "nowhere.age");
    await expect(read(file, sealed)).rejects.toThrow(/is not there/);
    await expect(verifySealedBytes(file, sealed)).rejects.toThrow(/is not there/);
  });
});

function flip(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}
