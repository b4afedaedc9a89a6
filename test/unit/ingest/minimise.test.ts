import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MASK } from "../../../ingest/mask.ts";
import { minimise, parseQueryKeys, toPath, toReferrerHost, toResource, toTarget } from "../../../ingest/minimise.ts";

const KEYS = parseQueryKeys("utm_source,utm_content, p,page");
const path = (url: string) => toPath(url, KEYS);

describe("toPath() keeps the page and nothing of the person", () => {
  const cases: [what: string, url: string, kept: string][] = [
    ["scheme and host go", "https://www.example.org/guides/safe", "/guides/safe"],
    ["a bare host is the root", "https://www.example.org", "/"],
    ["port and upper case of the host too", "HTTPS://WWW.Example.org:8443/Guides/", "/Guides/"],
    ["user and password go", "https://john:secret@example.org/a", "/a"],
    ["the fragment goes", "https://example.org/a#access_token=abc", "/a"],
    ["a fragment with a question mark too", "https://example.org/a#/b?page=2", "/a"],
    ["parameters that are not listed go", "https://example.org/a?token=abc&email=x", "/a"],
    ["listed ones stay, in order", "https://example.org/a?page=2&x=1&utm_source=news", "/a?page=2&utm_source=news"],
    ["listed ones without a value", "https://example.org/a?page", "/a?page="],
    ["names are compared exactly", "https://example.org/a?PAGE=2&utm%5Fsource=x&xpage=3", "/a"],
    [
      "an e-mail address in a listed one",
      "https://example.org/?utm_content=john%40example.org",
      "/?utm_content=[masked]",
    ],
    ["a telephone number in a listed one", "https://example.org/?page=020+7946+0958", "/?page=[masked]"],
    ["values stay values", "https://example.org/?page=a%26token%3Db%23c", "/?page=a%26token%3Db%23c"],
    ["an e-mail address in the path", "https://example.org/users/john@example.org/edit", "/users/[masked]/edit"],
    ["one that is encoded", "https://example.org/users/john%40example.org/edit", "/users/[masked]/edit"],
    ["one that is encoded twice", "https://example.org/users/john%2540example.org", "/users/[masked]"],
    ["a member number", "https://example.org/members/12345678", "/members/[masked]"],
    ["an IP address", "https://example.org/hosts/192.168.0.1", "/hosts/[masked]"],
    ["a session id", "https://example.org/a;jsessionid=0123456789ABCDEF/b", "/a/b"],
    ["a reset token", "https://example.org/reset/9f86d081884c7d659a2feaa0c55ad015", "/reset/[masked]"],
    ["a date stays", "https://example.org/news/2026/11/24/open-day", "/news/2026/11/24/open-day"],
    ["a date with hyphens too", "https://example.org/news/2026-11-24-open-day", "/news/2026-11-24-open-day"],
    ["escapes stay as they are", "https://example.org/caf%C3%A9", "/caf%C3%A9"],
    ["a space before a date", "https://x.org/Minutes%202026-03-12.pdf", "/Minutes%202026-03-12.pdf"],
    ["a space before a span of years", "https://x.org/Report%202024-25.pdf", "/Report%202024-25.pdf"],
    ["one that is encoded twice", "https://x.org/Report%25202024-2025.pdf", "/Report%25202024-2025.pdf"],
    ["a slash before a date", "https://x.org/Minutes%2F2026-03-12", "/Minutes%2F2026-03-12"],
    ["a space that is no UTF-8", "https://x.org/Minutes%A02026-03-12.pdf", "/Minutes%A02026-03-12.pdf"],
    ["a letter that ends with a digit before a date", "https://x.org/G%C3%A92026-03-12", "/G%C3%A92026-03-12"],
    ["a line end before a date", "https://x.org/Minutes%0D%0A2026-03-12", "/Minutes%0D%0A2026-03-12"],
    ["a percent sign", "https://x.org/100%", "/100%"],
    ["a number after a percent sign that escapes nothing", "https://x.org/100%5550123", "/100%25[masked]"],
    ["a telephone number after one", "https://x.org/tel%0770090", "/tel%25[masked]"],
    ["a telephone number after a space", "https://x.org/tel%2007700%20900123/a", "/tel%20[masked]/a"],
    ["one with escapes in it, encoded twice", "https://x.org/tel%2520020%25207946%25200958", "/tel%20[masked]"],
    ["one after what is no UTF-8", "https://x.org/tel%A007700900123%E9", "/tel%EF%BF%BD[masked]%EF%BF%BD"],
    [
      "an e-mail address after a space and a date",
      "https://x.org/2026-03-12%20john%40example.org",
      "/2026-03-12%20[masked]",
    ],
    ["one beside a broken escape", "https://x.org/%zz/john%40example.org", "/%25zz/[masked]"],
    ["one after half an escape", "https://x.org/%4/john%2540example.org/%", "/%254/[masked]/%25"],
    ["one whose letters are escaped", "https://x.org/%6Aohn%40example.org", "/[masked]"],
    ["a token with an escaped dot", "https://x.org/eyJhbGciOi%2EeyJzdWIiOi%2EdBjftJeZ4", "/[masked]"],
    ["a token after an escape", "https://x.org/t%209f86d081884c7d659a2feaa0c55ad015", "/t%20[masked]"],
    ["dot segments are resolved", "https://example.org/a/b/../c", "/a/c"],
    ["a mail link", "mailto:john@example.org", "/[masked]"],
    ["a saved page", "file:///C:/Users/John%20Smith/page.html", "/[masked]"],
    ["data", "data:text/html,John", "/[masked]"],
    ["no address at all", "john smith", "/[masked]"],
    ["newlines that a browser would drop", "https://example.org/jo\nhn@ex\tample.org", "/[masked]"],
  ];
  it.each(cases)("%s", (_, url, kept) => {
    expect(path(url)).toBe(kept);
  });

  it("cuts to 500 characters", () => {
    expect(path(`https://example.org/${"a/".repeat(600)}`)).toHaveLength(500);
  });

  it("for any text: no '@' between word characters, no question mark or hash but the query's, never throws", () => {
    const url = fc.oneof(
      fc.webUrl({ withFragments: true, withQueryParameters: true }),
      fc.string({ unit: "binary" }).map((text) => `https://example.org/${text}`),
      fc
        .string({ unit: fc.constantFrom(..."a1@%40/?#;&=. :") })
        .map((text) => `https://example.org/${text}?page=${text}`),
      fc.string(),
    );
    const isMinimal = (kept: string) =>
      /^\/[^?#]*(?:\?[^?#]*)?$/.test(kept) && !/\w@\w/.test(kept.replace(/%[0-9A-F]{2}/g, "%")) && kept.length <= 500;
    fc.assert(
      fc.property(url, (text) => isMinimal(path(text))),
      { numRuns: 300 },
    );
  });

  it("keeps every escape that a browser writes for a date whole, whatever stands before it", () => {
    const before = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 4 })
      .filter((text) => !/[\p{N}+()@]/u.test(text.normalize("NFKC")));
    fc.assert(
      fc.property(before, fc.boolean(), (text, twice) => {
        const escaped = encodeURIComponent(text.toWellFormed());
        const segment = `a${twice ? escaped.replaceAll("%", "%25") : escaped}2026-03-12.pdf`;
        return path(`https://example.org/${segment}`) === `/${segment}`;
      }),
    );
  });

  it("never makes an escape that is none, and masks what comes again like what came first", () => {
    const text = fc.string({ unit: fc.constantFrom(..."%%%0245AaEe19./ "), maxLength: 30 });
    fc.assert(
      fc.property(text, (written) => {
        const kept = path(`https://example.org/${written}`);
        if (!kept.includes(MASK)) return true;
        return !/%(?![0-9A-Fa-f]{2})/.test(kept) && path(`https://example.org${kept}`) === kept;
      }),
      { numRuns: 2_000 },
    );
  });

  it("answers the same whether the quick look or the URL parser reads the page", () => {
    const segment = fc.stringMatching(/^[\w~-][\w~.-]{0,8}$/);
    fc.assert(
      fc.property(fc.domain(), fc.array(segment, { maxLength: 5 }), (domain, segments) => {
        const url = `https://${domain}/${segments.join("/")}`;
        const parsed = new URL(url).pathname;
        return path(url) === path(`https://x.example${parsed}`);
      }),
    );
  });
});

