import { wilsonInterval } from '../../src/core/report/wilson-interval';
import type { TransferPart, TransferRow } from '../../src/core/records/transfer-files';

export function transferPart(count: number, of: number): TransferPart {
  return { count, of, share: count / of, interval: wilsonInterval(count / of, of) };
}

/** What another network made of the examples of an attack. */
export function transferRow(changes: Partial<TransferRow> = {}): TransferRow {
  return {
    source: {
      title: 'fgsm linf 8/255',
      file: '/runs/run-1/adversarial/0-fgsm.npy',
      run: 'run-1',
      group: 0,
      checkpoint: '/nets/a.onnx',
    },
    target: '/nets/b.onnx',
    format: 'onnx',
    isSource: false,
    count: 40,
    accuracy: transferPart(10, 40),
    clean: transferPart(30, 40),
    fooled: transferPart(21, 30),
    transferred: transferPart(20, 25),
    device: 'onnx-cpu',
    measuredAt: '2026-01-02T03:04:05.000Z',
    ...changes,
  };
}
