import { connect, type Socket } from 'node:net';
import {
  createMessageConnection,
  SocketMessageReader,
  SocketMessageWriter,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { commandRequests, hello, type CommandName } from './control-messages';
import type { JobState } from './job-files';

/** A viewer's connection with the process of a job. It keeps its own process alive only while an answer is awaited. */
export class ControlClient {
  private awaited = 0;

  private constructor(
    private readonly connection: MessageConnection,
    private readonly socket: Socket,
    /** Resolves when the other side is gone. */
    readonly closed: Promise<void>,
  ) {}

  /** @throws Error when nobody listens there, or the token is not theirs */
  static async connect({ socket: path, token }: Pick<JobState, 'socket' | 'token'>): Promise<ControlClient> {
    if (path === undefined) throw new Error('The process of this job does not listen.');
    const socket = connect(path);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    socket.unref();
    socket.on('error', () => undefined);
    const connection = createMessageConnection(
      new SocketMessageReader(socket),
      new SocketMessageWriter(socket),
    );
    const closed = new Promise<void>((resolve) => {
      socket.once('close', () => {
        connection.dispose();
        resolve();
      });
    });
    connection.onError(() => {
      socket.destroy();
    });
    connection.listen();
    const client = new ControlClient(connection, socket, closed);
    await client.answered(connection.sendRequest(hello, { token }));
    return client;
  }

  /** Asks for something. @throws Error when the other side went away before it answered */
  async send(command: CommandName): Promise<void> {
    await this.answered(this.connection.sendRequest(commandRequests[command]));
  }

  close(): void {
    this.socket.destroy();
  }

  private async answered<Answer>(answer: Promise<Answer>): Promise<Answer> {
    const gone = this.closed.then(() => {
      throw goneAway();
    });
    if (this.awaited++ === 0) this.socket.ref();
    try {
      return await Promise.race([answer, gone]);
    } catch (error) {
      throw this.socket.destroyed ? goneAway() : error;
    } finally {
      if (--this.awaited === 0) this.socket.unref();
    }
  }
}

function goneAway(): Error {
  return new Error('The process of this job has gone away, or does not know the token.');
}
