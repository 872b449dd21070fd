import { rm, stat } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { createMessageConnection, SocketMessageReader, SocketMessageWriter } from 'vscode-jsonrpc/node';
import { commandNames, commandRequests, hello, helloParams, type CommandName } from './control-messages';

/** Viewers at a time: windows and command lines of one user. */
const MOST = 64;

/**
 * Listens for the viewers of a job on a socket of the user's own. Nothing here listens on a network: a path, or on Windows
 * the name of a pipe, is all that it can be given. It keeps no process alive.
 */
export class ControlServer {
  private server: Server | undefined;
  private readonly connections = new Set<Socket>();
  private readonly viewers = new Set<Socket>();

  constructor(
    readonly path: string,
    private readonly token: string,
    private readonly onCommand: (command: CommandName) => void,
    private readonly onViewers: () => void,
  ) {}

  /** Viewers that have told the token. */
  get viewerCount(): number {
    return this.viewers.size;
  }

  /** @throws Error of the system where it can't listen */
  async listen(): Promise<void> {
    // Of a process that was killed: the name is this job's alone.
    if (process.platform !== 'win32') await rm(this.path, { force: true });
    const server = createServer((socket) => {
      this.accept(socket);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.path, resolve);
    });
    server.on('error', () => undefined);
    server.unref();
    this.server = server;
  }

  /** Listens anew where somebody has removed the socket, as systems do with temporary files and at the end of a login. */
  async listenAgain(): Promise<void> {
    if (process.platform === 'win32' || (await stat(this.path).catch(() => undefined))) return;
    this.server?.close();
    await this.listen();
  }

  async close(): Promise<void> {
    this.server?.close();
    for (const socket of this.connections) socket.destroy();
    if (process.platform !== 'win32') await rm(this.path, { force: true }).catch(() => undefined);
  }

  private accept(socket: Socket): void {
    if (this.connections.size >= MOST) {
      socket.destroy();
      return;
    }
    this.connections.add(socket);
    socket.unref();
    // A viewer that is gone is no news.
    socket.on('error', () => undefined);
    const connection = createMessageConnection(
      new SocketMessageReader(socket),
      new SocketMessageWriter(socket),
    );
    connection.onError(() => {
      socket.destroy();
    });
    socket.once('close', () => {
      connection.dispose();
      this.connections.delete(socket);
      if (this.viewers.delete(socket)) this.onViewers();
    });
    connection.onRequest(hello, (params) => {
      if (helloParams.safeParse(params).data?.token !== this.token) return this.refuse(socket);
      this.viewers.add(socket);
      this.onViewers();
      return { version: 1 };
    });
    for (const name of commandNames) {
      connection.onRequest(commandRequests[name], () => {
        if (!this.viewers.has(socket)) return this.refuse(socket);
        this.onCommand(name);
        return null;
      });
    }
    connection.listen();
  }

  private refuse(socket: Socket): never {
    socket.destroy();
    throw new Error('This connection has not told the token.');
  }
}
