/** The drivers that analysts' tools connect with, fetched by the clients of their registries, and a program on each. */
import { execFile, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { fetchClassPath, hasProgram, type JarSet, toMissingPrograms } from "../fixtures/maven-jars.ts";

const FETCH_MS_MAX = 600_000;
const RUN_MS_MAX = 300_000;
const run = promisify(execFile);

/** One driver, and how a program on it is run. */
export interface Driver {
  readonly name: string;
  readonly version: string;
  /** What this machine lacks for it; empty if nothing. */
  missing(): readonly string[];
  /** Fetches the driver and makes the program ready, in an empty folder of its own; answers its command line. */
  prepare(folder: string): Promise<readonly [program: string, ...words: string[]]>;
}

const JDBC: JarSet = {
  name: "clickhouse-jdbc-0.9.4",
  artifacts: [["com.clickhouse", "clickhouse-jdbc", "0.9.4"]],
};
const source = (name: string) => join(import.meta.dirname, name);

/** Drivers by the language of their program. */
export const DRIVERS: Readonly<Record<string, Driver>> = {
  python: {
    name: "clickhouse-connect",
    version: "1.12.0",
    missing: () =>
      spawnSync("python3", ["-c", "import venv, ensurepip"], { stdio: "ignore", timeout: 20_000 }).status === 0
        ? []
        : ["Python 3 with venv (Debian: python3-venv)"],
    async prepare(folder) {
      await run("python3", ["-m", "venv", folder]);
      const python = join(folder, "bin", "python");
      const words = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
      await run(python, [...words, `${this.name}==${this.version}`], { timeout: FETCH_MS_MAX });
      return [python, source("connect.py")];
    },
  },
  java: {
    name: "clickhouse-jdbc",
    version: "0.9.4",
    missing: () => [
      ...toMissingPrograms(JDBC),
      ...(hasProgram("javac", "-version") ? [] : ["a Java that compiles (JDK 17 or later)"]),
    ],
    prepare: async () => ["java", "-Xmx512m", "-cp", await fetchClassPath(JDBC), source("Connect.java")],
  },
  go: {
    name: "clickhouse-go",
    version: "2.51.0",
    missing: () => (hasProgram("go", "version") ? [] : ["Go 1.24 or later"]),
    async prepare(folder) {
      mkdirSync(folder, { recursive: true });
      copyFileSync(source("connect.go"), join(folder, "connect.go"));
      const inFolder = { cwd: folder, timeout: FETCH_MS_MAX };
      await run("go", ["mod", "init", "connect"], inFolder);
      await run("go", ["get", `github.com/ClickHouse/clickhouse-go/v2@v${this.version}`], inFolder);
      await run("go", ["build", "-o", "connect", "."], inFolder);
      return [join(folder, "connect")];
    },
  },
};

/** Runs a program on a driver; answers its lines. Throws with its last words. The password is on no command line. */
export async function runDriver(
  [program, ...words]: readonly [string, ...string[]],
  { port, name, password }: { readonly port: number; readonly name: string; readonly password: string },
): Promise<readonly string[]> {
  const account = { DRIVER_PORT: String(port), DRIVER_USER: name, DRIVER_PASSWORD: password };
  const { stdout } = await run(program, words, {
    timeout: RUN_MS_MAX,
    maxBuffer: 16_000_000,
    env: { ...process.env, ...account },
  });
  return stdout.split("\n").filter((line) => line.startsWith("{"));
}
