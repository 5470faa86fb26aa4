import type { ReactNode } from "react";

interface Props {
  readonly tone: "info" | "warn" | "bad";
  readonly children: ReactNode;
}

/** A sentence across the page about something the user has to know now. */
export function Banner({ tone, children }: Props) {
  return (
    <p className={`banner banner-${tone}`} role={tone === "bad" ? "alert" : "status"}>
      {children}
    </p>
  );
}