describe("toReferrerHost()", () => {
  it.each([
    ["https://search.example/?q=john@example.org", "search.example"],
    ["https://Search.EXAMPLE:444/a", "search.example"],
    ["https://john:pw@search.example/", "search.example"],
    ["https://search.example", "search.example"],
    ["http://192.168.0.1/admin", "[masked]"],
    ["http://2130706433/", "[masked]"],
    ["http://[2001:db8::1]/", "[masked]"],
    ["android-app://com.example", ""],
    ["about:blank", ""],
    ["nonsense", ""],
    ["", ""],
    [undefined, ""],
  ])("%s is %s", (referrer, host) => {
    expect(toReferrerHost(referrer)).toBe(host);
  });
});

describe("toTarget()", () => {
  it.each([
    ["Download the guide", "Download the guide"],
    ["mailto:john@example.org", "mailto:[masked]"],
    ["tel:+44 20 7946 0958", "tel:[masked]"],
    ["https://other.example/a?session=1#x", "other.example/a"],
    ["/a?session=1&page=2", "/a?page=2"],
    ["?token=abc", "/"],
    ["#john", "/"],
    ["\u202eevil", "evil"],
  ])("%s is %s", (target, kept) => {
    expect(toTarget(target, KEYS)).toBe(kept);
  });
});

describe("toResource() and minimise()", () => {
  it("keep what describes content and leave out what was not given", () => {
    const resource = { id: "guide-1", type: "guide", topic: "safety", full: true };
    expect(toResource(resource)).toEqual(resource);
    expect(toResource({ id: "a", type: "b" })).toEqual({ id: "a", type: "b" });
    expect(minimise({ url: "https://example.org/a" }, KEYS)).toEqual({ path: "/a" });
    expect(minimise({ url: "https://example.org/a", title: "T", referrer: "", resource }, KEYS)).toEqual({
      path: "/a",
      title: "T",
      resource,
    });
  });

  it("mask people in each field", () => {
    const mail = "john@example.org";
    const kept = minimise(
      {
        url: `https://example.org/${mail}`,
        title: mail,
        referrer: `https://${mail}/`,
        resource: { id: mail, type: mail, topic: mail },
      },
      KEYS,
    );
    expect(JSON.stringify(kept)).not.toContain("john");
  });
});
