/** A question with its choices. */
export interface SurveyQuestion {
  readonly question: string;
  readonly choices: readonly string[];
}

/** The survey of a registration. The questions are the original's; its choices are not public. */
export const SURVEY: readonly SurveyQuestion[] = [
  {
    question: 'Primary reason',
    choices: [
      'Devices without internet',
      'Control over which revisions devices get',
      'Less traffic to the internet',
      'Distribution of own snaps',
      'Trial or development',
      'Other',
    ],
  },
  {
    question: 'Size of your company',
    choices: ['1 to 10 people', '11 to 100', '101 to 1000', '1001 to 10000', 'more than 10000'],
  },
  {
    question: 'Type of deployment',
    choices: ['Data centre', 'Workstations', 'Internet of things', 'Industry or transport', 'Other'],
  },
  {
    question: 'Size of your deployment',
    choices: ['1 to 25 devices', '26 to 100', '101 to 1000', '1001 to 10000', 'more than 10000'],
  },
];

/** The printed form of a question: a numbered list. */
export function surveyLines({ question, choices }: SurveyQuestion): string[] {
  return [`${question}:`, ...choices.map((choice, index) => `  ${index + 1}. ${choice}`)];
}

/** @returns the choice of that number; undefined if there is none */
export function parseSurveyAnswer({ choices }: SurveyQuestion, text: string): string | undefined {
  return /^\d{1,3}$/.test(text.trim()) ? choices[Number(text) - 1] : undefined;
}
