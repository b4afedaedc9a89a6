import { defineConfig } from "vitest/config";

const project = (name: string, extra: Record<string, unknown> = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], environment: "node", ...extra },
});

/** One project a kind of test: `unit` and `shape` are quick and touch nothing; the rest start real parts on loopback. */
export default defineConfig({
  test: {
    reporters: ["default", "./test/summary-reporter.ts"],
    maxWorkers: 2,
    projects: [
      project("unit"),
      project("shape", { testTimeout: 60_000 }),
      project("contract", { testTimeout: 60_000, hookTimeout: 60_000 }),
      project("flow", { testTimeout: 120_000, hookTimeout: 60_000 }),
      project("fault", { testTimeout: 300_000, hookTimeout: 60_000 }),
      project("browser", { testTimeout: 120_000, hookTimeout: 60_000 }),
    ],
  },
});
