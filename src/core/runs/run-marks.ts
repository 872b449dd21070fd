import path from 'node:path';
import { M2atError } from '../errors';
import { writeFileAtomic } from '../files/atomic-file';
import { readJson } from '../files/json';
import { hasCode } from '../files/error-code';
import { parseRecord } from '../records/record-form';
import { markLimits, marksFile, runMarks, type RunMarks } from '../records/run-marks';
import { runDirectory, runFile } from '../records/run-paths';
import type { RunRecord } from '../records/run-files';
import { withoutKeys } from '../without-keys';

const MAX_BYTES = 2 ** 16;

/** A change of what is said of a run: absent is as it is; an empty text, an empty list and false take it away. */
export interface MarksChange {
  readonly name?: string | undefined;
  readonly star?: boolean | undefined;
  readonly note?: string | undefined;
  readonly tags?: readonly string[] | undefined;
}

/** A record with what somebody says of the run: it goes by the name that was given to it. */
export async function withMarks(root: string, record: RunRecord): Promise<RunRecord> {
  const { marks, problem } = await readMarks(root, record.id);
  if (problem !== undefined) return { ...record, warnings: [...(record.warnings ?? []), problem] };
  if (!marks) return record;
  if (marks.name === undefined) return { ...record, marks };
  return { ...record, name: marks.name, ownName: record.name, marks };
}

async function readMarks(
  root: string,
  id: string,
): Promise<{ readonly marks?: RunMarks; readonly problem?: string }> {
  const file = path.join(runDirectory(root, id), runFile.marks);
  try {
    const found = { intact: false, where: file };
    return {
      marks: withoutKeys(parseRecord(marksFile, await readJson(file, MAX_BYTES), found), [
        'version',
        'breaks',
      ]),
    };
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return {};
    return { problem: `${runFile.marks} can't be read: the name, note and tags that it gives are left out.` };
  }
}

/**
 * Changes what is said of a run, and leaves the rest as it is. The run itself is not touched, so that one which goes on can be
 * marked as well.
 * @returns what is said of it now
 * @throws M2atError `bad-input` for a text that is too long; `data` where what is there can't be read; `io`
 */
export async function markRun(root: string, id: string, change: MarksChange): Promise<RunMarks> {
  const directory = runDirectory(root, id);
  const { marks, problem } = await readMarks(root, id);
  if (problem !== undefined) {
    throw new M2atError('data', problem, {
      where: path.join(directory, runFile.marks),
      hint: 'Delete the file; then the run can be marked anew.',
    });
  }
  const tags = change.tags && [...new Set(change.tags.map((tag) => tag.trim()).filter((tag) => tag !== ''))];
  const [name, note] = [(change.name ?? marks?.name ?? '').trim(), (change.note ?? marks?.note ?? '').trim()];
  const all = tags ?? marks?.tags ?? [];
  const parsed = runMarks.safeParse({
    ...(name !== '' && { name }),
    ...((change.star ?? marks?.star) && { star: true }),
    ...(note !== '' && { note }),
    ...(all.length > 0 && { tags: all }),
  });
  if (!parsed.success) {
    const most = markLimits;
    throw new M2atError('bad-input', 'is more than can be said of a run', {
      where: id,
      hint: `A name has at most ${most.name} characters, a note ${most.note}, and there are at most ${most.tags} tags of ${most.tag}.`,
    });
  }
  await writeFileAtomic(
    path.join(directory, runFile.marks),
    `${JSON.stringify({ version: 1, ...parsed.data }, null, 2)}\n`,
  );
  return parsed.data;
}
