/** From this age on, signals and picture are shown as old (the device may be silent for 0.6 s on entering READY). */
export const STALE_SECONDS = 1.5;

/** How often ages on the page are counted on. */
export const AGE_TICK_MS = 250;

/** How long a command waits for the backend's answer; the gateway itself decides within 2 s. */
export const COMMAND_TIMEOUT_MS = 5_000;

/** How long samples are kept in the page: the longest window of the plots. */
export const HISTORY_SECONDS = 300;

/** Frames per second that the firmware sends. */
export const FRAMES_PER_SECOND = 10;

/** How often lists (devices, cameras, services) are asked again. */
export const POLL_MS = 5_000;

/** How long a page waits to be told the lab's language, where the visitor leaves it open, before it appears in English. */
export const LANGUAGE_WAIT_MS = 1_500;
