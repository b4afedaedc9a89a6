import { describe, expect, it } from "vitest";
import { BlockEncoder, toBlock } from "../../../../../transform/warehouse/embedded/block-encoder.ts";
import { toCityHash128 } from "../../../../../transform/warehouse/embedded/city-hash.ts";
import { toUnpacked } from "../../../../fixtures/blocks.ts";

describe("toCityHash128()", () => {
  // What ClickHouse's own Java client gives for these bytes.
  it.each([
    [0, "3df09dfc64c09a2b", "3cb540c392e51e29"],
    [3, "3108fa6b1da16986", "32301bf0c250612d"],
    [7, "4d6955e1bc4624e3", "252e8c015f4c9bd0"],
    [8, "9feb346ce8e35a98", "f2f9f1185545d8ba"],
    [10, "8dc4aa0b715c2c9f", "8beeccc54ca6f672"],
    [15, "1443b6470aa1c7ff", "70f998835a684c59"],
    [16, "4e7e2890890c933d", "9b6511d6440477c7"],
    [20, "c50d5188dd3f0cd4", "bc678d2c1155160a"],
    [31, "99f185112aa9cd7e", "d42762edf0508928"],
    [32, "adf0df935f46a6c9", "45c6069d82f7b2fc"],
    [33, "8a065e613be6ff11", "35542546810ca846"],
    [100, "ced681c78ad6c6cf", "8522ef787e570a9c"],
    [143, "2306b4d414b0d326", "e980bd41eb516895"],
    [144, "9ba176029dbc7f22", "a99caea46164a108"],
    [145, "594221bdaeb6df1a", "9eb4a68bece02725"],
    [272, "48b20684ded03309", "10163f6def1291c2"],
    [300, "3c9b61da9a18081c", "f9d9975c31955c7b"],
    [1000, "99dd0d90658d4424", "70f54ed52c308cc0"],
  ])("is right for %i bytes", (length, low, high) => {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 7 + length) & 255);
    expect(toCityHash128(bytes).map((half) => half.toString(16))).toEqual([low, high]);
  });
});

describe("toBlock()", () => {
  it.each([0, 1, 14, 15, 16, 269, 270, 271, 65_536])("holds %i bytes as they were", (length) => {
    const bytes = Buffer.from(Uint8Array.from({ length }, (_, index) => index & 255));
    expect(toUnpacked(toBlock(bytes))).toEqual(bytes);
  });
});

describe("BlockEncoder", () => {
  it("puts what passes into blocks, in order", async () => {
    const encoder = new BlockEncoder();
    const sent = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, index) => (index * 31) & 255));
    encoder.write(sent.subarray(0, 150_000));
    encoder.end(sent.subarray(150_000));
    const blocks: Buffer[] = [];
    for await (const block of encoder) blocks.push(block as Buffer); // a transform of bytes yields Buffers
    expect(toUnpacked(Buffer.concat(blocks))).toEqual(sent);
  });
});
