import { describe, expect, test } from "vitest";
import type { LogRecord } from "../../../schemas/ports.ts";
import { startTransformThread } from "../../../transform/transform-thread.ts";
import type { ScriptedThreadData } from "../../fixtures/transform-thread-scripted.ts";

const entry = new URL("../../fixtures/transform-thread-scripted.ts", import.meta.url);

const PATIENCE = { timeout: 20_000 };

function aScene(script: Partial<ScriptedThreadData> = {}, { failing = false } = {}) {
  const lives = new Int32Array(new SharedArrayBuffer(4));
  const data: ScriptedThreadData = { lives, failingLives: 0, ...script };
  const said: string[] = [];
  const appended: LogRecord[] = [];
  const log = {
    async append(_stream: string, records: readonly LogRecord[]) {
      if (failing) throw new Error("disk full");
      appended.push(...records);
    },
  };
  const logger = { info: (sentence: string) => said.push(sentence), warn: (sentence: string) => said.push(sentence) };
  return { lives, said, appended, start: () => startTransformThread({ entry, data, log, logger, stopMsMax: 50 }) };
}

// A thread takes its time to start where the machine is busy.
describe("startTransformThread()", { timeout: 30_000 }, () => {
  test("hears what the thread says, appends for it, and stops it", async () => {
    const scene = aScene();
    await using thread = await scene.start();
    expect(thread.isRunning()).toBe(true);
    await expect.poll(() => thread.metrics().records, PATIENCE).toBe(1);
    expect(scene.said).toEqual(["alive", "appended"]);
    expect(scene.appended).toEqual([{ key: "events:0:1", value: Uint8Array.of(1, 2) }]);
    await thread.stop();
    expect(thread.isRunning()).toBe(false);
    expect(scene.lives[0]).toBe(1);
  });

  test("tells the thread when an append fails, as an outage", async () => {
    const scene = aScene({}, { failing: true });
    await using _ = await scene.start();
    await expect.poll(() => scene.said, PATIENCE).toContain("LogUnavailable");
  });

  test("starts the thread again each time it dies", async () => {
    const scene = aScene({ failingLives: 2 });
    await using thread = await scene.start();
    await expect.poll(() => thread.metrics().records, PATIENCE).toBe(3);
    expect(thread.isRunning()).toBe(true);
    expect(scene.said.filter((sentence) => sentence.includes("started again"))).toHaveLength(2);
  });

  test("stores nothing while it is paused, and goes on in a new thread", async () => {
    const scene = aScene();
    await using thread = await scene.start();
    await thread.pause();
    expect(thread.isRunning()).toBe(false);
    await thread.resume();
    await thread.resume();
    expect(thread.isRunning()).toBe(true);
    expect(scene.lives[0]).toBe(2);
    expect(scene.said.filter((sentence) => sentence.includes("started again"))).toEqual([]);
  });

  test("stops also from a pause", async () => {
    const scene = aScene();
    const thread = await scene.start();
    await thread.pause();
    await thread.stop();
    await thread.resume();
    expect(thread.isRunning()).toBe(false);
    expect(scene.lives[0]).toBe(1);
  });

  test("throws what ended the first thread before it was ready", async () => {
    const scene = aScene({ failingLives: 1, early: true });
    await expect(scene.start()).rejects.toThrow("broken before it was ready");
    expect(scene.lives[0]).toBe(1);
  });

  test("does not wait for ever for a thread that does not stop", async () => {
    const scene = aScene({ stubborn: true });
    const thread = await scene.start();
    await thread.stop();
    expect(thread.isRunning()).toBe(false);
  });
});
