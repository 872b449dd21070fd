import type * as vscode from 'vscode';
import type { DeviceState } from '../../core/engine/devices/device';
import type { RunProgress } from '../../core/progress';
import type { TransferTable } from '../../core/records/transfer-files';
import type {
  EvaluateRequest,
  InspectRequest,
  ModelInspection,
  ShowDatasetRequest,
  ShownDataset,
} from '../../protocol/worker-protocol';
import { once } from '../once';
import type { Log } from '../show/log';
import { Asker } from './asker';

/** Loaded with the first question, because activation has to be short. */
const requests = once(async () => (await import('../../protocol/worker-protocol')).workerRequests);

/** What a worker is asked: each question of a process of its own, which is ended when it is cancelled. */
export class Questions implements vscode.Disposable {
  private readonly asker: Asker;

  constructor(script: string, log: Log) {
    this.asker = new Asker(script, log);
  }

  async devices(): Promise<readonly DeviceState[]> {
    const { devices } = await requests();
    return this.asker.ask(devices, {}, { title: 'devices' });
  }

  /**
   * Finds out what a model is and wants as input.
   * @throws M2atError `cancelled`; otherwise what is wrong with the model
   */
  async inspect(request: InspectRequest, token: vscode.CancellationToken): Promise<ModelInspection> {
    const { inspectModel } = await requests();
    return this.asker.ask(inspectModel, request, { title: request.checkpoint, token });
  }

  /**
   * Shows the examples of a run to other networks.
   * @throws M2atError `cancelled`; otherwise what went wrong
   */
  async evaluate(
    request: EvaluateRequest,
    token: vscode.CancellationToken,
    onProgress: (progress: RunProgress) => void,
  ): Promise<TransferTable> {
    const title = `examples of ${request.run}`;
    const { evaluate } = await requests();
    return this.asker.ask(evaluate, request, { title, token, cwd: request.root, onProgress });
  }

  /**
   * Draws images of a data set.
   * @throws M2atError `cancelled`; otherwise what went wrong
   */
  async showDataset(
    request: ShowDatasetRequest,
    token: vscode.CancellationToken,
    onProgress: (progress: RunProgress) => void,
  ): Promise<ShownDataset> {
    const { showDataset } = await requests();
    return this.asker.ask(showDataset, request, {
      ...{ title: request.dataset, token, onProgress },
    });
  }

  dispose(): void {
    this.asker.dispose();
  }
}
