import * as tf from '@tensorflow/tfjs';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { version } from '../../../package.json';
import { isCancelled } from '../cancellation';
import { lineOf, M2atError, messageOf } from '../errors';
import { fileError } from '../files/file-error';
import { assertOwnFolder } from '../files/own-folders';
import { assertPlainPath } from '../text-schema';
import { withoutKeys } from '../without-keys';
import type { RunRecord } from '../records/run-files';
import { runsDirectory } from '../records/run-paths';
import { noOwner, ownedByThisProcess } from './run-owner';
import type { RunWriter } from './run-writer';

/**
 * A record of a run that this process is about to start.
 * @throws M2atError `bad-input` for a source that no record takes
 */
export function newRecord(
  fields: Pick<RunRecord, 'id' | 'kind' | 'name' | 'source' | 'group' | 'command'>,
): RunRecord {
  const { source, group, ...rest } = fields;
  if (source !== undefined) assertPlainPath(source);
  return {
    version: 1,
    ...rest,
    ...(source === undefined ? {} : { source }),
    ...(group && { group }),
    status: 'preparing',
    ...ownedByThisProcess(),
    startedAt: new Date().toISOString(),
    versions: { m2at: version, node: process.versions.node, tfjs: tf.version_core },
  };
}

/** The record of a run that this process goes on with. @param outdated what it is about to change */
export function recordAgain(record: RunRecord, outdated: 'rows' | 'arrays'): RunRecord {
  const rest = withoutKeys(record, ['message', 'endedAt', 'checksums']);
  const checksums = record.checksums && { checksums: withoutKeys(record.checksums, [outdated]) };
  return { ...rest, ...checksums, status: 'preparing', ...ownedByThisProcess() };
}

/** Fails before anything is downloaded or computed for a folder that can't be written to. */
export async function assertWritable(root: string): Promise<void> {
  await access(root, constants.F_OK).catch((cause: unknown) => {
    const hint = 'Create it, or name another folder.';
    throw new M2atError('bad-input', 'the folder does not exist', { where: root, hint, cause });
  });
  await access(root, constants.W_OK).catch((error: unknown) => {
    throw fileError(error, root);
  });
}

/** The same for a run, and for runs that would be written through a link. */
export async function assertCanRun(root: string): Promise<void> {
  await assertWritable(root);
  await assertOwnFolder(runsDirectory(root));
}

/**
 * Writes down that an error ended the run. A second error (the disk is still full) is left aside, so that the
 * first one reaches the caller.
 */
export async function recordFailure(writer: RunWriter, error: unknown): Promise<void> {
  const cancelled = isCancelled(error);
  const message = messageOf(error);
  try {
    await writer.update({
      status: cancelled ? 'stopped' : 'failed',
      message: cancelled ? undefined : message,
      endedAt: new Date().toISOString(),
      ...noOwner,
    });
    await writer.log(cancelled ? 'info' : 'error', lineOf(error));
  } catch {
    writer.announce({ status: 'failed', message });
  }
}
