import { expect, it } from "vitest";
import { toRemark } from "../../../api/remark.ts";

it.each([
  ["letter 7", "letter 7"],
  ["  order of 2026-11-20, case 2026/1234567 ", "order of 2026-11-20, case 2026/1234567"],
  ["asked by wren@example.org", "asked by [masked]"],
  ["call 020 7946 0958 back", "call [masked] back"],
  ["from 203.0.113.77", "from [masked]"],
  ["", ""],
])("toRemark() keeps of %j: %j", (text, kept) => {
  expect(toRemark(text)).toBe(kept);
});

it("toRemark() keeps no more than 500 characters", () => {
  expect(toRemark("a ".repeat(600)).length).toBe(500);
});
