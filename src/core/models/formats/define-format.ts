import type { M2atError } from '../../errors';
import type { ForwardOnlyModel, ImportedModel } from '../imported-model';

/** How the files of a format are told by their names, and what people read of them. */
export interface ModelFiles {
  /** A whole name such as `model.json`, or `*` and an extension. */
  readonly pattern: string;
  /** Whose files they are, such as `ONNX`. */
  readonly family: string;
  /** What help calls one and several (`an .onnx`, `.onnx files`), and pickers and lists of what works one (`an .onnx file`). */
  readonly one: string;
  readonly several: string;
  readonly offered: string;
  readonly listed: string;
}

/** A format of model files, as everybody may know it. What reads the files is loaded by `open` and not before. */
export interface FormatDefinition {
  /** As reports have it. */
  readonly id: string;
  /** As pickers and the dashboard call a model of it. */
  readonly title: string;
  /** The same object for formats whose files are called alike: their content tells them apart. */
  readonly files: ModelFiles;
  /** Whether a file is of this format, by its first 64 KiB. */
  readonly sniff: (head: Uint8Array) => boolean;
  /**
   * Opens a file that may be damaged, and is taken for hostile.
   * @param modelFile absolute path
   * @param outputName of several outputs, the one with the class scores; absent: the likeliest
   * @returns the model; or, where it can't be differentiated, one that only runs forwards, and why
   * @throws M2atError `checkpoint` for whatever is wrong with it, `unsupported` for what can't be run or differentiated,
   * `bad-input` for an output that there is not
   */
  readonly open: (
    modelFile: string,
    options: { readonly outputName?: string | undefined },
  ) => Promise<{ model: ImportedModel } | { forwardOnly: ForwardOnlyModel; noGradient: M2atError }>;
}

export function defineFormat(definition: FormatDefinition): FormatDefinition {
  return definition;
}

/** Files that an extension tells, such as `.onnx`. */
export function filesCalled(extension: string, family: string): ModelFiles {
  const one = `${/^\.[aeiou]/.test(extension) ? 'an' : 'a'} ${extension}`;
  const offered = `${one} file`;
  return { pattern: `*${extension}`, family, one, several: `${extension} files`, offered, listed: offered };
}
