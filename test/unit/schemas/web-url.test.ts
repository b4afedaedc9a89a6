import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isUrl, toWebHost, toWebPath } from "../../../schemas/web-url.ts";

const ADDRESSES = [
  "https://www.example.org/guides/topic-7/safe-working?utm_source=a&b=1#top",
  "https://intranet.example.org",
  "http://www.example.org:8080/a",
  "https://www.example.org:99999/a",
  "https://www.example.org/a/../b",
  "https://www.example.org/a/.%2E/b",
  "https://www.example.org/.well-known/x",
  "https://www.example.org/a b/%41",
  "https://www.example.org\\a",
  "https://www.example.org/\ta",
  "https://WWW.Example.org/A",
  "https://user@www.example.org/a",
  "https://xn--mnchen-3ya.example/a",
  "https://xn--a.example/a",
  "https://www.example.0x1/a",
  "https://1.2.3.4/a",
  "https://1.2.3.999/a",
  "https://a..b/",
  "https://[2001:db8::1]/a",
  "https://www.exa_mple.org/a",
  "https://localhost/a",
  "mailto:someone@example.org",
  "file:///etc/passwd",
  "/guides",
  "https://",
  "",
];

/** What addresses are made of, and what makes a parser do something about them. */
const PIECES = [
  ..."abcxyzAZ019.:/?#@%\\-_~,;=+&[]|^ \t\né。",
  ...[
    "https://",
    "http://",
    "https:/",
    "ftp://",
    "xn--",
    "www.",
    ".org",
    "0x",
    "%2e",
    "%41",
    "..",
    "//",
    ":80",
    ":443",
  ],
];

const ANY_ADDRESS = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 24 }).map((pieces) => pieces.join("")),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 24 }).map((pieces) => `https://www.example.org${pieces.join("")}`),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }).map((pieces) => `https://${pieces.join("")}.org/a`),
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
);

function parse(url: string): URL | undefined {
  const parsed = URL.parse(url);
  return parsed?.protocol === "https:" || parsed?.protocol === "http:" ? parsed : undefined;
}

function check(url: string): void {
  expect(isUrl(url)).toBe(URL.canParse(url));
  expect(toWebHost(url)).toBe(parse(url)?.hostname);
  expect(toWebPath(url)).toBe(parse(url)?.pathname);
}

describe("isUrl(), toWebHost() and toWebPath() say what a URL parser says", () => {
  it.each(ADDRESSES)("of %j", check);

  it("of anything", () => {
    fc.assert(fc.property(ANY_ADDRESS, check), { numRuns: 20_000 });
  });

  it("of a host or a path as long as a beacon may hold", () => {
    for (const long of ["a.".repeat(1_000), `${"a".repeat(2_000)}.`]) check(`https://${long}org/${long}`);
  });
});
