import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Makes the environment of a program whose clock is wrong.
 *
 * @param directory - for the file that shifts it
 * @param seconds - ahead; behind where negative
 */
export function shiftedClock(directory: string, seconds: number): Record<string, string> {
  const path = join(directory, `shift${seconds}.mjs`);
  writeFileSync(
    path,
    `const RealDate = Date;
const real = RealDate.now;
RealDate.now = () => real() + ${seconds * 1_000};
globalThis.Date = new Proxy(RealDate, {
  construct: (target, words, made) =>
    Reflect.construct(target, words.length === 0 ? [RealDate.now()] : words, made),
});
`,
  );
  return { NODE_OPTIONS: `--import=${path}` };
}
