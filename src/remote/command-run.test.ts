import { spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import * as limits from './command-limits.js';
import type { AnswerLine } from './command-request.js';
import { CommandRun } from './command-run.js';

function start(script: string, maxBytes?: number): CommandRun {
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  return new CommandRun(child, child.stdio[3] as Duplex, 'id', maxBytes);
}

async function linesOf(run: CommandRun): Promise<AnswerLine[]> {
  const lines = (await text(run.output)).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as AnswerLine);
}

const print = (bytes: number) => `process.stdout.write('x'.repeat(${bytes}))`;

describe('the answer of a command', () => {
  it('has its id, its output and its exit status', async () => {
    const run = start(`console.log('out'); console.error('err'); process.exitCode = 3`);
    const lines = await linesOf(run);
    expect(lines[0]).toEqual({ command: 'id' });
    expect(lines).toEqual(expect.arrayContaining([{ stdout: 'out\n' }, { stderr: 'err\n' }]));
    expect(lines.at(-1)).toEqual({ exit: 3 });
  });

  it('has the status of a shell for a process that was killed', async () => {
    expect((await linesOf(start(`process.kill(process.pid, 'SIGKILL')`))).at(-1)).toEqual({ exit: 137 });
  });

  it('has short lines, and cuts no character', async () => {
    const lines = await linesOf(
      start(`process.stdout.write('x' + '🚀'.repeat(${limits.COMMAND_PIECE_CHARACTERS}))`),
    );
    const pieces = lines.flatMap((line) => ('stdout' in line ? [line.stdout] : []));
    expect(pieces.length).toBeGreaterThan(1);
    for (const piece of pieces) {
      expect(piece.length).toBeLessThanOrEqual(limits.COMMAND_PIECE_CHARACTERS);
      expect(Buffer.from(piece).toString()).toBe(piece);
    }
    expect(pieces.join('')).toBe(`x${'🚀'.repeat(limits.COMMAND_PIECE_CHARACTERS)}`);
  });

  it('has a limit', async () => {
    const enough = await linesOf(start(print(1_000), 1_000));
    expect(enough.at(-1)).toEqual({ exit: 0 });
    const lines = await linesOf(start(`${print(1_001)}; setInterval(() => undefined, 1_000)`, 1_000));
    expect(lines.slice(-2)).toEqual([
      { stderr: 'error: cannot go on: the output is longer than 1000 bytes\n' },
      { exit: 143 },
    ]);
  });
});

it('a command waits while nobody reads, and ends with its caller', async () => {
  const script = `const fs = require('fs'); let n = 0; for (;;) fs.writeSync(1, 'x'.repeat(1 << 16))`;
  const run = start(script);
  await new Promise((settle) => run.output.once('readable', settle));
  while (run.output.readableLength + run.output.writableLength < limits.COMMAND_HELD_BYTES)
    await new Promise((settle) => setImmediate(settle));
  expect(run.output.readableLength + run.output.writableLength).toBeLessThan(4 * limits.COMMAND_HELD_BYTES);
  run.output.destroy();
  await run.ended;
});

it('passes questions on, and an answer for each', async () => {
  const run = start(`
    const pipe = new (require('net').Socket)({ fd: 3 });
    process.stderr.write('before');
    pipe.write('{"question":"Key: ","hidden":true}\\n');
    pipe.once('data', (bytes) => { process.stdout.write(JSON.parse(bytes).answer); pipe.destroy(); });`);
  expect(run.answer('too early')).toBe(false);
  const lines: unknown[] = [];
  for await (const chunk of run.output)
    for (const line of String(chunk)
      .split('\n')
      .filter((one) => one !== '')) {
      lines.push(JSON.parse(line));
      if (line.includes('question'))
        expect([run.answer('secret'), run.answer('again')]).toEqual([true, false]);
    }
  expect(lines).toEqual([
    { command: 'id' },
    { stderr: 'before' },
    { question: 'Key: ', hidden: true },
    { stdout: 'secret' },
    { exit: 0 },
  ]);
});
