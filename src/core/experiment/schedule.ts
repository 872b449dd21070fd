import type { ScheduleParameters } from './training-schema';

/**
 * The learning rate at a point of training.
 * @param progress share of the training that is over, in [0, 1): step / steps
 */
export function learningRateAt(schedule: ScheduleParameters, progress: number): number {
  switch (schedule.name) {
    case 'piecewise': {
      const drops = schedule.milestones.filter((milestone) => progress >= milestone).length;
      return schedule.learningRate * schedule.factor ** drops;
    }
    case 'cosine': {
      const { learningRate, final } = schedule;
      return final + (learningRate - final) * 0.5 * (1 + Math.cos(Math.PI * progress));
    }
    case 'cyclic': {
      const { learningRate, peak } = schedule;
      const share = progress < peak ? progress / peak : peak < 1 ? (1 - progress) / (1 - peak) : 1;
      return learningRate * share;
    }
  }
}
