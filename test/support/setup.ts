import 'reflect-metadata';
import { afterAll, vi } from 'vitest';

// Test files of one process share its modules; what one changes of the process itself, the next one does not find.
const environment = { ...process.env };

afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
});
