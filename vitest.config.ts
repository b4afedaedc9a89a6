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
      project("unit", { testTimeout: 60_000 }),
      project("shape", { testTimeout: 60_000 }),
      project("contract", { testTimeout: 180_000, hookTimeout: 120_000 }),
      project("flow", { testTimeout: 240_000, hookTimeout: 120_000 }),
      project("fault", { testTimeout: 600_000, hookTimeout: 120_000 }),
      project("verapdf", { testTimeout: 600_000, hookTimeout: 600_000 }),
      project("drivers", { testTimeout: 1_200_000, hookTimeout: 120_000 }),
      project("browser", { testTimeout: 240_000, hookTimeout: 120_000 }),
    ],
  },
});
