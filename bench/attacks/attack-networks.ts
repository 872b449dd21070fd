import path from 'node:path';
import { root } from '../root';

export interface AttackedNetwork {
  /** For `--networks`. */
  readonly id: string;
  readonly title: string;
  readonly file: string;
  /** Test images that are attacked, unless asked otherwise: what both sides are through with in some minutes. */
  readonly count: number;
}

/** The committed networks, adversarially trained by this project; bench/models/README.md says how. */
export const attackedNetworks: readonly AttackedNetwork[] = [
  {
    id: 'small-cnn',
    title: 'small CNN 16-32-48-96',
    file: path.join(root, 'bench', 'models', 'small-cnn.onnx'),
    count: 256,
  },
  {
    id: 'preact-resnet',
    title: 'PreAct-ResNet-18 shape, width 12',
    file: path.join(root, 'bench', 'models', 'preact-resnet.onnx'),
    count: 128,
  },
];
