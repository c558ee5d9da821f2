import { Logger } from '@nestjs/common';
import { SettingsService } from '../settings/settings.service.js';
import type { Application, DoorListener, Pair } from './door-listener.js';
import { TLS_CERT, TLS_KEY } from './tls.settings.js';

/** A listener next to that of Fastify, which follows the settings while it runs. */
export abstract class DoorService {
  protected application: Application | undefined;
  protected listener: DoorListener | undefined;
  protected closed = false;
  /** Listeners that no longer listen but are still sending their last answers. */
  private readonly leaving = new Map<DoorListener, Promise<void>>();
  private work: Promise<void> = Promise.resolve();
  private readonly logger: Logger;

  protected constructor(
    name: string,
    protected readonly settings: SettingsService,
  ) {
    this.logger = new Logger(name);
  }

  /** Makes the listener what the settings say. */
  protected abstract apply(application: Application): Promise<void>;

  /** Sets the application that answers. Called once, before the door is opened. */
  attach(application: Application): void {
    this.application = application;
  }

  /** Accepts no more connections. */
  leave(): void {
    this.closed = true;
    this.retire();
    this.endIdle();
  }

  /** Ends connections without a running request. */
  endIdle(): void {
    for (const listener of this.all()) listener.endIdle();
  }

  /** Ends the answers that are still being sent, if they take too long. */
  cut(): void {
    for (const listener of this.all()) listener.cut();
  }

  /** Waits until the last answer is sent. Called after {@link leave}. */
  async left(): Promise<void> {
    await this.work.catch(() => undefined);
    await Promise.all(this.leaving.values());
  }

  /** Applies the settings now, and from now on whenever they change. */
  protected async begin(): Promise<void> {
    await this.settings.watch(() => void this.follow());
    await this.inTurn();
  }

  /** Stops listening. Running answers are sent completely. */
  protected retire(): void {
    const { listener } = this;
    if (!listener) return;
    this.listener = undefined;
    this.leaving.set(
      listener,
      listener.retire().then(() => void this.leaving.delete(listener)),
    );
  }

  /** The certificate of the store and its key; undefined without one. */
  protected async pair(): Promise<Pair | undefined> {
    const cert = (await this.settings.getText(TLS_CERT.key)) ?? '';
    const key = (await this.settings.getText(TLS_KEY.key)) ?? '';
    return cert === '' || key === '' ? undefined : { cert, key };
  }

  private all(): DoorListener[] {
    return [...(this.listener ? [this.listener] : []), ...this.leaving.keys()];
  }

  /** Applies a change of the settings. A change with an error is reported and has no effect. */
  private async follow(): Promise<void> {
    try {
      await this.inTurn();
    } catch (error) {
      if (!this.closed) this.logger.error(error instanceof Error ? error.message : String(error));
    }
  }

  private async inTurn(): Promise<void> {
    const turn = this.work.catch(() => undefined).then(() => this.applyIfOpen());
    this.work = turn;
    await turn;
  }

  private async applyIfOpen(): Promise<void> {
    if (this.closed || !this.application) return;
    await this.apply(this.application);
    // It may have been closed meanwhile.
    if (this.closed) this.retire();
  }
}
