import { StoreError } from '../common/errors.js';
import { shownQuestion, type Question } from './fetch-questions.js';
import type { UpstreamOffer } from './refresh-answer.js';

/** @throws StoreError `upstream-failed` if the answer does not match the question */
export function checkOffer(question: Question, offer: UpstreamOffer): void {
  const refuse = (what: string) =>
    new StoreError(
      'upstream-failed',
      `cannot fetch ${shownQuestion(question)}: the upstream store answered with ${what}`,
    );
  const { name, revision } = question.action;
  if (offer.name !== name) throw refuse(`snap ${offer.name}`);
  if (revision !== undefined && offer.revision !== revision) throw refuse(`revision ${offer.revision}`);
  const { architectures } = offer;
  if (
    architectures.length > 0 &&
    !architectures.includes('all') &&
    !architectures.includes(question.architecture)
  )
    throw refuse(`a revision for ${architectures.join(', ')}`);
}
