import { paceFor } from "@/features/cameras/player/pace";

/** Kept behind the position for the decoder; older pictures are dropped. */
const KEEP_SECONDS = 8;
const DROP_AT_SECONDS = 16;

type MediaSourceType = typeof MediaSource;

/** Media Source where there is one; iPhones have only the managed kind. */
export function mediaSourceType(): MediaSourceType | undefined {
  const scope = globalThis as { MediaSource?: MediaSourceType; ManagedMediaSource?: MediaSourceType };
  return scope.MediaSource ?? scope.ManagedMediaSource;
}

/** Feeds one fragmented MP4 stream into a video element and keeps it close to the live edge. */
export class MediaSourceFeed {
  private readonly video: HTMLVideoElement;
  private readonly source: MediaSource;
  private readonly url: string;
  private buffer: SourceBuffer | undefined;
  private waiting: ArrayBuffer[] = [];
  private readonly onFailure: (reason: string) => void;

  constructor(video: HTMLVideoElement, Source: MediaSourceType, mime: string, onFailure: (reason: string) => void) {
    this.video = video;
    this.onFailure = onFailure;
    this.source = new Source();
    this.source.addEventListener("sourceopen", () => this.start(mime), { once: true });
    this.url = URL.createObjectURL(this.source);
    // Without it the managed kind never opens.
    video.disableRemotePlayback = true;
    video.src = this.url;
  }

  append(data: ArrayBuffer): void {
    this.waiting.push(data);
    this.flush();
  }

  /** How far the position is behind the newest picture, in seconds. */
  get delaySeconds(): number | null {
    const edge = this.newest();
    return edge ? Math.max(0, edge.end - this.video.currentTime) : null;
  }

  /** Seeks or changes the rate as the distance to the live edge asks for. */
  keepPace(): void {
    const edge = this.newest();
    if (!edge || this.video.seeking) return;
    const { seekTo, rate } = paceFor(this.video.currentTime, edge.start, edge.end);
    if (seekTo !== null) this.video.currentTime = seekTo;
    if (this.video.playbackRate !== rate) this.video.playbackRate = rate;
  }

  close(): void {
    this.waiting = [];
    this.buffer = undefined;
    URL.revokeObjectURL(this.url);
  }

  private start(mime: string): void {
    URL.revokeObjectURL(this.url);
    if (this.video.src !== this.url) return;
    try {
      this.source.duration = Number.POSITIVE_INFINITY;
      const buffer = this.source.addSourceBuffer(mime);
      buffer.mode = "segments";
      buffer.addEventListener("updateend", () => this.afterUpdate());
      buffer.addEventListener("error", () => this.onFailure("SourceBuffer"));
      this.buffer = buffer;
      this.flush();
    } catch (error) {
      this.onFailure(error instanceof Error ? error.message : String(error));
    }
  }

  private afterUpdate(): void {
    this.keepPace();
    this.flush();
    this.dropOld();
  }

  /** Everything that waits goes in at once: one append per access unit falls behind on slow machines. */
  private flush(): void {
    const { buffer } = this;
    if (!buffer || buffer.updating || this.waiting.length === 0) return;
    const joined = concatenate(this.waiting);
    this.waiting = [];
    try {
      buffer.appendBuffer(joined);
    } catch (error) {
      this.onFailure(error instanceof Error ? error.name : String(error));
    }
  }

  private dropOld(): void {
    const { buffer, video } = this;
    if (!buffer || buffer.updating || buffer.buffered.length === 0) return;
    const first = buffer.buffered.start(0);
    if (video.currentTime - first > DROP_AT_SECONDS) buffer.remove(first, video.currentTime - KEEP_SECONDS);
  }

  private newest(): { start: number; end: number } | null {
    const ranges = this.buffer?.buffered;
    if (!ranges || ranges.length === 0) return null;
    const last = ranges.length - 1;
    return { start: ranges.start(last), end: ranges.end(last) };
  }
}

function concatenate(parts: readonly ArrayBuffer[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((bytes, part) => bytes + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(new Uint8Array(part), offset);
    offset += part.byteLength;
  }
  return joined;
}
