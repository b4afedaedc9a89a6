import { describe, expect, it, test } from "vitest";
import { TimedOut, toKafkaFault, toLogUnavailable, withTimeLimit } from "../../../../ingest/log/kafka-fault.ts";
import { LogUnavailable } from "../../../../schemas/ports.ts";

function anError(name: string, more: Readonly<Record<string, unknown>> = {}): Error {
  return Object.assign(new Error("text with a secret"), { name, ...more });
}

describe("toKafkaFault()", () => {
  it.each([
    [
      "a protocol error by its type",
      anError("KafkaJSProtocolError", { type: "MESSAGE_TOO_LARGE" }),
      "size",
      "MESSAGE_TOO_LARGE",
    ],
    [
      "what lies under an error of too many tries",
      anError("KafkaJSNumberOfRetriesExceeded", { cause: anError("KafkaJSConnectionError", { code: "ECONNREFUSED" }) }),
      "away",
      "ECONNREFUSED",
    ],
    [
      "the cause that calls for another remedy than looking for brokers",
      anError("KafkaJSConnectionError", { cause: anError("KafkaJSSASLAuthenticationError") }),
      "password",
      "KafkaJSSASLAuthenticationError",
    ],
    [
      "one of several",
      anError("KafkaJSAggregateError", { errors: [anError("x", { type: "TOPIC_AUTHORIZATION_FAILED" })] }),
      "rights",
      "TOPIC_AUTHORIZATION_FAILED",
    ],
    [
      "a certificate",
      anError("KafkaJSConnectionError", { code: "SELF_SIGNED_CERT_IN_CHAIN" }),
      "tls",
      "SELF_SIGNED_CERT_IN_CHAIN",
    ],
    ["what it does not know by its name", anError("KafkaJSSomethingNew"), "other", "KafkaJSSomethingNew"],
    ["what is no error at all", "text with a secret", "other", "unknown"],
  ])("finds %s", (_, error, kind, reason) => {
    expect(toKafkaFault(error)).toEqual({ kind, reason });
  });
});

test("toLogUnavailable() repeats no text of the driver", () => {
  const refusal = toLogUnavailable("append", anError("not a constant: secret", { type: "secret text", code: "a b" }));
  expect(refusal).toBeInstanceOf(LogUnavailable);
  expect(refusal.message).toBe("Cannot append: unknown. See what the brokers logged.");
  expect(refusal.cause).toBeUndefined();
});

test("withTimeLimit() rejects when the work does not end, and passes on how it ended if it does", async () => {
  await expect(withTimeLimit(5, new Promise(() => undefined))).rejects.toBeInstanceOf(TimedOut);
  expect(await withTimeLimit(5_000, Promise.resolve("done"))).toBe("done");
  await expect(withTimeLimit(5_000, Promise.reject(new Error("failed")))).rejects.toThrow("failed");
});
