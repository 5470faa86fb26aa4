import { ActionButton } from "@/components/action-button";
import { CommandFeedback } from "@/features/controls/components/command-feedback";
import { useCommand } from "@/features/controls/components/use-command";
import { EVENT, isAllowed, type Action, type SendCommand } from "@/lib/device/commands";
import type { DeviceState } from "@/lib/device/frame";
import { useText } from "@/lib/i18n/use-text";

interface Props {
  readonly state: DeviceState;
  readonly available: boolean;
  readonly send: SendCommand;
}

/** Power and run: the four events of the state machine, each offered where it has an effect. */
export function RunControls({ state, available, send }: Props) {
  const { t } = useText();
  const command = useCommand(send);
  const can = (action: Action) => available && isAllowed(action, state);
  const event = (value: number) => void command.run("event", value);
  return (
    <div className="run-controls">
      <fieldset>
        <legend>{t("control.power")}</legend>
        <div className="button-row">
          <ActionButton kind="primary" available={can("powerOn")} onPress={() => event(EVENT.powerOn)}>
            {t("control.powerOn")}
          </ActionButton>
          <ActionButton available={can("powerOff")} onPress={() => event(EVENT.powerOff)}>
            {t("control.powerOff")}
          </ActionButton>
        </div>
      </fieldset>
      <fieldset>
        <legend>{t("control.run")}</legend>
        <div className="button-row">
          <ActionButton kind="primary" available={can("start")} onPress={() => event(EVENT.start)}>
            {t("control.start")}
          </ActionButton>
          <ActionButton kind="danger" available={can("stop")} onPress={() => event(EVENT.stop)}>
            {t("control.stop")}
          </ActionButton>
        </div>
      </fieldset>
      <CommandFeedback progress={command.progress} />
    </div>
  );
}
