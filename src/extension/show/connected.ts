import * as vscode from 'vscode';

/**
 * Resolves once somebody can see what is shown: an extension host outlives its window for hours where the connection was
 * lost, and what it shows then nobody sees. The question is answered by the window itself.
 */
export async function untilConnected(): Promise<void> {
  await vscode.commands.getCommands(true);
}
