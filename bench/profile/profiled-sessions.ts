import * as ort from 'onnxruntime-node';
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
  /** Has ONNX Runtime write the profile. */
  readonly end: () => void;
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
        profiled.sessions.push({ ...entry, end: endOnce(session) });
        return session;
      },
    });
    return profiled;
  }

  /** The profiles of all sessions so far. Nothing is recorded afterwards. */
  async read(): Promise<ProgramProfile[]> {
    for (const { end } of this.sessions) end();
    const files = await readdir(this.folder);
    return Promise.all(
      this.sessions.map(async ({ name, nodes, calls, prefix }) => {
        const file = files.find((candidate) => candidate.startsWith(`${prefix}_`));
        if (file === undefined) throw new Error(`ONNX Runtime wrote no profile for ${name}.`);
        const runs = readProfile(await readFile(path.join(this.folder, file), 'utf8'));
        return { name, nodes, calls, runs };
      }),
    );
  }

  async dispose(): Promise<void> {
    this.kernels.dispose();
    if (this.original) Object.defineProperty(ort.InferenceSession, 'create', this.original);
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Takes what was traced since the last session for the graph of this one. */
  private next(model: Uint8Array): Omit<Session, 'end'> {
    const prefix = `session${this.started++}`;
    return { ...this.kernels.take(), nodes: readModel(model), prefix };
  }
}

/** Ends the profile of a session at its release or when called, whichever comes first: its release also writes it. */
function endOnce(session: ort.InferenceSession): () => void {
  let ended = false;
  const release = session.release.bind(session);
  session.release = () => {
    ended = true;
    return release();
  };
  return () => {
    if (!ended) session.endProfiling();
    ended = true;
  };
}
