import { expect, it } from 'vitest';
import { parseSurveyAnswer, SURVEY, surveyLines } from './survey.js';

it('asks the four questions of the original', () => {
  expect(SURVEY.map(({ question }) => question)).toEqual([
    'Primary reason',
    'Size of your company',
    'Type of deployment',
    'Size of your deployment',
  ]);
});

const question = { question: 'Which', choices: ['this', 'that'] };

it('numbers the choices from one', () => {
  expect(surveyLines(question)).toEqual(['Which:', '  1. this', '  2. that']);
});

it.each([
  ['1', 'this'],
  [' 2 ', 'that'],
  ['02', 'that'],
  ['0', undefined],
  ['3', undefined],
  ['', undefined],
  ['this', undefined],
  ['1.5', undefined],
  ['-1', undefined],
  ['1e0', undefined],
])('the answer %j is %s', (text, answer) => expect(parseSurveyAnswer(question, text)).toBe(answer));
