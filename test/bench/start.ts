import { join } from 'node:path';
import { runToEnd } from './processes.js';
import { median, progress } from './report.js';
import { StoreUnit } from './store-unit.js';
import type { World } from './world.js';

const COMMAND = ['list-pushed-snaps', '--json'];

async function seconds(count: number, once: () => Promise<number>): Promise<number[]> {
  const measured: number[] = [];
  for (let round = 0; round < count; round += 1) measured.push(await once());
  return measured;
}

/** How long an operator waits: for a command, and for a server to be well. The store is empty. */
export async function benchStart({ report, directory, program }: World): Promise<void> {
  progress('first starts');
  const { pairs } = report;
  const units: StoreUnit[] = [];
  const first = await seconds(pairs, async () => {
    const unit = await StoreUnit.create(program, join(directory, `start-${units.length}`));
    units.push(unit);
    const ready = await unit.serve();
    await unit.stop();
    return ready;
  });
  report.medianOf('server_first_ready_s', first);
  const [unit] = units;
  if (!unit) return;
  progress('starts');
  const again = await seconds(pairs, async () => {
    const ready = await unit.serve();
    await unit.stop();
    return ready;
  });
  report.medianOf('server_ready_s', again);
  const command = async () => (await unit.run(...COMMAND)).wallSeconds;
  report.medianOf('command_cold_start_s', await seconds(pairs, command));
  await unit.serve();
  await command();
  const whole = report.medianOf('command_start_s', await seconds(pairs, command));
  const node = median(
    await seconds(pairs, async () => (await runToEnd(process.execPath, ['-e', '0'])).wallSeconds),
  );
  const help = median(await seconds(pairs, async () => (await unit.run('--help')).wallSeconds));
  report.value('command_start_parts', {
    node_s: Number(node.toFixed(3)),
    load_program_s: Number((help - node).toFixed(3)),
    database_and_answer_s: Number((whole - help).toFixed(3)),
  });
  await unit.stop();
}
