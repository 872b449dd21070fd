import { runOfCheckpoint } from '../../records/checkpoint-run';
import type { EvaluationRow, RunRecord } from '../../records/run-files';
import { isOver } from '../../records/run-state';
import type { ComparedRow } from './compared-row';
import type { FlatSettings } from './flat-settings';
import { evaluationMeasurements, reportCurves, reportMeasurements, type ReportedRun } from './measurements';

/** A training run as it is compared. */
export interface ComparedTraining {
  readonly record: RunRecord;
  readonly settings: FlatSettings;
  readonly finals: readonly EvaluationRow[];
  /** The latest evaluation that is not final. */
  readonly latest?: EvaluationRow | undefined;
  readonly seconds?: number | undefined;
  readonly sampleSteps: readonly number[];
  /** Attacks on its checkpoints. */
  readonly attacks: readonly ReportedRun[];
}

/** `earlier`: the run went on after an attack on its checkpoint had begun, so that this may have been another network. */
type Network = 'last' | 'best' | 'earlier';

/** A training run, a row for each of its networks of which something is known: that of the run's result first. */
export function trainingRows(run: ComparedTraining): ComparedRow[] {
  const { record, finals, latest } = run;
  const result = finals.findLast(({ beside }) => !beside);
  const networks: Network[] = [];
  const add = (network: Network): void => {
    if (!networks.includes(network)) networks.push(network);
  };
  add(result ? networkOf(result) : 'last');
  for (const row of finals.filter(({ beside }) => beside)) add(networkOf(row));
  const attacked = new Map<Network, ReportedRun[]>();
  for (const attack of run.attacks) {
    const network = attackedNetwork(record, attack.record);
    attacked.set(network, [...(attacked.get(network) ?? []), attack]);
    add(network);
  }
  return networks.map((network) => {
    const final = finals.findLast((row) => networkOf(row) === network);
    // Without a final evaluation the latest one is all that is known, and it is of the network as it was then.
    const during = network === 'last' && finals.length === 0 ? latest : undefined;
    const attacks = attacked.get(network) ?? [];
    return {
      key: `${record.id} ${network}`,
      record,
      ...(networks.length > 1 && { network: networkText(network, final) }),
      settings: { ...run.settings },
      ...(run.seconds !== undefined && { seconds: run.seconds }),
      measurements: [
        ...[final ?? during].flatMap((row) => (row ? evaluationMeasurements(row, record, run.settings) : [])),
        // The oldest first: a later attack that measures the same again takes its place.
        ...[...attacks]
          .sort((a, b) => a.record.startedAt.localeCompare(b.record.startedAt))
          .flatMap(reportMeasurements),
      ],
      curves: attacks.flatMap(reportCurves),
      sampleSteps: [...run.sampleSteps],
    };
  });
}

/** An attack on a checkpoint, as a row of its own. @param run absent where it has no report yet */
export function attackRow(record: RunRecord, run: ReportedRun | undefined): ComparedRow {
  const { startedAt, endedAt } = record;
  return {
    ...{ key: `${record.id} attack`, record, settings: {} },
    ...(endedAt !== undefined && { seconds: (Date.parse(endedAt) - Date.parse(startedAt)) / 1000 }),
    measurements: run ? reportMeasurements(run) : [],
    curves: run ? reportCurves(run) : [],
    sampleSteps: [],
  };
}

function attackedNetwork(run: RunRecord, attack: RunRecord): Network {
  // A run that goes on has no end yet.
  const isAfter = isOver(run) && (run.endedAt === undefined || attack.startedAt >= run.endedAt);
  return isAfter ? (runOfCheckpoint(attack.source ?? '')?.network ?? 'last') : 'earlier';
}

function networkOf({ network }: EvaluationRow): Network {
  return network ? 'best' : 'last';
}

function networkText(network: Network, final: EvaluationRow | undefined): string {
  if (network === 'earlier') return 'as it was when it was attacked';
  if (!final) return network;
  return `${network}, step ${final.network?.step ?? final.step}`;
}
