import assert from 'node:assert/strict';
import { attacks } from '../../../src/core/attacks';
import { planEvaluation } from '../../../src/core/attacks/plan/evaluation-plan';
import { planTraining } from '../../../src/core/experiment/training-plan';
import { resolveExperiment } from '../../../src/core/experiment/resolve-experiment';
import { TimeLeft } from '../../../src/core/training/time-left';
import { tinyExperiment } from './tiny-task';

describe('the time that a run is expected to take', () => {
  // Two epochs of 5 steps, an evaluation after each.
  const experiment = resolveExperiment(tinyExperiment());
  const plan = planTraining(experiment, 40);
  const { during: often, final: last } = experiment.evaluation;
  const evaluations = { during: planEvaluation(attacks, often), final: planEvaluation(attacks, last) };
  /** Passes of an image over the network: 2 of the attack and 1 of training, which counts double; 8 images a step. */
  const step = 8 * (2 + 2);
  /** 6 images: clean, two steps of PGD and the check. */
  const during = 6 * (1 + 3);
  /** 12 images: clean, FGSM with its check, three steps of PGD with theirs. */
  const final = 12 * (1 + 2 + 4);
  const create = (more?: ConstructorParameters<typeof TimeLeft>[3]): TimeLeft =>
    new TimeLeft({ attack: 2, training: 1 }, evaluations, plan, more);
  const close = (found: number | undefined, expected: number): void => {
    assert.ok(Math.abs((found ?? NaN) - expected) < 1e-9, `${found}, not ${expected}`);
  };

  it('is unknown until a step was measured', () => {
    const left = create();
    assert.equal(left.after(0), undefined);
    left.evaluationTook(1);
    assert.equal(left.after(5), undefined);
  });

  it('prices evaluations in passes of a step until one was measured', () => {
    const left = create();
    left.stepTook(0.64);
    const pass = 0.64 / step;
    close(left.after(0), 10 * 0.64 + 2 * during * pass + final * pass);
    close(left.after(4), 6 * 0.64 + 2 * during * pass + final * pass);
    // The evaluation of step 5 itself is under way, or over.
    close(left.after(5), 5 * 0.64 + during * pass + final * pass);
    left.evaluationTook(0.12);
    close(left.after(5), 5 * 0.64 + 0.12 + (0.12 * final) / during);
    close(left.after(10), (0.12 * final) / during);
  });

  it('has the final evaluation of two networks, and a pass for each image of its corruptions', () => {
    const left = create({ networks: 2, corrupted: 12 * 3 * 5 });
    left.stepTook(0.64);
    close(left.after(10), ((2 * final + 180) * 0.64) / step);
  });

  it('follows the latest steps slowly', () => {
    const left = create();
    left.evaluationTook(0);
    left.stepTook(1);
    left.stepTook(2);
    close(left.after(9), 1.1);
    left.stepTook(2);
    close(left.after(9), 0.9 * 1.1 + 0.1 * 2);
  });
});
