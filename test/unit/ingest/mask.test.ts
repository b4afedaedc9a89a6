import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MASK, maskHost, maskId, maskText } from "../../../ingest/mask.ts";

const mask = (text: string) => maskText(text, 1_000);

describe("maskText() masks what may identify a person", () => {
  const cases: [what: string, text: string, masked: string][] = [
    ["an e-mail address", "Inbox of john.smith@example.org", "Inbox of [masked]"],
    ["one with a tag and a dash", "to: j-s+news@mail.example.co.uk!", "to: [masked]"],
    ["one with an apostrophe", "o'neill@example.org", "[masked]"],
    ["one in angle brackets", "John <john@example.org>", "John <[masked]>"],
    ["one with a quoted name", 'see "john smith"@example.org', "see [masked]"],
    ["one after mailto:", "mailto:john@example.org?subject=x", "mailto:[masked]?subject=x"],
    ["one without a dot", "root@localhost", "[masked]"],
    ["one that is percent-encoded", "john%40example.org", "[masked]"],
    ["one that is encoded twice", "john%2540example.org", "[masked]"],
    ["one beside a broken escape", "100%zz john%40example.org", "100%zz [masked]"],
    ["one with a full-width sign", "john＠example.org", "[masked]"],
    ["one with a zero-width space in it", "john\u200b@\u200bexample.org", "[masked]"],
    ["one with letters of other scripts", "jürgen@bücher.example", "[masked]"],
    ["several at once", "a@b.example,c@d.example", "[masked],[masked]"],
    ["an international telephone number", "Call +44 (0)20 7946 0958 now", "Call [masked] now"],
    ["a national telephone number", "Call 020 7946 0958", "Call [masked]"],
    ["one with hyphens", "07700-900-123", "[masked]"],
    ["one with dots", "020.7946.0958", "[masked]"],
    ["one in Arabic digits", "٠٢٠٧٩٤٦٠٩٥٨", "[masked]"],
    ["one in full-width digits", "０２０７９４６０９５８", "[masked]"],
    ["one with no-break spaces", "020\u00a07946\u00a00958", "[masked]"],
    ["a telephone number that begins like years", "020 2012-2034", "[masked]"],
    ["a member number of 7 digits", "Member 1234567", "Member [masked]"],
    ["a card number", "4111 1111 1111 1111", "[masked]"],
    ["an IPv4 address", "from 192.168.17.4:8080", "from [masked]:8080"],
    ["one inside a name", "host-10.1.2.3.example", "host-[masked].example"],
    ["one after a dot", "foo.192.168.0.1", "foo.[masked]"],
    ["an IPv6 address", "from 2001:db8::8a2e:370:7334.", "from [masked]."],
    ["a full IPv6 address", "2001:0db8:85a3:0000:0000:8a2e:0370:7334", "[masked]"],
    ["one with a colon before and after", "ip:2001:db8::1: ok", "ip:[masked]: ok"],
    ["one with an IPv4 tail", "::ffff:192.0.2.1", "::ffff:[masked]"],
    ["a JWT", "t=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "t=[masked]"],
    ["a JWT after a word that begins like one", "a-eyJ-eyJhbGciOiJI.eyJzdWI-x.y", "a-[masked]"],
    ["a JWT behind a host", "www.a-b.eyJhbGciOiJI.eyJzdWIi", "www.a-b.[masked]"],
    ["a JWT behind a short one", "_eyJa_eyJhbGci.x", "_[masked]"],
    ["a JWT of five parts, and what follows", "eyJhbGciOi.a.b.c.d.eyJhbGciOi.e", "[masked].[masked]"],
    ["a long hexadecimal number", "sid 9f86d081884c7d659a2feaa0c55ad015", "sid [masked]"],
    ["a UUID", "user 550e8400-e29b-41d4-a716-446655440000", "user [masked]"],
    ["random base64url", "key s9WwvTpprDiJSci247C_C3V-JchIdQT2jOiRwVy0_WE", "key [masked]"],
    ["random base64 without digits", "key aBcDeFgHiJkLmNoPqRsTuVwX", "key [masked]"],
  ];
  it.each(cases)("%s", (_, text, masked) => {
    expect(mask(text)).toBe(masked);
  });
});

describe("maskText() keeps what names nobody", () => {
  it.each([
    "Safe working: what a manager needs to know",
    "Annual report 2025-2026",
    "Section 4 (2024–2025)",
    "Minutes of 2026-11-24",
    "Meeting 2026-11-24 09:30",
    "COVID-19 guidance, version 2.1",
    "10,000 steps",
    "@charity on social media",
    "std::vector and a::before",
    "12:30:45",
    "how-to-write-a-good-risk-assessment-for-volunteers-2026",
    "Annual-Report-2026-for-Members-and-Partners",
    "conference.programme.details",
    "www.example.org",
    "Wait... what?",
    "100% of people",
    "Minutes%202026-03-12",
    "Report%25202024-25",
    "caf\u00e9 \u2013 \u65e5\u672c\u8a9e",
    "",
  ])("%s", (text) => {
    expect(mask(text)).toBe(text);
  });
});

describe("maskText() leaves nothing that could deceive a reader", () => {
  it.each([
    ["controls become a space", "a\u0000\u0007b\r\nc", "a b c"],
    ["bidi overrides go", "invoice\u202egnp.exe", "invoicegnp.exe"],
    ["isolates and zero-width go", "a\u2066b\u2069c\u200bd\ufeff", "abcd"],
    ["half a surrogate pair becomes a replacement character", "a\ud800b", "a\ufffdb"],
  ])("%s", (_, text, shown) => {
    expect(mask(text)).toBe(shown);
  });

  it("cuts to the length after masking, so that no half of an address is left", () => {
    expect(maskText(`${"x".repeat(18)} john@example.org`, 24)).toBe(`${"x".repeat(18)} [mask`);
    expect(maskText("ab\u{1f600}", 3)).toBe("ab\ufffd");
  });
});

describe("maskId() spares ids of content", () => {
  it.each([
    "guide-17",
    "doc-0001234",
    "10.1002/14651858.CD001",
    "9780306406157",
    "post_1234567890",
    "550e8400-e29b-41d4-a716-446655440000",
    "guide-2026-000123",
  ])("%s", (id) => {
    expect(maskId(id, 200)).toBe(id);
  });

  it.each([
    ["g-john@example.org", "[masked]"],
    ["tel-07700900123", "tel-[masked]"],
    ["tel-020-7946-0958", "tel-[masked]"],
    ["+44 20 7946 0958", "[masked]"],
    ["447700900123", "[masked]"],
    ["host-192.168.0.1", "host-[masked]"],
    ["user_s9WwvTpprDiJSci247C_C3V-JchIdQT2jOiRwVy0_WE", "[masked]"],
  ])("but not people in them: %s", (id, masked) => {
    expect(maskId(id, 200)).toBe(masked);
  });
});

describe("maskHost()", () => {
  it.each([
    ["www.example.org", "www.example.org"],
    ["10.0.0.7", MASK],
    ["[2001:db8::1]", MASK],
    ["07700900123.example.org", MASK],
    ["", ""],
  ])("%s becomes %s", (host, masked) => {
    expect(maskHost(host)).toBe(masked);
  });
});

describe("for any text", () => {
  const noise = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom(..."ab1 .:-_@%40+/=?&<>\"'éA＠\u200b٣[]"), maxLength: 60 }),
  );

  it("no '@' is left between word characters", () => {
    fc.assert(fc.property(noise, (text) => !/\w@\w/.test(mask(text))));
  });

  it("masking twice is masking once", () => {
    fc.assert(
      fc.property(noise, (text) => mask(mask(text)) === mask(text)),
      { numRuns: 1_000 },
    );
  });

  it("no control and no invisible character is left", () => {
    fc.assert(fc.property(noise, (text) => !/[\p{Cc}\p{Default_Ignorable_Code_Point}]/u.test(mask(text))));
  });

  it("the quick look at plain text agrees with the careful one", () => {
    const plain = fc.oneof(
      fc.string({ unit: "grapheme-ascii" }),
      fc.string({ unit: fc.constantFrom(..."aB1f.:-_=+eyJ "), maxLength: 50 }),
      fc.base64String(),
      fc.uuid(),
    );
    // A letter beyond ASCII sends the text the careful way.
    fc.assert(
      fc.property(plain, (text) => mask(`${text} é`) === `${mask(text)} é`),
      { numRuns: 2_000 },
    );
  });

  it("never throws and never grows beyond the length", () => {
    fc.assert(
      fc.property(
        noise,
        fc.nat(80),
        (text, length) => maskText(text, length).length <= length && maskId(text, length).length <= length,
      ),
    );
  });

  const digits = fc.stringMatching(/^0[1-9]{1,4}[ .-]?[1-9]{3,4}[ .-]?[1-9]{3,4}$/);
  const mail = fc.emailAddress().filter((address) => /^[\w.+'-]+@/.test(address));
  const ipv4 = fc.ipV4();
  const ipv6 = fc.ipV6().filter((address) => /\d/.test(address) && /[^:]:+[^:]/.test(address));

  it.each([
    ["telephone number", digits],
    ["e-mail address", mail],
    ["IPv4 address", ipv4],
    ["IPv6 address", ipv6],
  ] as [string, fc.Arbitrary<string>][])("a planted %s is not left whole, escaped or not", (_, planted) => {
    fc.assert(
      fc.property(
        planted,
        fc.constantFrom("", "Call ", "a, ", "(", "/x/"),
        fc.constantFrom("", " now", ", b", ")", "/y"),
        fc.boolean(),
        (value, before, after, escaped) => {
          const text = before + (escaped ? encodeURIComponent(value) : value) + after;
          const masked = mask(text);
          expect(masked).not.toContain(value);
          expect(decodeURIComponent(masked.replace(/%(?![0-9a-f]{2})/gi, ""))).not.toContain(value);
        },
      ),
      { numRuns: 500 },
    );
  });
});

it("of planted tokens at most one in a thousand is left whole: chance writes some of them like words", () => {
  // Measured: 1 in 80,000.
  const left = Array.from({ length: 5_000 }, (_, index) => randomBytes(24 + (index % 41)).toString("base64url")).filter(
    (token) => maskText(`Call ${token} now`, 1_000).includes(token),
  );
  expect(left.length).toBeLessThanOrEqual(5);
});

describe("time grows with the length only", () => {
  it.each([
    ["letters and one sign at the end", `${"a".repeat(50_000)}@`],
    ["signs", "@".repeat(50_000)],
    ["digits and spaces", "1     ".repeat(10_000)],
    ["dots", "1.".repeat(25_000)],
    ["colons", "a:".repeat(25_000)],
    ["escapes", "%2540".repeat(10_000)],
    ["quotes", '"a'.repeat(25_000)],
    ["eyJ", "eyJ".repeat(20_000)],
  ])("%s", (_, text) => {
    expect(mask(text).length).toBeLessThanOrEqual(1_000);
  });
});
