import { describe, expect, it } from 'vitest';
import { JsonTemplate } from '../common/http/json-template.js';
import { AnswerMemory, SnapAnswers } from './answer-memory.js';

const TEXT_BYTES = 1_000;
const template = new JsonTemplate('x'.repeat(TEXT_BYTES - 2));
const answer = (about: string, fields = 1) => ({ about, fields, template, revision: 1, reads: [0] });

/** A memory for this number of answers. */
function memoryFor(count: number): AnswerMemory {
  return new AnswerMemory(count * (TEXT_BYTES + 300));
}

function answersIn(memory: AnswerMemory, about: string, most = 8): SnapAnswers {
  const answers = new SnapAnswers(memory);
  answers.keep(answer(about), most);
  return answers;
}

describe('answers about snaps', () => {
  it('are found by their subject and their fields', () => {
    const answers = answersIn(memoryFor(9), 'a');
    answers.keep(answer('a', 2), 8);
    expect([answers.find('a', 1)?.fields, answers.find('a', 2)?.fields]).toEqual([1, 2]);
    expect([answers.find('b', 1), answers.find('a', 3)]).toEqual([undefined, undefined]);
  });

  it('stay within their budget, for all snaps together', () => {
    const memory = memoryFor(3);
    const all = ['a', 'b', 'c', 'd'].map((about) => answersIn(memory, about));
    expect(memory.bytes).toBe(3 * (TEXT_BYTES + 300));
    expect(all.map((answers, index) => answers.find('abcd'.charAt(index), 1) !== undefined)).toEqual([
      false,
      true,
      true,
      true,
    ]);
  });

  it('stay if they were requested, and others are dropped', () => {
    const memory = memoryFor(3);
    const [first, second] = [answersIn(memory, 'a'), answersIn(memory, 'b')];
    for (let round = 0; round < 20; round += 1) {
      expect(first.find('a', 1)).toBeDefined();
      answersIn(memory, `made up ${round}`);
    }
    expect([first.find('a', 1) !== undefined, second.find('b', 1)]).toEqual([true, undefined]);
  });

  it('are limited for each snap', () => {
    const memory = memoryFor(100);
    const answers = answersIn(memory, 'a', 3);
    for (const fields of [2, 3]) answers.keep(answer('a', fields), 3);
    expect(answers.find('a', 1)).toBeDefined();
    answers.keep(answer('a', 4), 3);
    expect([answers.find('a', 1), answers.find('a', 4)?.fields]).toEqual([undefined, 4]);
    expect(memory.bytes).toBe(TEXT_BYTES + 300);
  });

  it('are not kept if one alone exceeds the budget', () => {
    const memory = new AnswerMemory(TEXT_BYTES);
    expect(answersIn(memory, 'a').find('a', 1)).toBeUndefined();
    expect(memory.bytes).toBe(0);
  });
});
