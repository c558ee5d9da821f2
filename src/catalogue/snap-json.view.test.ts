import { describe, expect, it } from 'vitest';
import { FieldChoice } from './snap-json.view.js';

describe('FieldChoice', () => {
  it('depends only on the known fields, not on others or their order', () => {
    const choice = FieldChoice.of(['title', 'version']);
    expect(FieldChoice.of(['version', 'unheard-of', 'title', 'title']).mask).toBe(choice.mask);
    expect(choice.pick({ title: 1, summary: 2, version: 3 })).toEqual({ title: 1, version: 3 });
    expect([choice.has('title'), choice.has('download')]).toEqual([true, false]);
  });

  it('has all fields if none is requested, and no field if none is known', () => {
    expect(FieldChoice.of([])).toBe(FieldChoice.ALL);
    expect(FieldChoice.ALL.pick({ title: 1, summary: 2 })).toEqual({ title: 1, summary: 2 });
    expect(FieldChoice.of(['unheard-of']).pick({ title: 1 })).toEqual({});
  });

  it('is not affected by another request with a name that looks like a list', () => {
    expect(FieldChoice.of(['summary,title']).pick({ summary: 1, title: 2 })).toEqual({});
    expect(FieldChoice.of(['summary', 'title']).pick({ summary: 1, title: 2 })).toEqual({
      summary: 1,
      title: 2,
    });
  });
});
