import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { COMMANDS } from "../../api/commands.ts";
import { SETTINGS, toVariable } from "../../schemas/settings.ts";
import { ROOT } from "./sources.ts";

/** As much of a service as is looked at here. */
interface ComposeService {
  readonly image: string;
  readonly user: string;
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
  readonly healthcheck: { readonly test: readonly string[] };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly networks: readonly string[];
  readonly privileged?: boolean;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
const text = read("docker-compose.yml");
// The schema below says that it is of this shape.
const compose = parse(text, { merge: true }) as {
  services: Record<string, ComposeService>;
  volumes: object;
  networks: Record<string, { internal?: boolean }>;
};
const services = Object.entries(compose.services);
const OURS = ["collector", "transform", "reporter", "api"];

describe("docker-compose.yml", () => {
  // The schema is fetched by CI, which names it in ROEBUCK_TEST_COMPOSE_SCHEMA (check-jsonschema on PyPI ships it).
  it("keeps to the compose specification", (context) => {
    const { ROEBUCK_TEST_COMPOSE_SCHEMA: file = "" } = process.env;
    if (file === "") {
      process.stdout.write(
        "The compose file is not checked against the specification: name its schema in ROEBUCK_TEST_COMPOSE_SCHEMA (check-jsonschema on PyPI ships compose-spec.json).\n",
      );
      context.skip("ROEBUCK_TEST_COMPOSE_SCHEMA names no schema");
    }
    const schema = JSON.parse(readFileSync(file, "utf8")) as object;
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
    validate(compose);
    expect(validate.errors ?? []).toEqual([]);
    expect(validate({ services: { collector: { imag: "roebuck" } } })).toBe(false);
  });

  it("has every part", () => {
    expect(Object.keys(compose.services).sort()).toEqual([...OURS, "clickhouse", "kafka", "mailpit"].sort());
    for (const name of OURS) {
      expect(compose.services[name]?.command).toEqual([name]);
      expect(COMMANDS.map((command) => command.name)).toContain(name);
    }
  });

  it.each(services)("gives %s no more than it needs", (_, service) => {
    expect(service.read_only).toBe(true);
    expect(service.cap_drop).toEqual(["ALL"]);
    expect(service.security_opt).toEqual(["no-new-privileges:true"]);
    expect(service.user).toMatch(/^(?:[1-9]\d*:[1-9]\d*|\$\{ROEBUCK_UID:\?.+\}:\$\{ROEBUCK_GID:\?.+\})$/);
    expect(service.privileged ?? false).toBe(false);
    expect(service.image).toMatch(/:v?\d+\.\d+\.\d+/);
    expect(service.healthcheck.test[0]).toBe("CMD");
  });

  it("publishes the collector, the api and the portal alone, and on this host only", () => {
    const published = services.flatMap(([name, { ports }]) => (ports === undefined ? [] : [[name, ports]]));
    expect(Object.fromEntries(published)).toEqual({
      collector: [expect.stringMatching(/^\$\{ROEBUCK_PUBLISH:-127\.0\.0\.1:8080\}:8080$/)],
      api: [
        expect.stringMatching(/^\$\{ROEBUCK_API_PUBLISH:-127\.0\.0\.1:8081\}:8081$/),
        expect.stringMatching(/^\$\{ROEBUCK_PORTAL_PUBLISH:-127\.0\.0\.1:8082\}:8082$/),
      ],
    });
    const { api, collector } = compose.services;
    expect(api?.environment).toMatchObject({ ROEBUCK_API_HOST: "0.0.0.0", ROEBUCK_API_PORT: "8081" });
    expect(api?.environment).toMatchObject({ ROEBUCK_PORTAL_HOST: "0.0.0.0", ROEBUCK_PORTAL_PORT: "8082" });
    expect(collector?.environment).not.toHaveProperty("ROEBUCK_API_HOST");
    expect(compose.networks.inside?.internal).toBe(true);
    expect(services.filter(([, { networks }]) => networks.includes("outside")).map(([name]) => name)).toEqual([
      "collector",
      "reporter", // to reach the mail server and the CRM; it publishes nothing
      "api",
    ]);
  });

  it("lets mail go encrypted unless .env says otherwise, and keeps it in the house without a server", () => {
    for (const name of ["reporter", "api"]) {
      const { ROEBUCK_SMTP_HOST: host, ROEBUCK_SMTP_TLS: tls } = compose.services[name]?.environment ?? {};
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the compose file's own
      expect([host, tls]).toEqual(["${ROEBUCK_SMTP_HOST:-mailpit}", "${ROEBUCK_SMTP_TLS:-}"]);
    }
    expect(SETTINGS.smtpTls.initial).toBe("tls");
    expect(compose.services.collector?.environment).not.toHaveProperty("ROEBUCK_SMTP_HOST");
  });

  it("lets `.env` name whom the reporter tells of closed records, and the secret by its file", () => {
    const told = services.filter(([, { environment = {} }]) => "ROEBUCK_WEBHOOK_URL" in environment);
    expect(told.map(([name]) => name)).toEqual(["reporter"]);
    const written = read("api/commands/init.ts");
    for (const name of ["ROEBUCK_WEBHOOK_URL", "ROEBUCK_WEBHOOK_SECRET_FILE"]) {
      expect(compose.services.reporter?.environment?.[name]).toBe(`\${${name}:-}`);
      expect(written).toMatch(new RegExp(`^${name}=''$`, "m"));
    }
  });

  it("gives the backups a folder of the host, where it may be another disk, and only to who makes and reads them", () => {
    const withBackups = services.filter(([, { volumes = [] }]) => volumes.some((volume) => volume.includes("backups")));
    expect(withBackups.map(([name]) => name)).toEqual(["reporter", "api"]);
    for (const [, { volumes, environment }] of withBackups) {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the compose file's own
      expect(volumes).toContain("${ROEBUCK_BACKUPS:-./backups}:/backups");
      expect(environment?.ROEBUCK_BACKUP_DIR).toBe("/backups");
    }
    const others = services.filter(([name]) => name !== "reporter" && name !== "api");
    for (const [, { environment = {} }] of others) expect(environment).not.toHaveProperty("ROEBUCK_BACKUP_DIR");
  });

  it("has no password of its own, and refuses to start without one", () => {
    const secret = /PASSWORD(?!_FILE)|SECRET(?!_FILE)|CLUSTER_ID|_SITES$/;
    const values = services.flatMap(([, { environment = {} }]) => Object.entries(environment));
    const secrets = values.filter(([name]) => secret.test(name));
    expect(secrets.length).toBeGreaterThan(4);
    for (const [, value] of secrets) expect(value).toMatch(/^\$\{[A-Z_]+:\?run npm run roebuck -- init\}$/);
    expect(text).not.toMatch(/<password>/);
  });

  it("shows the collector no password of the warehouse, and each process only its own keys", () => {
    const toKeys = (name: string) => compose.services[name]?.volumes?.filter((volume) => volume.includes("keys")) ?? [];
    expect(
      Object.keys(compose.services.collector?.environment ?? {}).filter((name) => /CLICKHOUSE/.test(name)),
    ).toEqual([]);
    expect(toKeys("collector")).toEqual(["./keys/collector:/keys:ro"]);
    expect(toKeys("transform")).toEqual(["./keys/pseudonym:/keys:ro"]);
    expect(toKeys("api")).toEqual(["./keys:/keys"]);
    expect(toKeys("reporter")).toEqual(["./keys:/keys"]);
    expect(services.filter(([name]) => toKeys(name).length > 0).map(([name]) => name)).toEqual([
      "collector",
      "transform",
      "reporter",
      "api",
    ]);
  });

  it("uses only settings that there are, and is given only those that it asks for by `roebuck init`", () => {
    const known = new Set(Object.keys(SETTINGS).map(toVariable));
    const used = OURS.flatMap((name) => Object.keys(compose.services[name]?.environment ?? {}));
    const memory = ["NODE_OPTIONS", "MALLOC_ARENA_MAX"]; // Node's and the allocator's own, for the collector alone
    expect(used.filter((name) => !known.has(name))).toEqual(memory);
    const wanted = new Set([...text.matchAll(/\$\{([A-Z_]+):\?/g)].map(([, name]) => name));
    const written = read("api/commands/init.ts");
    for (const name of wanted) expect(written).toMatch(new RegExp(`^${name}='`, "m"));
  });

  it("gives the collector an option that Node takes", () => {
    const { NODE_OPTIONS = "" } = compose.services.collector?.environment ?? {};
    const said = "process.stdout.write(String(process.allowedNodeEnvironmentFlags.has(process.env.NODE_OPTIONS)))";
    const run = spawnSync(process.execPath, ["-e", said], { encoding: "utf8", env: { ...process.env, NODE_OPTIONS } });
    expect({ status: run.status, stderr: run.stderr, known: run.stdout }).toEqual({
      status: 0,
      stderr: "",
      known: "true",
    });
  });

  it("keeps what must last in volumes with names", () => {
    const named = services.flatMap(([, { volumes = [] }]) =>
      volumes.filter((volume) => !/^(?:\.\/|\$\{)/.test(volume)),
    );
    expect(named.map((volume) => volume.split(":")[0]).sort()).toEqual(Object.keys(compose.volumes).sort());
  });

  it("is understood by docker compose, where there is one", (context) => {
    const found = spawnSync("docker", ["compose", "version"], { encoding: "utf8" });
    if (found.status !== 0) context.skip("docker compose is not installed: `docker compose config` was not run");
    const environment = { ROEBUCK_UID: "1000", ROEBUCK_GID: "1000", ROEBUCK_SITES: "a=https://a.example" };
    const secrets = { ROEBUCK_CLICKHOUSE_PASSWORD: "p", KAFKA_CLUSTER_ID: "k" };
    const run = (env: object) =>
      spawnSync(
        "docker",
        ["compose", "-f", join(ROOT, "docker-compose.yml"), "--env-file", "/dev/null", "config", "-q"],
        {
          encoding: "utf8",
          env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
        },
      );
    expect(run({ ...environment, ...secrets }).stderr).toBe("");
    expect(run({}).status).not.toBe(0);
  });
});

describe("the image", () => {
  const dockerfile = read("Dockerfile");

  it("is built from production packages, without the embedded engine, for a user who is not root", () => {
    expect(dockerfile.match(/^FROM node:24-slim\b/gm)).toHaveLength(2);
    expect(dockerfile).toContain("npm ci --omit=dev");
    expect(dockerfile).toContain("rm -rf node_modules/chdb node_modules/@chdb");
    expect(dockerfile.lastIndexOf("USER node")).toBeGreaterThan(dockerfile.lastIndexOf("FROM"));
  });

  it("copies nothing that .dockerignore does not let in", () => {
    const ignored = read(".dockerignore").split("\n");
    expect(ignored).toContain("*");
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(
      ([, list]) => list?.split(" ") ?? [],
    );
    expect(copied.length).toBeGreaterThan(5);
    for (const name of copied) expect(ignored).toContain(`!${name}`);
  });
});
