import { FreshnessLine } from "@/components/freshness-line";
import type { StreamPlayer } from "@/features/cameras/player/stream-player";
import { useText } from "@/lib/i18n/use-text";
import { ageSince } from "@/lib/live/freshness";
import { useNow } from "@/lib/use-now";

/** How long ago the last picture was shown, how many come, how far they lag. */
export function PictureFreshness({ player }: { player: StreamPlayer | null }) {
  const { t, number, age } = useText();
  const now = useNow();
  const delay = player?.delaySeconds ?? null;
  const fresh = player?.shownAt !== null && player !== null;
  return (
    <div className="picture-freshness" data-pictures={player?.pictureCount ?? 0}>
      <FreshnessLine name={t("freshness.picture")} ageSeconds={ageSince(player?.shownAt ?? null, now)}>
        {fresh && (
          <span className="number">{t("freshness.fps", { count: number(player.picturesPerSecond(now), 0) })}</span>
        )}
        {fresh && delay !== null && <span className="number">{t("freshness.delay", { delay: age(delay) })}</span>}
      </FreshnessLine>
    </div>
  );
}
