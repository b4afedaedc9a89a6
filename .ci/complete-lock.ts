import { readFileSync, writeFileSync } from "node:fs";

/** As much of an entry of package-lock.json as is looked at here. */
interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optional?: boolean;
  readonly os?: readonly string[];
}

// `npm run lock`: npm leaves other platforms' optional packages out of the lockfile if its registry does not carry
// them, and `npm ci` then refuses the file. This adds them: name, version and the platform that the name says.
const SYSTEMS = ["darwin", "win32", "linux", "android", "freebsd", "openbsd", "netbsd", "sunos", "aix", "openharmony"];
const PROCESSORS = ["arm64", "x64", "ia32", "ppc64", "riscv64", "s390x", "loong64", "mips64el", "wasm32", "arm"];
const FILE = new URL("../package-lock.json", import.meta.url);

const lock = JSON.parse(readFileSync(FILE, "utf8")) as { packages: Record<string, LockedPackage> }; // npm's own format
const packages = { ...lock.packages };
for (const [path, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(optionalDependencies)) {
    const version = range.replace(/^[\^~]/, "");
    const shared = packages[`node_modules/${name}`];
    const isKnown = shared !== undefined && (shared.version === version || version !== range);
    if (isKnown || packages[`${path}/node_modules/${name}`] !== undefined) continue;
    const words = name.split(/[/-]/);
    const cpu = PROCESSORS.find((word) => words.includes(word));
    const os = SYSTEMS.find((word) => words.includes(word));
    const libc = words.some((word) => word.startsWith("musl"))
      ? "musl"
      : words.some((word) => word.startsWith("gnu"))
        ? "glibc"
        : undefined;
    packages[shared === undefined ? `node_modules/${name}` : `${path}/node_modules/${name}`] = {
      version,
      ...(cpu === undefined ? {} : { cpu: [cpu] }),
      ...(dev === undefined ? {} : { dev }),
      ...(libc === undefined ? {} : { libc: [libc] }),
      optional: true,
      ...(os === undefined ? {} : { os: [os] }),
    };
  }
}
const sorted = Object.fromEntries(Object.entries(packages).sort(([one], [other]) => (one < other ? -1 : 1)));
writeFileSync(FILE, `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`);
