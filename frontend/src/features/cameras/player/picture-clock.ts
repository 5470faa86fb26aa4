/** Notes when pictures are really shown: the only sign of life that a dead stream does not fake. */
export class PictureClock {
  /** The browser's monotonic clock at the last picture, ms. */
  shownAt: number | null = null;
  count = 0;
  private readonly video: HTMLVideoElement;
  private readonly onFirst: () => void;
  private recent: number[] = [];
  private handle = 0;
  private running = true;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(video: HTMLVideoElement, onFirst: () => void) {
    this.video = video;
    this.onFirst = onFirst;
    if ("requestVideoFrameCallback" in video) this.handle = video.requestVideoFrameCallback(this.shown);
    else this.timer = setInterval(this.countTotal, 100);
  }

  /** Pictures per second over the last two seconds. */
  rate(now: number): number {
    this.recent = this.recent.filter((moment) => now - moment <= 2_000);
    return this.recent.length / 2;
  }

  stop(): void {
    this.running = false;
    clearInterval(this.timer);
    if ("cancelVideoFrameCallback" in this.video) this.video.cancelVideoFrameCallback(this.handle);
  }

  private readonly shown = (now: number): void => {
    if (!this.running) return;
    this.note(now);
    this.handle = this.video.requestVideoFrameCallback(this.shown);
  };

  /** For browsers without the callback. */
  private readonly countTotal = (): void => {
    const total = (this.video as Partial<HTMLVideoElement>).getVideoPlaybackQuality?.call(this.video).totalVideoFrames;
    if (total !== undefined && total !== this.count) this.note(performance.now());
    this.count = total ?? this.count;
  };

  private note(now: number): void {
    this.count += 1;
    this.shownAt = now;
    this.recent.push(now);
    if (this.recent.length > 240) this.recent.shift();
    this.onFirst();
  }
}
