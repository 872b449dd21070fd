import { homedir } from 'node:os';
import path from 'node:path';

/**
 * The folder where downloads are kept between runs: `M2AT_CACHE` if it is set, else the platform's place for
 * caches (`$XDG_CACHE_HOME/m2at` or `~/.cache/m2at`; `~/Library/Caches/m2at`; `%LOCALAPPDATA%\m2at\Cache`).
 * Not created here.
 */
export function cacheFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const { M2AT_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = environment;
  if (M2AT_CACHE) return path.resolve(M2AT_CACHE);
  if (platform === 'win32') {
    return path.join(LOCALAPPDATA ?? path.join(homedir(), 'AppData', 'Local'), 'm2at', 'Cache');
  }
  if (platform === 'darwin') return path.join(homedir(), 'Library', 'Caches', 'm2at');
  // The XDG specification: a relative path there is to be ignored.
  const base =
    XDG_CACHE_HOME && path.isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : path.join(homedir(), '.cache');
  return path.join(base, 'm2at');
}
