import { expect, it } from "vitest";

import { readStreamMessage } from "@/features/cameras/player/stream-message";

it("reads the beginning of a stream", () => {
  const text = JSON.stringify({ type: "init", mime: 'video/mp4; codecs="avc1.42c01e"', width: 640, epoch: 1 });
  expect(readStreamMessage(text)).toEqual({ type: "init", mime: 'video/mp4; codecs="avc1.42c01e"' });
});

it("reads why a camera was lost, also without a reason", () => {
  expect(readStreamMessage('{"type":"lost","reason":"no frames"}')).toEqual({ type: "lost", reason: "no frames" });
  expect(readStreamMessage('{"type":"lost"}')).toEqual({ type: "lost", reason: "" });
});

it.each(["", "hello", "null", "[]", '{"type":"later"}', '{"type":"init"}'])("ignores %j", (text) => {
  expect(readStreamMessage(text)).toBeNull();
});
