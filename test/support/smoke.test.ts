import { expect, it } from 'vitest';
import { StoreError } from '../../src/common/errors.js';
it('x', () => expect(new StoreError('not-found', 'cannot').code).toBe('not-found'));
