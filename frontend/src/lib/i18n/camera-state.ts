import type { CameraState } from "@/lib/api/client";
import type { MessageKey } from "@/lib/i18n/messages";

/** The compiler asks for a line per state that the API's description names. */
const KEYS: Readonly<Record<CameraState, MessageKey>> = {
  connecting: "cameraState.connecting",
  live: "cameraState.live",
  frozen: "cameraState.frozen",
  lost: "cameraState.lost",
  unauthorised: "cameraState.unauthorised",
  refused: "cameraState.refused",
  blocked: "cameraState.blocked",
  media_away: "cameraState.media_away",
  not_served: "cameraState.not_served",
};

/** The sentence for a camera's state; a neutral one for states that only a later version knows. */
export function cameraStateKey(state: string | null | undefined): MessageKey {
  return isCameraState(state) ? KEYS[state] : "cameraState.other";
}

function isCameraState(state: string | null | undefined): state is CameraState {
  return typeof state === "string" && Object.hasOwn(KEYS, state);
}
