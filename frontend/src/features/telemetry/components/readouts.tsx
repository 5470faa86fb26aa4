import type { ReactNode } from "react";

import { AeropendulumDrawing } from "@/components/aeropendulum-drawing";
import { FreshnessLine } from "@/components/freshness-line";
import { useText } from "@/lib/i18n/use-text";
import { ageSince, freshnessOf } from "@/lib/live/freshness";
import type { LiveDevice } from "@/lib/live/live-device";
import { useLiveFrame } from "@/lib/live/use-live-device";
import { useNow } from "@/lib/use-now";

/** The arm drawn at the angle that the signals say, the main values in figures, and how old they are. */
export function Readouts({ live }: { live: LiveDevice }) {
  const { t, number } = useText();
  const values = useLiveFrame(live)?.values;
  const angle = values?.yk ?? null;
  return (
    <section className="card readouts" aria-label={t("signals.now")}>
      <SignalFreshness live={live} />
      <OldWhenStale live={live}>
        <AeropendulumDrawing
          angle={angle ?? -90}
          reference={values?.rk ?? null}
          label={angle === null ? t("signals.drawingNone") : t("signals.drawing", { angle: number(angle, 0) })}
        />
        <dl className="values">
          <Value name={t("signals.angle")} value={`${number(angle, 1)}°`} />
          <Value name={t("signals.reference")} value={`${number(values?.rk, 1)}°`} />
          <Value name={t("signals.error")} value={`${number(values?.ek, 1)}°`} />
          <Value name={t("signals.control")} value={number(values?.uk, 1)} />
        </dl>
      </OldWhenStale>
    </section>
  );
}

function Value({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="number">{value}</dd>
    </div>
  );
}

function SignalFreshness({ live }: { live: LiveDevice }) {
  const { t, percent } = useText();
  const now = useNow();
  const loss = live.loss.ratio(now);
  return (
    <FreshnessLine name={t("freshness.signals")} ageSeconds={ageSince(live.getFrame()?.arrivedAt ?? null, now)}>
      {loss !== null && <span className="number">{t("freshness.loss", { loss: percent(loss) })}</span>}
    </FreshnessLine>
  );
}

function OldWhenStale({ live, children }: { live: LiveDevice; children: ReactNode }) {
  const age = ageSince(live.getFrame()?.arrivedAt ?? null, useNow());
  return <div className={freshnessOf(age) === "fresh" ? "live-values" : "live-values old"}>{children}</div>;
}
