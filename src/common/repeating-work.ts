/** Work that a server does again and again until it stops, never twice at the same time. */
export class RepeatingWork {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  /** @param onFailure - the work is done again after the same time */
  constructor(
    private readonly everyMs: number,
    private readonly work: () => Promise<void>,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  start(): void {
    this.timer ??= setInterval(() => {
      this.running = this.running.then(this.work).catch(this.onFailure);
    }, this.everyMs).unref();
  }

  /** Waits for work that is under way. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }
}
