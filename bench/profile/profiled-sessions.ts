import * as ort from '../../src/core/engine/runtime/onnx-runtime';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KernelCalls, type KernelCall } from './kernel-calls';
import { readModel, type ModelNode } from './read-model';
import { readProfile, type ProgramRun } from './read-profile';

/** What a program's runs took, node by node, with the graph that says where the nodes come from. */
export interface ProgramProfile {
  /** The name that it was compiled under. */
  readonly name: string;
  readonly nodes: readonly ModelNode[];
  readonly calls: readonly KernelCall[];
  readonly runs: readonly ProgramRun[];
}

interface Session {
  readonly name: string;
  readonly nodes: readonly ModelNode[];
  readonly calls: readonly KernelCall[];
  readonly prefix: string;
  readonly recording: Recording;
}

/**
 * Turns ONNX Runtime's profiler on for every session that is made while it is open: the product's own devices,
 * graphs and options are profiled, whatever they are.
 */
export class ProfiledSessions {
  private readonly sessions: Session[] = [];
  private readonly kernels = new KernelCalls();
  private started = 0;

  private constructor(
    private readonly folder: string,
    private readonly original: PropertyDescriptor | undefined,
  ) {}

  static async open(): Promise<ProfiledSessions> {
    const factory = ort.InferenceSession;
    const profiled = new ProfiledSessions(
      await mkdtemp(path.join(tmpdir(), 'm2at-profile-')),
      Object.getOwnPropertyDescriptor(factory, 'create'),
    );
    const create = factory.create.bind(factory);
    Object.defineProperty(factory, 'create', {
      configurable: true,
      writable: true,
      value: async (model: Uint8Array, options: ort.InferenceSession.SessionOptions = {}) => {
        const entry = profiled.next(model);
        const profileFilePrefix = path.join(profiled.folder, entry.prefix);
        const session = await create(model, { ...options, enableProfiling: true, profileFilePrefix });
        profiled.sessions.push({ ...entry, recording: new Recording(session) });
        return session;
      },
    });
    return profiled;
  }

  /** Leaves out of the profiles what ran so far. */
  skip(): void {
    for (const { recording } of this.sessions) recording.skip();
  }

  /** The profiles of all sessions so far. Nothing is recorded afterwards. */
  async read(): Promise<ProgramProfile[]> {
    for (const { recording } of this.sessions) recording.end();
    const files = await readdir(this.folder);
    return Promise.all(
      this.sessions.map(async ({ name, nodes, calls, prefix, recording }) => {
        const file = files.find((candidate) => candidate.startsWith(`${prefix}_`));
        if (file === undefined) throw new Error(`ONNX Runtime wrote no profile for ${name}.`);
        const runs = readProfile(await readFile(path.join(this.folder, file), 'utf8'));
        return { name, nodes, calls, runs: runs.slice(recording.skipped) };
      }),
    );
  }

  async dispose(): Promise<void> {
    this.kernels.dispose();
    if (this.original) Object.defineProperty(ort.InferenceSession, 'create', this.original);
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A session's graph comes from what was traced last. */
  private next(model: Uint8Array): Omit<Session, 'recording'> {
    const prefix = `session${this.started++}`;
    return { ...this.kernels.latest(), nodes: readModel(model), prefix };
  }
}

/** The profile of one session. */
class Recording {
  /** Runs before those that count. */
  skipped = 0;
  private runs = 0;
  private ended = false;

  constructor(private readonly session: ort.InferenceSession) {
    const [run, release] = [session.run.bind(session), session.release.bind(session)];
    Object.defineProperty(session, 'run', {
      value: (...parameters: Parameters<typeof run>) => {
        this.runs++;
        return run(...parameters);
      },
    });
    session.release = () => {
      this.ended = true;
      return release();
    };
  }

  skip(): void {
    this.skipped = this.runs;
  }

  /** Has ONNX Runtime write the profile, which the release of the session also does. */
  end(): void {
    if (!this.ended) this.session.endProfiling();
    this.ended = true;
  }
}
