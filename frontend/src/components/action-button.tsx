import type { ReactNode } from "react";

interface Props {
  readonly onPress: () => void;
  readonly available?: boolean;
  readonly kind?: "primary" | "danger" | "plain";
  readonly label?: string;
  readonly pressed?: boolean;
  readonly children: ReactNode;
}

/**
 * A button that keeps the keyboard's focus while it is not available: a natively disabled one
 * would drop it, and "Start" turns unavailable the moment it was pressed.
 */
export function ActionButton({ onPress, available = true, kind = "plain", label, pressed, children }: Props) {
  return (
    <button
      type="button"
      className={`button button-${kind}`}
      aria-disabled={!available}
      aria-label={label}
      aria-pressed={pressed}
      onClick={() => {
        if (available) onPress();
      }}
    >
      {children}
    </button>
  );
}
