import { MediaSourceFeed, mediaSourceType } from "@/features/cameras/player/media-source-feed";
import { backoffMs } from "@/features/cameras/player/pace";
import { PictureClock } from "@/features/cameras/player/picture-clock";
import { readStreamMessage } from "@/features/cameras/player/stream-message";

export type PlayerState =
  | { readonly phase: "connecting" | "waiting" | "playing" | "stalled" | "blocked" }
  | { readonly phase: "retrying"; readonly attempt: number }
  | { readonly phase: "lost"; readonly state: string | null }
  | { readonly phase: "unsupported"; readonly reason: string };

const TICK_MS = 250;
/** Without a new picture for so long the stream is dead, whatever the socket says. */
const STALL_MS = 3_000;
/** Slow machines need a while for the first picture. */
const FIRST_PICTURE_MS = 12_000;
/** A lost camera is asked for anew now and then: the socket may have died meanwhile. */
const LOST_RETRY_MS = 30_000;

/** Plays one camera's stream in a video element and comes back by itself from whatever interrupts it. */
export class StreamPlayer {
  private readonly video: HTMLVideoElement;
  private readonly address: string;
  private readonly onState: (state: PlayerState) => void;
  private state: PlayerState = { phase: "connecting" };
  private socket: WebSocket | undefined;
  private feed: MediaSourceFeed | undefined;
  private pictures: PictureClock;
  private attempt = 0;
  private deadline = 0;
  private reconnect: ReturnType<typeof setTimeout> | undefined;
  private readonly ticker: ReturnType<typeof setInterval>;

  constructor(video: HTMLVideoElement, address: string, onState: (state: PlayerState) => void) {
    this.video = video;
    this.address = address;
    this.onState = onState;
    this.pictures = new PictureClock(video, this.onPicture);
    this.ticker = setInterval(this.tick, TICK_MS);
    document.addEventListener("visibilitychange", this.onVisibility);
    this.connect();
  }

  get shownAt(): number | null {
    return this.pictures.shownAt;
  }

  get pictureCount(): number {
    return this.pictures.count;
  }

  get delaySeconds(): number | null {
    return this.feed?.delaySeconds ?? null;
  }

  picturesPerSecond(now: number): number {
    return this.pictures.rate(now);
  }

  /** Starts the picture on the user's press, where the browser did not let it start alone. */
  play(): void {
    this.video.play().then(
      () => this.set({ phase: "waiting" }),
      () => this.set({ phase: "blocked" }),
    );
  }

  close(): void {
    clearInterval(this.ticker);
    document.removeEventListener("visibilitychange", this.onVisibility);
    this.pictures.stop();
    this.disconnect();
    this.video.removeAttribute("src");
    this.video.load();
  }

  private connect(): void {
    if (!mediaSourceType()) {
      this.set({ phase: "unsupported", reason: "Media Source" });
      return;
    }
    this.extend(FIRST_PICTURE_MS);
    const socket = new WebSocket(this.address);
    socket.binaryType = "arraybuffer";
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => this.receive(event.data);
    socket.onclose = () => this.onClose(socket);
    this.socket = socket;
  }

  private disconnect(): void {
    clearTimeout(this.reconnect);
    const { socket } = this;
    this.socket = undefined;
    socket?.close();
    this.feed?.close();
    this.feed = undefined;
  }

  private receive(data: string | ArrayBuffer): void {
    if (typeof data !== "string") {
      this.feed?.append(data);
      return;
    }
    const message = readStreamMessage(data);
    if (message?.type === "init") this.begin(message.mime);
    if (message?.type === "lost") this.lose(message.state);
  }

  /** A new stream or a new epoch: a fresh source, since its time and codec may differ. */
  private begin(mime: string): void {
    const Source = mediaSourceType();
    this.feed?.close();
    this.feed = undefined;
    if (!Source?.isTypeSupported(mime)) {
      this.set({ phase: "unsupported", reason: mime });
      return;
    }
    this.feed = new MediaSourceFeed(this.video, Source, mime, this.restart);
    this.extend(FIRST_PICTURE_MS);
    this.set({ phase: "waiting" });
    this.video.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "NotAllowedError") this.set({ phase: "blocked" });
    });
  }

  private lose(state: string | null): void {
    this.extend(LOST_RETRY_MS);
    this.set({ phase: "lost", state });
  }

  private readonly onPicture = (): void => {
    if (this.state.phase === "lost" || this.state.phase === "retrying") return;
    this.attempt = 0;
    this.extend(STALL_MS);
    if (this.state.phase !== "playing") this.set({ phase: "playing" });
  };

  private onClose(socket: WebSocket): void {
    if (socket !== this.socket || this.state.phase === "unsupported") return;
    this.socket = undefined;
    this.attempt += 1;
    // What the server said about a lost camera tells more than that it then hung up.
    if (this.state.phase !== "lost") this.set({ phase: "retrying", attempt: this.attempt });
    this.reconnect = setTimeout(() => this.connect(), backoffMs(this.attempt - 1, Math.random()));
  }

  private readonly restart = (): void => {
    if (this.state.phase === "unsupported") return;
    this.disconnect();
    this.attempt += 1;
    this.set({ phase: "stalled" });
    this.reconnect = setTimeout(() => this.connect(), backoffMs(this.attempt - 1, Math.random()));
  };

  private readonly tick = (): void => {
    // Hidden pages show no pictures, which is no fault of the stream.
    if (document.hidden || this.state.phase === "blocked") this.extend(STALL_MS);
    this.feed?.keepPace();
    if (this.socket && performance.now() > this.deadline) this.restart();
  };

  private readonly onVisibility = (): void => {
    this.extend(STALL_MS);
    if (!document.hidden && this.video.paused && this.feed) this.play();
  };

  private extend(milliseconds: number): void {
    this.deadline = performance.now() + milliseconds;
  }

  private set(state: PlayerState): void {
    this.state = state;
    this.onState(state);
  }
}
