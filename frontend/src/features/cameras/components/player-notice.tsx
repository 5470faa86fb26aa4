import { ActionButton } from "@/components/action-button";
import type { PlayerState } from "@/features/cameras/player/stream-player";
import { cameraStateKey } from "@/lib/i18n/camera-state";
import { useText, type Text } from "@/lib/i18n/use-text";

interface Props {
  readonly state: PlayerState;
  readonly paused: boolean;
  readonly onPlay: () => void;
}

/** Lies over the picture while it is not live and says why. */
export function PlayerNotice({ state, paused, onPlay }: Props) {
  const text = useText();
  return (
    <div className="camera-notice">
      <p role="status">{paused ? text.t("camera.paused") : describe(state, text)}</p>
      {(paused || state.phase === "blocked") && (
        <ActionButton kind="primary" onPress={onPlay}>
          {text.t("camera.play")}
        </ActionButton>
      )}
    </div>
  );
}

function describe(state: PlayerState, { t }: Text): string {
  switch (state.phase) {
    case "connecting":
    case "waiting":
    case "stalled":
    case "blocked":
      return t(`camera.${state.phase}`);
    case "playing":
      return "";
    case "retrying":
      return t("camera.retrying", { attempt: state.attempt });
    case "lost":
      return t(cameraStateKey(state.state));
    case "unsupported":
      return t("camera.unsupported", { reason: state.reason });
  }
}
