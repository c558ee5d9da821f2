import { expect } from 'vitest';
import { StoreError, type StoreErrorCode } from '../../src/common/errors.js';
import type { StoreApp } from './store-app.js';

/** How a push is refused. */
export interface Refusal {
  readonly code: StoreErrorCode;
  /** Must stand in the message. */
  readonly says: string | RegExp;
}

/** @returns the refusal that this work ends in; fails where it succeeds */
export async function failureOf(work: Promise<unknown>): Promise<StoreError> {
  const failure: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure, 'it was not refused').toBeDefined();
  expect(failure).toBeInstanceOf(StoreError);
  return failure as StoreError;
}

/** @returns the message of a refusal; fails where there was none */
export async function refusalOf(work: Promise<unknown>): Promise<string> {
  return (await failureOf(work)).message;
}

/** @returns how a push was refused, in one clear line for an operator */
export async function pushFailure(push: Promise<unknown>): Promise<StoreError> {
  const failure = await failureOf(push);
  expect(failure.message).toMatch(/^cannot push [^\p{Cc}]{5,600}$/u);
  expect(failure.message).not.toMatch(/\.$/);
  return failure;
}

/** Pushes a file that must be refused in one clear line, with the store as it was before. */
export async function expectRefused(store: StoreApp, file: string, { code, says }: Refusal): Promise<void> {
  const before = await store.state();
  const { code: given, message } = await pushFailure(store.push(file));
  if (typeof says === 'string') expect(message).toContain(says);
  else expect(message).toMatch(says);
  expect(given).toBe(code);
  expect(await store.state()).toEqual(before);
}
