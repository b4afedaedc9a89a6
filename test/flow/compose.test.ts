import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "../shape/sources.ts";

const PROJECT = "roebuck-flow-test";
/** The image is built and three others are fetched. */
const UP_MS_MAX = 1_200_000;

it("docker compose starts every part, ready, from what `roebuck init` wrote", {
  timeout: UP_MS_MAX,
}, async (context) => {
  const engine = spawnSync("docker", ["info"], { stdio: "ignore", timeout: 20_000 });
  const plugin = spawnSync("docker", ["compose", "version"], { stdio: "ignore", timeout: 20_000 });
  if (engine.status !== 0 || plugin.status !== 0)
    context.skip("no Docker engine with compose here: docker-compose.yml was checked, not run");
  const folder = mkdtempSync(join(tmpdir(), "compose-"));
  const run = (program: string, ...words: string[]) =>
    spawnSync(program, words, { cwd: folder, encoding: "utf8", timeout: UP_MS_MAX });
  const compose = (...words: string[]) => run("docker", "compose", "--project-name", PROJECT, ...words);
  try {
    const text = readFileSync(join(ROOT, "docker-compose.yml"), "utf8");
    writeFileSync(join(folder, "docker-compose.yml"), text.replace("build: .", `build: ${ROOT}`));
    expect(compose("config", "--quiet").status).not.toBe(0); // no .env yet
    const init = run(process.execPath, join(ROOT, "api/main.ts"), "init");
    expect(init.stderr).toBe("");
    const file = join(folder, ".env");
    const environment = readFileSync(file, "utf8").replace("127.0.0.1:8080", "127.0.0.1:0");
    writeFileSync(file, environment.replace(/127\.0\.0\.1:808[12]/g, "127.0.0.1:0"));
    const up = compose("up", "--build", "--detach", "--wait");
    expect(up.status, `${up.stderr}\n${compose("logs", "--tail", "50").stdout}`).toBe(0);
    const address = compose("port", "collector", "8080").stdout.trim();
    expect((await fetch(`http://${address}/readyz`)).status).toBe(200);
    const api = compose("port", "api", "8081").stdout.trim();
    expect((await fetch(`http://${api}/v1/requests`)).status).toBe(401); // it answers, and asks for a key
    const portal = compose("port", "api", "8082").stdout.trim();
    expect((await fetch(`http://${portal}/`)).status).toBe(200);
    const made = compose("exec", "-T", "reporter", "node", "api/main.ts", "backup");
    expect(made.status, made.stderr).toBe(0);
    expect(readdirSync(join(folder, "backups")).filter((name) => /^\d{8}T/.test(name))).toHaveLength(1);
    const verified = compose("exec", "-T", "api", "node", "api/main.ts", "backups", "verify", "all");
    expect(verified.status, verified.stdout).toBe(0);
    const versions = "SELECT count() FROM schema_migrations";
    const asked = compose("exec", "-T", "api", "node", "api/main.ts", "sql", versions, "--format", "TSV");
    expect(Number(asked.stdout)).toBeGreaterThan(1);
  } finally {
    compose("down", "--volumes", "--remove-orphans");
    rmSync(folder, { recursive: true, force: true });
  }
});
