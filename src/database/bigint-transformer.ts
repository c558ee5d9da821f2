import type { ValueTransformer } from 'typeorm';

/** `bigint` columns arrive as strings. Ours count bytes and rows, and fit a number exactly. */
export const bigintTransformer: ValueTransformer = {
  to: (value: unknown) => value,
  from(value: string | null): number | null {
    if (value === null) return null;
    const parsed = Number(value);
    if (!Number.isSafeInteger(parsed)) throw new RangeError(`bigint ${value} does not fit a number`);
    return parsed;
  },
};
