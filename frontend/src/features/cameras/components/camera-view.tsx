import { useEffect, useRef, useState } from "react";

import { ActionButton } from "@/components/action-button";
import { PictureFreshness } from "@/features/cameras/components/picture-freshness";
import { PlayerNotice } from "@/features/cameras/components/player-notice";
import { StreamPlayer, type PlayerState } from "@/features/cameras/player/stream-player";
import { useText } from "@/lib/i18n/use-text";

interface Props {
  readonly cameraId: string;
  readonly name: string;
}

/** A camera's live picture with how fresh it is; says what is wrong when there is none. */
export function CameraView({ cameraId, name }: Props) {
  const { t } = useText();
  const video = useRef<HTMLVideoElement>(null);
  const [player, setPlayer] = useState<StreamPlayer | null>(null);
  const [state, setState] = useState<PlayerState>({ phase: "connecting" });
  const [paused, setPaused] = useState(false);

  useEffect(() => {
    if (!video.current || paused) return undefined;
    setState({ phase: "connecting" });
    const opened = new StreamPlayer(video.current, streamAddress(cameraId), setState);
    setPlayer(opened);
    return () => {
      opened.close();
      setPlayer(null);
    };
  }, [cameraId, paused]);

  const playing = !paused && state.phase === "playing";
  return (
    <figure className="camera" data-camera={cameraId} data-phase={paused ? "paused" : state.phase}>
      <div className="camera-picture">
        <video ref={video} className={playing ? "" : "old"} muted playsInline aria-label={t("camera.live", { name })} />
        {!playing && (
          <PlayerNotice state={state} paused={paused} onPlay={() => (paused ? setPaused(false) : player?.play())} />
        )}
      </div>
      <figcaption>
        <PictureFreshness player={player} />
        <div className="toolbar">
          <ActionButton onPress={() => setPaused(!paused)}>{t(paused ? "camera.play" : "camera.pause")}</ActionButton>
          <ActionButton onPress={() => void video.current?.requestFullscreen().catch(() => undefined)}>
            {t("camera.fullscreen")}
          </ActionButton>
          <a className="button button-plain" href={`/media/cameras/${encodeURIComponent(cameraId)}/snapshot.jpg`} target="_blank" rel="noreferrer">
            {t("camera.photo")}
          </a>
        </div>
      </figcaption>
    </figure>
  );
}

function streamAddress(cameraId: string): string {
  const url = new URL(`/media/cameras/${encodeURIComponent(cameraId)}/stream`, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
