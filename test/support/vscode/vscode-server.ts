import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { endJobs } from './end-jobs';
import { provisionVSCode } from './vscode-package';

export interface ServerOptions {
  /** Folder with installed extensions, one subfolder each. Default: none are installed. */
  readonly extensions?: string;
  /** Whether an unknown folder opens in Restricted Mode. Default: every folder is trusted. */
  readonly workspaceTrust?: boolean;
  /** Added to the environment of the server and so of the extension host. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface PageOptions {
  /** The workspace folder that is opened; absent: an empty window. */
  readonly folder?: string;
  /** The extension under development. */
  readonly extension?: string;
  /** The module whose `run()` the extension host calls instead of waiting for a user. */
  readonly tests?: string;
}

const startMs = 120_000;
const stopMs = 15_000;

/** A real VS Code, served on loopback to a browser, with settings and extensions of its own. */
export class VSCodeServer {
  private output = '';
  private port = 0;

  /** Settles when the server's process has ended. */
  readonly ended: Promise<void>;

  private constructor(
    private readonly child: ChildProcess,
    private readonly data: string,
  ) {
    const keep = (chunk: string): void => {
      this.output = (this.output + chunk).slice(-100_000);
    };
    this.ended = new Promise((resolve) => {
      child.once('close', resolve).once('error', () => {
        resolve();
      });
    });
    process.once('exit', this.kill);
    child.stdout?.setEncoding('utf8').on('data', keep);
    child.stderr?.setEncoding('utf8').on('data', keep);
  }

  /** No server outlives this process, however it ends. */
  private readonly kill = (): void => {
    this.child.kill('SIGKILL');
  };

  /** @throws Error with the server's output when it ends, or isn't up in two minutes. */
  static async start(options: ServerOptions = {}): Promise<VSCodeServer> {
    const main = await provisionVSCode();
    const data = await mkdtemp(path.join(tmpdir(), 'm2at-vscode-'));
    const extensions = options.extensions ?? path.join(data, 'no-extensions');
    await mkdir(extensions, { recursive: true });
    const child = spawn(
      process.execPath,
      [
        main,
        ...['--host', '127.0.0.1', '--port', '0', '--without-connection-token'],
        ...['--server-data-dir', data, '--extensions-dir', extensions],
        ...['--accept-server-license-terms', '--disable-telemetry'],
        ...(options.workspaceTrust ? [] : ['--disable-workspace-trust']),
      ],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        // Without a gallery nothing asks the network for extensions.
        env: {
          ...process.env,
          EXTENSIONS_GALLERY: '{}',
          M2AT_STATE: path.join(data, 'state'),
          ...options.environment,
        },
      },
    );
    const server = new VSCodeServer(child, data);
    try {
      await server.listening();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  private async listening(): Promise<void> {
    const { child } = this;
    await new Promise<void>((resolve, reject) => {
      const fail = (reason: string): void => {
        reject(new Error(`VS Code's server ${reason}. Its output:\n${this.tail()}`));
      };
      const timer = setTimeout(() => {
        fail(`isn't listening after ${startMs / 1000} s`);
      }, startMs);
      child.once('error', reject);
      child.once('close', (code) => {
        clearTimeout(timer);
        fail(`ended with exit code ${code ?? 'none'}`);
      });
      child.stdout?.on('data', () => {
        const port = /Extension host agent listening on (\d+)/.exec(this.output)?.[1];
        if (port === undefined) return;
        clearTimeout(timer);
        this.port = Number(port);
        resolve();
      });
    });
  }

  /** Where the jobs of its windows are written down. */
  get state(): string {
    return path.join(this.data, 'state');
  }

  /** The server's process. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  /** The last lines that the server wrote. */
  tail(lines = 40): string {
    return this.output.trimEnd().split('\n').slice(-lines).join('\n');
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The address of a workbench. */
  url({ folder, extension, tests }: PageOptions): string {
    const remote = (file: string): string =>
      `vscode-remote://127.0.0.1:${this.port}${pathToFileURL(file).pathname}`;
    const payload = [
      ...(extension === undefined ? [] : [['extensionDevelopmentPath', remote(extension)]]),
      ...(tests === undefined ? [] : [['extensionTestsPath', remote(tests)]]),
      ['skipWelcome', 'true'],
      ['skipReleaseNotes', 'true'],
    ];
    const query = new URLSearchParams({
      ...(folder === undefined ? { ew: 'true' } : { folder: pathToFileURL(folder).pathname }),
      payload: JSON.stringify(payload),
    });
    return `${this.origin}/?${query.toString()}`;
  }

  /** Ends the server, waits for it, and deletes its data. */
  async stop(): Promise<void> {
    const { child } = this;
    child.kill('SIGTERM');
    const timer = setTimeout(this.kill, stopMs);
    await this.ended;
    clearTimeout(timer);
    process.off('exit', this.kill);
    await endJobs(this.state);
    await rm(this.data, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}
