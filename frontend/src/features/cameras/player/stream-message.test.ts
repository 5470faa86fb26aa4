import { expect, it } from "vitest";

import { readStreamMessage } from "@/features/cameras/player/stream-message";

it("reads the beginning of a stream", () => {
  const text = JSON.stringify({ type: "init", mime: 'video/mp4; codecs="avc1.42c01e"', width: 640, epoch: 1 });
  expect(readStreamMessage(text)).toEqual({ type: "init", mime: 'video/mp4; codecs="avc1.42c01e"' });
});

it("reads the state of a camera that was lost, also where none is told", () => {
  const text = JSON.stringify({ type: "lost", state: "blocked", reason: "no frames" });
  expect(readStreamMessage(text)).toEqual({ type: "lost", state: "blocked" });
  expect(readStreamMessage('{"type":"lost"}')).toEqual({ type: "lost", state: null });
});

it.each(["", "hello", "null", "[]", '{"type":"later"}', '{"type":"init"}'])("ignores %j", (text) => {
  expect(readStreamMessage(text)).toBeNull();
});
