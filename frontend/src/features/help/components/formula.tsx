import type { ReactNode } from "react";

/** A formula on a line of its own. */
export function Formula({ children }: { children: ReactNode }) {
  return <p className="formula">{children}</p>;
}
