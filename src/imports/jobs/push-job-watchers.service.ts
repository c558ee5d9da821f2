import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { StoreError } from '../../common/errors.js';
import { NotificationsService } from '../../database/notifications.service.js';
import { principalKey, type Access, type Principal } from '../../management/principal.js';
import { PrincipalsService } from '../../management/principals.service.js';
import { isOver, type PushJob } from './push-job.js';
import { pushJobView } from './push-job.view.js';
import { PUSH_JOBS_CHANNEL, PushJobsService } from './push-jobs.service.js';

/** Streams of one operator or token, and of all, that are open at the same time on a unit. */
export const MAX_STREAMS_PER_PRINCIPAL = 10;
export const MAX_STREAMS = 100;

/** How often a stream says that it is alive, and looks whether its reader still may read, in milliseconds. */
export const BEAT_EVERY_MS = 5_000;

const WATCH_ACCESS: Access = { role: 'viewer', scope: 'import' };

/** Where the events of a job go. */
export interface JobEvents {
  send: (event: 'import' | 'end' | 'refused', data: object) => void;
  beat: () => void;
  end: () => void;
  onClose: (listener: () => void) => void;
}

/** Somebody who follows a job. */
interface Watcher {
  readonly id: number;
  readonly principal: Principal;
  readonly events: JobEvents;
  looking: Promise<void>;
  /** Whether a look is due that has not begun. */
  isDue: boolean;
}

/** Tells those who follow a job of its progress. */
@Injectable()
export class PushJobWatchersService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(PushJobWatchersService.name);
  private readonly watchers = new Set<Watcher>();
  private unsubscribe: Promise<() => void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly jobs: PushJobsService,
    private readonly principals: PrincipalsService,
    private readonly notifications: NotificationsService,
  ) {}

  /** How many streams are open. */
  get count(): number {
    return this.watchers.size;
  }

  /**
   * Sends the state of a job now and after each change, until it is over or its reader may not read any more.
   *
   * @param open - opens the stream, after nothing can be refused any more
   * @throws StoreError `not-found`; `too-many-requests` if too many streams are open
   */
  async watch(id: number, principal: Principal, open: () => JobEvents): Promise<void> {
    await this.jobs.get(id);
    this.unsubscribe ??= this.listen();
    await this.unsubscribe;
    const key = principalKey(principal);
    const own = [...this.watchers].filter((one) => principalKey(one.principal) === key).length;
    if (own >= MAX_STREAMS_PER_PRINCIPAL || this.watchers.size >= MAX_STREAMS)
      throw new StoreError(
        'too-many-requests',
        `cannot follow import ${id}: ${own >= MAX_STREAMS_PER_PRINCIPAL ? `you have ${own}` : `there are ${this.watchers.size}`} streams of events open; close one`,
      );
    const watcher: Watcher = { id, principal, events: open(), looking: Promise.resolve(), isDue: false };
    this.watchers.add(watcher);
    watcher.events.onClose(() => this.watchers.delete(watcher));
    this.lookSoon(watcher);
  }

  /** Ends the streams, which a server that stops would wait for. Clients open them again, of another unit. */
  endAll(): void {
    for (const { events } of this.watchers) events.end();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    (await this.unsubscribe)?.();
    this.endAll();
  }

  private async listen(): Promise<() => void> {
    this.timer = setInterval(() => {
      for (const watcher of this.watchers) {
        watcher.events.beat();
        this.lookSoon(watcher);
      }
    }, BEAT_EVERY_MS).unref();
    const lookAt = (id: string) => {
      for (const watcher of this.watchers) if (watcher.id === Number(id)) this.lookSoon(watcher);
    };
    return await this.notifications.subscribe(PUSH_JOBS_CHANNEL, lookAt, () => undefined);
  }

  private lookSoon(watcher: Watcher): void {
    if (watcher.isDue) return;
    watcher.isDue = true;
    watcher.looking = watcher.looking
      .then(() => this.look(watcher))
      .catch((error: unknown) => this.logger.warn(`cannot tell of import ${watcher.id}: ${String(error)}`));
  }

  private async look(watcher: Watcher): Promise<void> {
    const { id, principal, events } = watcher;
    watcher.isDue = false;
    if (!this.watchers.has(watcher)) return;
    const why = await this.principals.whyEnded(principal, WATCH_ACCESS);
    if (why !== undefined) return this.finish(watcher, 'refused', { code: 'unauthorized', message: why });
    const job: PushJob = await this.jobs.get(id);
    if (isOver(job)) this.finish(watcher, 'end', pushJobView(job));
    else events.send('import', pushJobView(job));
  }

  private finish(watcher: Watcher, event: 'end' | 'refused', data: object): void {
    this.watchers.delete(watcher);
    watcher.events.send(event, data);
    watcher.events.end();
  }
}
