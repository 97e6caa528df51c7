/**
 * A process that writes checkpoints into a folder, one after the other, until it is killed. Arguments: the folder and
 * the model's hidden units. It says `ready` when the first one is written.
 */
import { CheckpointStore } from '../checkpoint/store.ts';
import { exampleState } from './checkpoints.ts';

const [, , directory, units] = process.argv;
const store = await CheckpointStore.open(directory);
const begin = ((await store.list())[0]?.steps ?? 0) + 1;
const state = exampleState(begin, Number(units));
for (let steps = begin; ; steps++) {
  await store.write({ ...state, position: { ...state.position, steps } });
  if (steps === begin) process.stdout.write('ready\n');
  await store.prune({ keepLast: 3 });
}
