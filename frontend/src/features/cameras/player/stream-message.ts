export type StreamMessage =
  | { readonly type: "init"; readonly mime: string }
  | { readonly type: "lost"; readonly state: string | null };

/** Reads a text message of the camera's stream; null for kinds that this page does not know. */
export function readStreamMessage(text: string): StreamMessage | null {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof message !== "object" || message === null || !("type" in message)) return null;
  if (message.type === "init" && "mime" in message && typeof message.mime === "string") {
    return { type: "init", mime: message.mime };
  }
  if (message.type !== "lost") return null;
  const state = "state" in message && typeof message.state === "string" ? message.state : null;
  return { type: "lost", state };
}
