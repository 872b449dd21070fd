import type * as vscode from 'vscode';
import { experimentLanguage } from '../contributions';

/**
 * A file on disk, or one that is not saved yet and may have no name: no side of a comparison, and no file of another
 * machine.
 */
export function isExperiment({ uri, languageId }: Pick<vscode.TextDocument, 'uri' | 'languageId'>): boolean {
  return isExperimentFile(uri) || (uri.scheme === 'untitled' && languageId === experimentLanguage);
}

/** By its name. */
export function isExperimentFile({ scheme, path }: vscode.Uri): boolean {
  return (scheme === 'file' || scheme === 'untitled') && path.endsWith('.m2at.json');
}
