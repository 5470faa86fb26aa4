import type { CommandProgress } from "@/features/controls/components/use-command";
import { useText, type Text } from "@/lib/i18n/use-text";

const SIGNS = { idle: "", sending: "…", confirmed: "✓", refused: "✕", unconfirmed: "?" } as const;

/** What became of a command: confirmed by the device's echo, refused with the reason, or unconfirmed. */
export function CommandFeedback({ progress }: { progress: CommandProgress }) {
  const text = useText();
  const { outcome } = progress;
  return (
    <p className={`feedback feedback-${outcome}`} role="status" data-outcome={outcome}>
      {outcome !== "idle" && outcome !== "sending" && <span aria-hidden="true">{SIGNS[outcome]} </span>}
      {describe(progress, text)}
    </p>
  );
}

function describe(progress: CommandProgress, { t }: Text): string {
  switch (progress.outcome) {
    case "idle":
      return "";
    case "sending":
      return t("control.sending");
    case "confirmed":
      return t("control.confirmed");
    case "refused":
      return progress.reason === null
        ? t("control.refusedOffline")
        : t("control.refused", { reason: progress.reason });
    case "unconfirmed":
      return progress.reason === null
        ? t("control.unconfirmed")
        : t("control.unconfirmedReason", { reason: progress.reason });
  }
}
