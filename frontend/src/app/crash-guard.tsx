import { Component, type ReactNode } from "react";

import { ActionButton } from "@/components/action-button";
import { useText } from "@/lib/i18n/use-text";

interface State {
  readonly crashed: boolean;
}

/** Keeps the frame of the page when a part of it fails, also when a chunk is gone after a deploy. */
export class CrashGuard extends Component<{ children: ReactNode }, State> {
  override state: State = { crashed: false };

  static getDerivedStateFromError(): State {
    return { crashed: true };
  }

  override render(): ReactNode {
    return this.state.crashed ? <Crashed /> : this.props.children;
  }
}

function Crashed() {
  const { t } = useText();
  return (
    <div className="page" role="alert">
      <h1>{t("app.crashed")}</h1>
      <p>{t("app.crashedText")}</p>
      <ActionButton kind="primary" onPress={() => location.reload()}>
        {t("app.reload")}
      </ActionButton>
    </div>
  );
}
