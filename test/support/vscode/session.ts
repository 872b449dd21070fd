import { rm } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { cacheFolder } from '../../../src/core/data/cache-folder';
import { launchBrowser } from '../browser/browser';
import { makeFolder } from '../folders';
import { VSCodeServer, type ServerOptions } from './vscode-server';
import { Workbench } from './workbench';

export interface SessionOptions extends Omit<ServerOptions, 'environment'> {
  /** Files of the workspace: their contents by their names. */
  readonly files?: Readonly<Record<string, string>>;
  /** Puts more into the workspace. */
  readonly fill?: (workspace: string) => Promise<void>;
  /** The extension under development, where it isn't an installed one. */
  readonly extension?: string;
  readonly viewport?: { readonly width: number; readonly height: number };
  /** No folder is open: the workspace is only the user's home folder, where dialogs begin. */
  readonly emptyWindow?: true;
}

/** A workbench on a fresh workspace, with everything below it. */
export class Session {
  private constructor(
    readonly workspace: string,
    readonly server: VSCodeServer,
    readonly browser: Browser,
    readonly workbench: Workbench,
  ) {}

  static async open(options: SessionOptions): Promise<Session> {
    const { files = {}, fill, extension, viewport, emptyWindow, ...serverOptions } = options;
    const undo: (() => Promise<unknown>)[] = [];
    try {
      const workspace = await makeFolder('m2at-workspace', files);
      undo.push(() => rm(workspace, { recursive: true, force: true }));
      await fill?.(workspace);
      const home = { HOME: workspace, USERPROFILE: workspace, M2AT_CACHE: cacheFolder() };
      const server = await VSCodeServer.start({
        ...serverOptions,
        ...(emptyWindow && { environment: home }),
      });
      undo.push(() => server.stop());
      const browser = await launchBrowser();
      undo.push(() => browser.close());
      const page = {
        ...(emptyWindow ? {} : { folder: workspace }),
        ...(extension === undefined ? {} : { extension }),
      };
      const workbench = await Workbench.open(browser, server, page, viewport);
      return new Session(workspace, server, browser, workbench);
    } catch (error) {
      for (const step of undo.reverse()) await step();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.workbench.close();
    await this.browser.close();
    await this.server.stop();
    await rm(this.workspace, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

/**
 * Opens a session before the tests of the enclosing `describe`, closes it after them, and after a failure
 * keeps a picture of the window and shows the end of the server's output.
 */
export function useSession(makeOptions: () => SessionOptions | Promise<SessionOptions>): () => Session {
  let session: Session | undefined;
  before(async () => {
    session = await Session.open(await makeOptions());
  });
  afterEach(async function () {
    const test = this.currentTest;
    if (test?.state !== 'failed' || session === undefined) return;
    const name = `failed-${test.fullTitle().replace(/\W+/g, '-').slice(0, 80)}`;
    // A test may have closed it.
    const picture = await session.workbench.screenshot(name).catch(() => 'closed');
    console.log(`    window: ${picture}`);
    console.log(`    server:\n${session.server.tail()}`);
  });
  after(async () => {
    await session?.close();
  });
  return () => {
    if (session === undefined) throw new Error('There is no session outside a test.');
    return session;
  };
}
