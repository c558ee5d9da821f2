import type { JsonTemplate } from '../common/http/json-template.js';
import { MAX_ANSWERS_BYTES } from '../common/limits.js';

/** The offer of a channel, and its answer. */
export interface Offer {
  readonly template: JsonTemplate;
  readonly revision: number;
  /** The data generations that the revision can read, from its epoch. */
  readonly reads: readonly number[];
}

/** A computed answer. */
export interface RememberedAnswer extends Offer {
  /** Its subject: a release, the number of a revision, or for `info` the name of an architecture (empty: for all). */
  readonly about: object | number | string;
  /** Its fields. */
  readonly fields: number;
}

/** The memory of an answer in addition to its bytes. */
const ANSWER_BYTES = 300;

/** Answers about one snap. They are few and searched in order, because a map would take more memory. */
export class SnapAnswers {
  private answers: readonly RememberedAnswer[] = [];
  /** Their memory, in bytes. */
  bytes = 0;
  /** Whether it was requested since the last check for dropping. */
  isUsed = false;

  constructor(private readonly memory: AnswerMemory) {}

  find(about: object | number | string, fields: number): RememberedAnswer | undefined {
    for (const known of this.answers)
      if (known.about === about && known.fields === fields) {
        this.isUsed = true;
        return known;
      }
    return undefined;
  }

  /** @param most - the most answers that are kept about this snap */
  keep(answer: RememberedAnswer, most: number): void {
    // It is most likely full of unused answers: an upgraded snapd requests other fields.
    if (this.answers.length >= most) this.memory.drop(this);
    this.answers = [...this.answers, answer];
    this.memory.add(this, answer.template.sizeBytes + ANSWER_BYTES);
  }

  clear(): void {
    this.answers = [];
    this.bytes = 0;
  }
}

/** Limits the memory of the answers about all snaps. Those about snaps without recent requests are dropped first. */
export class AnswerMemory {
  private readonly all = new Set<SnapAnswers>();
  private taken = 0;

  constructor(private readonly limitBytes = MAX_ANSWERS_BYTES) {}

  /** The bytes that are kept. */
  get bytes(): number {
    return this.taken;
  }

  add(answers: SnapAnswers, bytes: number): void {
    this.all.add(answers);
    answers.bytes += bytes;
    this.taken += bytes;
    while (this.taken > this.limitBytes) this.makeRoom(answers);
  }

  drop(answers: SnapAnswers): void {
    this.all.delete(answers);
    this.taken -= answers.bytes;
    answers.clear();
  }

  private makeRoom(added: SnapAnswers): void {
    for (const answers of this.all) {
      const isLast = this.all.size === 1;
      if (isLast || (answers !== added && !answers.isUsed)) return this.drop(answers);
      answers.isUsed = false;
      this.all.delete(answers);
      this.all.add(answers);
    }
  }
}

/** The one of this process. */
export const ANSWERS = new AnswerMemory();
