import type { Assertion } from '../assertions/format/assertion.js';
import { headerText } from '../assertions/format/header-text.js';
import { neededSnaps } from '../catalogue/needed-snaps.js';
import { formatChannel } from '../channels/channel.js';
import { digestToBase64url } from '../common/crypto/digest.js';
import { type JsonFields } from '../common/domain/json.js';
import { DEFAULT_PROVENANCE } from '../common/domain/words.js';
import { StoreError } from '../common/errors.js';
import type { FileProgress } from '../common/terminal/progress.js';
import type { SnapYaml } from '../snap-files/snap-yaml.js';
import type { ChainFetcher } from './chain-fetcher.js';
import { checkOffer } from './check-offer.js';
import { ComponentFetch } from './component-fetch.js';
import { notOffered, questionForNeed, questionsFor, refusalLine, type Question } from './fetch-questions.js';
import type { FetchRequest } from './fetch-request.js';
import { FetchedSnap } from './fetched-snap.js';
import { FileDownload } from './file-download.js';
import type { Inventory } from './inventory-file.js';
import type { PartialFiles } from './partial-files.js';
import { isOffer, type OfferRefusal, type UpstreamOffer } from './refresh-answer.js';
import { readSnapYaml, saidSnapYaml } from './snap-needs.js';
import type { UpstreamClient } from './upstream-client.js';

/** Reports the progress of a fetch. */
export interface FetchObserver {
  readonly say: (line: string) => void;
  readonly warn: (line: string) => void;
  readonly download: FileProgress;
}

export interface FetchTools {
  readonly client: UpstreamClient;
  readonly chains: ChainFetcher;
  readonly partial: PartialFiles;
  /** What the air-gapped store already has. */
  readonly inventory: Inventory;
  /** Whether to fetch the components of snaps too. */
  readonly withComponents: boolean;
  readonly observer: FetchObserver;
}

/** Most actions in one request; snapd's own requests name every snap of a device. */
const MAX_ACTIONS = 100;

/** One run of `fetch-snaps`, in rounds: the needs of a snap are known once it is downloaded. */
export class FetchRun {
  readonly snaps = new Map<string, FetchedSnap>();
  private readonly asked = new Set<string>();
  private readonly infos = new Map<string, Promise<JsonFields | undefined>>();
  /** Revisions that no architecture has offered so far. */
  private readonly unoffered = new Map<string, StoreError | undefined>();

  private readonly components: ComponentFetch;

  constructor(private readonly tools: FetchTools) {
    this.components = new ComponentFetch(tools);
  }

  /**
   * Fetches the snaps of the request and, with `withNeeds`, all snaps that they need.
   *
   * @throws StoreError naming the snap that cannot be fetched or verified
   */
  async fetch({ snaps, architectures }: FetchRequest, withNeeds: boolean): Promise<void> {
    for (const architecture of architectures)
      for (const { name } of snaps) this.asked.add(`${name} ${architecture}`);
    for (const architecture of architectures) {
      let round = snaps.flatMap((wanted) => questionsFor(wanted, architecture));
      while (round.length > 0) {
        const needs: Question[] = [];
        for (let at = 0; at < round.length; at += MAX_ACTIONS)
          needs.push(...(await this.ask(architecture, round.slice(at, at + MAX_ACTIONS))));
        round = withNeeds ? needs : [];
      }
    }
    for (const error of this.unoffered.values()) if (error) throw error;
  }

  /** @returns questions for needed snaps that were not asked before */
  private async ask(architecture: string, questions: readonly Question[]): Promise<Question[]> {
    for (const { action } of questions) await this.describe(action.name, architecture);
    const actions = questions.map(({ action }) => action);
    const answers = await this.tools.client.refresh(architecture, actions);
    const needs: Question[] = [];
    for (const [index, question] of questions.entries()) {
      const answer = answers[index];
      if (!answer || !this.accepts(question, answer)) continue;
      const snapYaml = await this.take(question, answer);
      for (const need of snapYaml ? neededSnaps(snapYaml) : []) {
        const key = `${need.name} ${architecture}`;
        if (this.asked.has(key)) continue;
        this.asked.add(key);
        needs.push(questionForNeed(need, answer.name, architecture));
      }
    }
    return needs;
  }

