import type * as vscode from 'vscode';
import * as z from 'zod';
import type { RunProgress } from '../../core/progress';
import { isOver } from '../../core/records/run-state';
import type { TransferTable } from '../../core/records/transfer-files';
import { inputSpecFile } from '../../core/models/input/input-spec-schema';
import { pickTargets, type Checkpoint } from '../checkpoint/pick-checkpoint';
import { commands } from '../contributions';
import { isTrusted } from '../messages';
import type { Services } from '../services';
import { showError, showWarning, withProgress } from '../show/notifications';
import { deviceSetting, threadsSetting } from '../settings';
import { pickRun } from './pick-run';
import { registerCommand } from './register-command';
import { runArgument } from './run-argument';

/** Third argument of the command, for key bindings and other extensions: what to ask nobody about. */
const evaluateOptions = z
  .object({
    /** Paths of the networks. */
    checkpoints: z.array(z.string()).min(1),
    /** What they want as input; `{}` takes what is usual. It is remembered like an answer. */
    input: inputSpecFile,
  })
  .partial();
type EvaluateOptions = z.output<typeof evaluateOptions>;

/**
 * `M2AT: Evaluate Examples on Other Checkpoints…`: shows the examples of an attack run to other networks. The table is
 * in the run's dashboard, and the command returns it.
 */
export function registerEvaluateExamples(services: Services): vscode.Disposable {
  return registerCommand(commands.evaluateExamples, services.log, async (target, _selection, options) => {
    if (!isTrusted('An evaluation')) return undefined;
    const given = evaluateOptions.parse(options ?? {});
    const id = runArgument(target) ?? (await pickAttack(services));
    return id === undefined ? undefined : evaluate(services, id, given);
  });
}

function pickAttack({ runs }: Services): Promise<string | undefined> {
  return pickRun(runs, {
    placeHolder: 'Attack whose examples to show to other networks',
    none: 'No attack of this workspace is over yet. "M2AT: Attack Checkpoint…" starts one.',
    filter: ({ record }) => record.kind === 'attack' && isOver(record),
  });
}

async function evaluate(
  services: Services,
  id: string,
  options: EvaluateOptions,
): Promise<TransferTable | undefined> {
  const { runs, questions, dashboards } = services;
  const root = runs.rootOf(id);
  const record = runs.record(id);
  if (root === undefined || !record) {
    void showError(`The run ${id} is not in this workspace any more.`);
    return undefined;
  }
  const checkpoints = await pickTargets(services, options.checkpoints);
  if (checkpoints.length === 0 || !(await askInputs(services, checkpoints, options))) return undefined;
  const table = await withProgress(
    { title: `Examples of ${record.name}`, cancellable: true },
    (report, token) => {
      const request = {
        root,
        run: id,
        checkpoints: checkpoints.map(({ modelFile }) => modelFile),
        device: deviceSetting(),
        threads: threadsSetting(),
      };
      const added = increments();
      return questions.evaluate(request, token, (now) => {
        report(added(now));
      });
    },
  );
  // It was written to the run's directory, where the dashboard has it from.
  await runs.release(id);
  await dashboards.open(id);
  for (const warning of table.warnings) void showWarning(warning);
  return table;
}

/** What the files do not say about their input, as before an attack. @returns false when that was dismissed */
async function askInputs(
  { questions }: Services,
  checkpoints: readonly Checkpoint[],
  { input }: EvaluateOptions,
): Promise<boolean> {
  // The questions are loaded when they are asked: activation has to be short.
  const { inspectAgain, inspectModels } = await import('../attack/inspect-models');
  const { askInput } = await import('../attack/ask-input');
  const { rememberAnswers } = await import('../attack/input-answers');
  const inspections = await inspectModels(questions, checkpoints);
  for (const inspection of inspections) {
    const answers = input ?? (await askInput(inspection, inspectAgain(questions, inspection)))?.answers;
    if (!answers) return false;
    await rememberAnswers(inspection, answers);
  }
  return true;
}

/** A notification's bar takes what is added, in percent of the whole. */
function increments(): (progress: RunProgress) => { message: string; increment: number } {
  let shown = 0;
  return ({ phase, done, total }) => {
    const percent = phase === 'evaluate' && total > 0 ? (100 * done) / total : 0;
    const increment = Math.max(0, percent - shown);
    shown += increment;
    return { message: phase === 'evaluate' ? `${done} of ${total} images` : 'loading images', increment };
  };
}
