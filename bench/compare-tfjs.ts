import * as tf from '@tensorflow/tfjs';
import type { Device } from '../src/core/engine/devices/device';
import { EagerDevice } from '../src/core/engine/devices/eager-device';
import { messageOf } from '../src/core/errors';
import { alternate } from './alternate';
import type { BenchNetwork } from './networks';
import { OurSide } from './our-side';
import { rowOf, type Row } from './row';
import { tasks, type BenchTask } from './tasks';

/** What each backend is asked for: few images and few runs, as TF.js takes seconds for them. */
const backends: readonly {
  readonly name: 'wasm' | 'cpu';
  readonly batch: number;
  readonly repetitions: number;
  readonly tasks: readonly BenchTask[];
}[] = [
  { name: 'wasm', batch: 16, repetitions: 3, tasks: ['m2at-step', 'sgd-step', 'pgd-20', 'forward'] },
  { name: 'cpu', batch: 2, repetitions: 1, tasks: ['sgd-step', 'forward'] },
];

/**
 * Times the same programs, run op by op on TF.js's wasm and cpu backends, against ours. A backend that lacks an op
 * gives a row with its error.
 */
export async function compareTfjs(
  device: Device,
  network: BenchNetwork,
  only: readonly BenchTask[],
  onRow: (row: Row) => void,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { name, batch, repetitions, tasks: ids } of backends) {
    const peer = `TF.js ${tf.version_core} ${name}`;
    const theirDevice = await openBackend(name);
    for (const task of tasks.filter(({ id }) => ids.includes(id) && only.includes(id))) {
      const [ours, theirs] = [device, theirDevice].map((on) => new OurSide(on, network.model, batch));
      if (!ours || !theirs) continue;
      const comparison = { task, network, batch };
      let row: Row;
      try {
        const [our = [], their = []] = await alternate(
          repetitions,
          [ours, theirs].map((side) => () => side.time(task.id)),
        );
        row = rowOf({ ...comparison, ours: our, theirs: [{ peer, runs: their }] });
      } catch (error) {
        const [our = []] = await alternate(repetitions, [() => ours.time(task.id)]);
        row = rowOf({ ...comparison, ours: our, theirs: [{ peer, runs: [] }], error: messageOf(error) });
      }
      rows.push(row);
      onRow(row);
      await ours.dispose();
      await theirs.dispose();
    }
  }
  return rows;
}

async function openBackend(name: 'wasm' | 'cpu'): Promise<Device> {
  if (name === 'wasm') await import('@tensorflow/tfjs-backend-wasm');
  const before = tf.getBackend();
  // Only an asynchronous switch starts the wasm module.
  await tf.setBackend(name);
  await tf.setBackend(before);
  return new EagerDevice('tfjs-cpu', name, `TF.js ${name}`);
}
