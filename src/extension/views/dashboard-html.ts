import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

/** The only folders that a dashboard may load from. */
export function dashboardResources(extensionUri: vscode.Uri): vscode.Uri[] {
  return [vscode.Uri.joinPath(extensionUri, 'dist', 'webview'), vscode.Uri.joinPath(extensionUri, 'media')];
}

/** The page of a dashboard: one script and one style sheet of the bundle, and nothing else is let in. */
export function dashboardHtml(webview: vscode.Webview, extensionUri: vscode.Uri): string {
  const nonce = randomBytes(16).toString('base64url');
  const uri = (file: string): string =>
    webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, 'dist', 'webview', file)).toString();
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}'`,
    // The controls put their style sheets into elements that carry the nonce.
    `style-src ${webview.cspSource} 'nonce-${nonce}'`,
    // Sample pictures arrive as bytes and are shown from memory.
    `img-src ${webview.cspSource} blob:`,
    `font-src ${webview.cspSource}`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <meta property="csp-nonce" content="${nonce}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="stylesheet" href="${uri('dashboard.css')}">
    <title>M2AT Dashboard</title>
  </head>
  <body>
    <div id="app"></div>
    <script nonce="${nonce}" src="${uri('dashboard.js')}"></script>
  </body>
</html>`;
}
