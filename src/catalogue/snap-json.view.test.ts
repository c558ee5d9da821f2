import { describe, expect, it } from 'vitest';
import { FieldChoice } from './snap-json.view.js';

describe('FieldChoice', () => {
  it('is one of known fields, whatever else is asked for, and in whatever order', () => {
    const choice = FieldChoice.of(['title', 'version']);
    expect(FieldChoice.of(['version', 'unheard-of', 'title', 'title']).mask).toBe(choice.mask);
    expect(choice.pick({ title: 1, summary: 2, version: 3 })).toEqual({ title: 1, version: 3 });
    expect([choice.has('title'), choice.has('download')]).toEqual([true, false]);
  });

  it('is of every field where none is asked for, and of none where none is known', () => {
    expect(FieldChoice.of([])).toBe(FieldChoice.ALL);
    expect(FieldChoice.ALL.pick({ title: 1, summary: 2 })).toEqual({ title: 1, summary: 2 });
    expect(FieldChoice.of(['unheard-of']).pick({ title: 1 })).toEqual({});
  });

  it('is not spoiled for others by one who asks for a name that looks like their list', () => {
    expect(FieldChoice.of(['summary,title']).pick({ summary: 1, title: 2 })).toEqual({});
    expect(FieldChoice.of(['summary', 'title']).pick({ summary: 1, title: 2 })).toEqual({
      summary: 1,
      title: 2,
    });
  });
});
