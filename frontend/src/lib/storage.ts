/** Remembered choices; a browser that forbids storage just forgets them. */
export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`remlab.${key}`, value);
  } catch {
    // Private windows and blocked storage: the choice lasts for this page.
  }
}

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`remlab.${key}`);
  } catch {
    return null;
  }
}