  /** A revision supports some architectures: at least one of the requested ones must offer it. */
  private accepts(question: Question, answer: UpstreamOffer | OfferRefusal): answer is UpstreamOffer {
    const { name, revision } = question.action;
    const key = `${name} ${revision ?? ''}`;
    if (isOffer(answer)) {
      checkOffer(question, answer);
      if (revision !== undefined) this.unoffered.set(key, undefined);
      return true;
    }
    const error = notOffered(question, answer);
    if (revision !== undefined) {
      if (!this.unoffered.has(key)) this.unoffered.set(key, error);
    } else if (question.neededBy && !question.neededBy.isVital)
      this.tools.observer.warn(
        `left out, although ${question.neededBy.by} asks for it: ${refusalLine(question, answer)}`,
      );
    else throw error;
    return false;
  }

  private async describe(name: string, architecture: string): Promise<void> {
    const key = `${name} ${architecture}`;
    if (this.infos.has(key)) return;
    this.tools.observer.say(`Fetching channel map info for ${name}`);
    const asking = this.tools.client.findInfo(name, architecture);
    this.infos.set(key, asking);
    await asking;
  }

  /** @returns the snap's own description, if it is known */
  private async take(question: Question, offer: UpstreamOffer): Promise<SnapYaml | undefined> {
    const snap = this.snaps.get(offer.name) ?? new FetchedSnap(offer.name, offer.snapId);
    if (snap.snapId !== offer.snapId)
      throw new StoreError(
        'upstream-failed',
        `cannot fetch snap ${offer.name}: the upstream store gave two different snap-ids for it`,
      );
    this.snaps.set(offer.name, snap);
    const info = await this.infos.get(`${offer.name} ${question.architecture}`);
    if (info) snap.addInfo(info);
    const snapYaml = snap.has(offer.revision) ? undefined : await this.fetchRevision(snap, question, offer);
    if (this.tools.withComponents) await this.components.fetch(snap, offer, question.architecture);
    for (const channel of question.releaseTo ?? [offer.channel])
      if (channel)
        snap.addRelease({
          architecture: question.architecture,
          channel,
          revision: offer.revision,
          releasedAt: question.releaseTo ? undefined : offer.releasedAt,
        });
    return snapYaml ?? saidSnapYaml(offer.snapYaml);
  }

  private async fetchRevision(
    snap: FetchedSnap,
    { architecture, releaseTo }: Question,
    offer: UpstreamOffer,
  ): Promise<SnapYaml | undefined> {
    const { name, revision, digest, sizeBytes } = offer;
    const { observer, inventory } = this.tools;
    const chain = await this.fetchChain(offer);
    const found = releaseTo?.[0] ?? offer.channel;
    const shown = `${name} revision ${revision} (${found ? `${formatChannel(found)} ` : ''}${architecture})`;
    if (inventory.get(offer.snapId)?.get(revision)?.equals(digest)) {
      observer.say(`Left out ${shown}: the air-gapped store already has it`);
      snap.addRevision({ revision, digest, sizeBytes, file: undefined }, chain);
      return undefined;
    }
    observer.say(`Downloading ${shown}`);
    const file = await this.tools.partial.claim(digest);
    const label = `snap ${name} revision ${revision}`;
    await new FileDownload(this.tools.client, label, offer, architecture, observer.download).into(file);
    const snapYaml = await readSnapYaml(file, sizeBytes);
    if (snapYaml.name !== name)
      throw new StoreError(
        'invalid-snap',
        `cannot fetch snap ${name}: the name in the file is ${snapYaml.name}`,
      );
    snap.addRevision({ revision, digest, sizeBytes, file }, chain);
    return snapYaml;
  }

  /** The assertions come first: a file without a valid signature is not downloaded. */
  private async fetchChain(offer: UpstreamOffer): Promise<readonly Assertion[]> {
    const chain = await this.tools.chains.fetch({
      type: 'snap-revision',
      primaryKey: [digestToBase64url(offer.digest), DEFAULT_PROVENANCE],
    });
    const said = (type: string, header: string) =>
      headerText(
        chain.find((assertion) => assertion.type.name === type),
        header,
      );
    const name = said('snap-declaration', 'snap-name');
    const revision = said('snap-revision', 'snap-revision');
    const size = said('snap-revision', 'snap-size');
    const differs =
      said('snap-revision', 'snap-id') !== offer.snapId ||
      revision !== String(offer.revision) ||
      size !== String(offer.sizeBytes) ||
      name !== offer.name;
    if (!differs) return chain;
    throw new StoreError(
      'upstream-failed',
      `cannot fetch snap ${offer.name} revision ${offer.revision}: its assertions do not match (snap ${name} revision ${revision}, ${size} bytes)`,
    );
  }
}
