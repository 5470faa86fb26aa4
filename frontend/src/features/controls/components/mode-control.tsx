import { useId, useState } from "react";

import { CommandFeedback } from "@/features/controls/components/command-feedback";
import { useCommand } from "@/features/controls/components/use-command";
import { CONTROL_MODE, isAllowed, type SendCommand } from "@/lib/device/commands";
import type { DeviceState } from "@/lib/device/frame";
import { useText } from "@/lib/i18n/use-text";

interface Props {
  readonly state: DeviceState;
  readonly reported: number | null;
  readonly available: boolean;
  readonly send: SendCommand;
}

/** TEST or PID. What is marked is what the device reports; while a choice travels, that choice. */
export function ModeControl({ state, reported, available, send }: Props) {
  const { t } = useText();
  const hint = useId();
  const group = useId();
  const command = useCommand(send);
  const [pending, setPending] = useState<number | null>(null);
  const enabled = available && isAllowed("chooseMode", state);

  async function choose(value: number) {
    if (!enabled || value === reported) return;
    setPending(value);
    await command.run("ctrl_mode", value);
    setPending(null);
  }

  const options = [
    { value: CONTROL_MODE.test, name: t("control.modeTest"), text: t("control.modeTestText") },
    { value: CONTROL_MODE.pid, name: t("control.modePid"), text: t("control.modePidText") },
  ];
  return (
    <fieldset className="mode-control" aria-describedby={hint} aria-disabled={!enabled}>
      <legend>{t("control.mode")}</legend>
      <div className="segments">
        {options.map(({ value, name, text }) => (
          <label key={name} className="segment" htmlFor={`${group}-${name}`}>
            <input
              id={`${group}-${name}`}
              type="radio"
              name={group}
              checked={(pending ?? reported) === value}
              aria-disabled={!enabled}
              onChange={() => void choose(value)}
            />
            <span>
              <strong>{name}</strong> <small>{text}</small>
            </span>
          </label>
        ))}
      </div>
      <p id={hint} className="hint">
        {t("control.modeHint")}
      </p>
      <CommandFeedback progress={command.progress} />
    </fieldset>
  );
}
