import type { JsonTemplate } from '../common/http/json-template.js';
import { MAX_ANSWERS_BYTES } from '../common/limits.js';

/** What a channel offers, and its answer. */
export interface Offer {
  readonly template: JsonTemplate;
  readonly revision: number;
  /** The generations of data that the revision reads: of its epoch. */
  readonly reads: readonly number[];
}

/** An answer that was made once. */
export interface RememberedAnswer extends Offer {
  /** What it says: a release, a revision by its number, or `info` for an architecture by its name (empty: for all). */
  readonly about: object | number | string;
  /** Which fields it has. */
  readonly fields: number;
}

/** What an answer takes besides its bytes. */
const ANSWER_BYTES = 300;

/** Answers about one snap. Few, and looked through in order: a map would take more memory than they do. */
export class SnapAnswers {
  private answers: readonly RememberedAnswer[] = [];
  /** What they take in memory. */
  bytes = 0;
  /** Asked for since it was last looked at for dropping. */
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

  /** @param most - how many answers are kept about this snap */
  keep(answer: RememberedAnswer, most: number): void {
    // Full of what nobody asks for any more, most likely: an upgraded snapd asks for other fields.
    if (this.answers.length >= most) this.memory.drop(this);
    this.answers = [...this.answers, answer];
    this.memory.add(this, answer.template.sizeBytes + ANSWER_BYTES);
  }

  clear(): void {
    this.answers = [];
    this.bytes = 0;
  }
}

/** Bounds what the answers about all snaps take together: those about snaps that were not asked for lately go first. */
export class AnswerMemory {
  private readonly all = new Set<SnapAnswers>();
  private taken = 0;

  constructor(private readonly limitBytes = MAX_ANSWERS_BYTES) {}

  /** What is kept, in bytes. */
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

/** Of this process. */
export const ANSWERS = new AnswerMemory();
