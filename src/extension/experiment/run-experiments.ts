import type { ResolvedExperiment } from '../../core/experiment/experiment-schema';
import { readExperiment } from '../../core/runs/run-store';
import type { Runs } from '../runs/runs';
import type { settingsOf } from './changed-settings';
import { changedSettings } from './changed-settings';
import type { Changes } from './last-run-text';

/** What runs were given to do, each read once: it stays as it is. */
export class RunExperiments {
  private readonly known = new Map<string, ResolvedExperiment>();

  constructor(private readonly runs: Pick<Runs, 'rootOf'>) {}

  /**
   * Compares what a run was given with what a text says now.
   * @param name the run's name in the text; absent where it has only one
   */
  async changes(
    id: string,
    name: string | undefined,
    settings: ReturnType<typeof settingsOf>,
  ): Promise<Changes> {
    const then = await this.of(id);
    if (!then) return undefined;
    if (!settings) return 'text has problems';
    const now = name === undefined ? [...settings.values()][0] : settings.get(name);
    return now && changedSettings(then, now);
  }

  /** Undefined when there is none, or none that this version understands. */
  private async of(id: string): Promise<ResolvedExperiment | undefined> {
    const root = this.runs.rootOf(id);
    const known = this.known.get(id);
    if (known || root === undefined) return known;
    const read = await readExperiment(root, id).catch(() => undefined);
    if (read) this.known.set(id, read);
    return read;
  }
}
