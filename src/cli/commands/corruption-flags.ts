import { InvalidArgumentError, Option, type Command } from 'commander';
import path from 'node:path';
import {
  corruptionNames,
  corruptionParameters,
  type CorruptionParameters,
} from '../../core/corruptions/corruption-parameters';
import { severities } from '../../core/corruptions/base/define-corruption';
import { M2atError } from '../../core/errors';
import { didYouMean } from '../../core/experiment/did-you-mean';
import { assertPlainPath } from '../../core/text-schema';
import { wrap } from '../wrap';

/** What the command line says about common corruptions. */
export interface CorruptionFlags {
  readonly corruptions?: string[];
  readonly severity?: number[];
  readonly corruptionsFolder?: string;
}

export function addCorruptionFlags(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--corruptions <names>',
        'measure common corruptions, too: all, or names with commas; without --attack nothing else',
      ).argParser(corruptionList),
    )
    .addOption(
      new Option('--severity <list>', 'of the corruptions: 1-5 (default), or such as 3 or 1,3,5').argParser(
        severityList,
      ),
    )
    .option(
      '--corruptions-folder <folder>',
      'NAME.npy and labels.npy of CIFAR-10-C: those images instead of ones that are computed here',
    );
}

/** The corruptions, for the help. */
export const corruptionHelp = `Corruptions (those of CIFAR-10-C and ImageNet-C):
  ${wrap(corruptionNames.join(', '), 98, 2)}`;

/** For commander: `all`, or `fog,snow`. */
export function corruptionList(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('all')) return corruptionNames;
  const unknown = names.find((name) => !corruptionNames.includes(name));
  if (unknown === undefined) return names;
  const meant = didYouMean(unknown, corruptionNames);
  throw new InvalidArgumentError(
    `"${unknown}" is none of: all, ${corruptionNames.join(', ')}.${meant === undefined ? '' : ` Did you mean ${meant}?`}`,
  );
}

/** For commander: `3`, `1,3,5`, `2-4`. */
export function severityList(text: string): number[] {
  const chosen = text.split(',').flatMap((part) => {
    const [, first, last = first] = /^\s*(\d)\s*(?:-\s*(\d)\s*)?$/.exec(part) ?? [];
    const [from, to] = [Number(first), Number(last)];
    if (from >= 1 && from <= to && to <= severities.length) {
      return severities.filter((severity) => severity >= from && severity <= to);
    }
    throw new InvalidArgumentError(
      `"${part.trim()}" is no severity; expected 1 to 5, such as 3, 1,3,5 or 1-5.`,
    );
  });
  return severities.filter((severity) => chosen.includes(severity));
}

/**
 * The corruptions that flags ask for; undefined for none.
 * @throws M2atError `bad-input` for their severity or their folder without them
 */
export function requestedCorruptions({
  corruptions,
  severity,
  corruptionsFolder,
}: CorruptionFlags): CorruptionParameters | undefined {
  if (corruptions === undefined) {
    if (severity === undefined && corruptionsFolder === undefined) return undefined;
    const flag = severity === undefined ? '--corruptions-folder' : '--severity';
    throw new M2atError('bad-input', `${flag} is about corruptions, and none are asked for`, {
      where: 'm2at attack',
      hint: 'Add --corruptions all, or name some.',
    });
  }
  // It is stored: the run may be resumed from another folder.
  const folder = corruptionsFolder === undefined ? undefined : path.resolve(corruptionsFolder);
  if (folder !== undefined) assertPlainPath(folder);
  return corruptionParameters.parse({
    names: [...new Set(corruptions)],
    ...(severity && { severities: severity }),
    ...(folder === undefined ? {} : { folder }),
  });
}
