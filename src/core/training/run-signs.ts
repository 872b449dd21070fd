import type { RunSign } from '../records/run-files';
import type { RunWriter } from '../runs/run-writer';

/** Keeps a sign in the record and tells it in the log, once for each, also when the run was resumed after it. */
export async function tellSign(writer: RunWriter, sign: RunSign): Promise<void> {
  const { signs = [] } = writer.record;
  if (signs.some((known) => known.sign === sign.sign)) return;
  await writer.update({ signs: [...signs, sign] });
  // One without advice is the end that was asked for.
  const level = sign.advice === undefined ? 'info' : 'warn';
  await writer.log(level, [sign.message, sign.advice ?? ''].join(' ').trim());
}
