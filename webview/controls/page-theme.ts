const DARK = 'screen and (prefers-color-scheme: dark)';

/**
 * Gives a page of its own the class that VS Code gives a webview, by the colours that the system prefers: the
 * controls and the canvases look at it. Paper is light.
 */
export function followSystemTheme(): void {
  const dark = matchMedia(DARK);
  const apply = () => {
    document.body.classList.toggle('vscode-dark', dark.matches);
    document.body.classList.toggle('vscode-light', !dark.matches);
  };
  apply();
  dark.addEventListener('change', apply);
  window.addEventListener('beforeprint', openAll);
}

/** What is closed can't be opened on paper. */
function openAll(): void {
  for (const details of document.querySelectorAll('details')) details.open = true;
}
