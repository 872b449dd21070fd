import type * as vscode from 'vscode';
import type { DeviceState } from '../../core/engine/devices/device';
import type { RunProgress } from '../../core/progress';
import type { TransferTable } from '../../core/records/transfer-files';
import {
  workerRequests,
  type EvaluateRequest,
  type InspectRequest,
  type ModelInspection,
  type ShowDatasetRequest,
  type ShownDataset,
} from '../../protocol/worker-protocol';
import type { Log } from '../show/log';
import { Asker } from './asker';

/** What a worker is asked: each question of a process of its own, which is ended when it is cancelled. */
export class Questions implements vscode.Disposable {
  private readonly asker: Asker;

  constructor(script: string, log: Log) {
    this.asker = new Asker(script, log);
  }

  devices(): Promise<readonly DeviceState[]> {
    return this.asker.ask(workerRequests.devices, {}, { title: 'devices' });
  }

  /**
   * Finds out what a model is and wants as input.
   * @throws M2atError `cancelled`; otherwise what is wrong with the model
   */
  inspect(request: InspectRequest, token: vscode.CancellationToken): Promise<ModelInspection> {
    return this.asker.ask(workerRequests.inspectModel, request, { title: request.checkpoint, token });
  }

  /**
   * Shows the examples of a run to other networks.
   * @throws M2atError `cancelled`; otherwise what went wrong
   */
  evaluate(
    request: EvaluateRequest,
    token: vscode.CancellationToken,
    onProgress: (progress: RunProgress) => void,
  ): Promise<TransferTable> {
    const title = `examples of ${request.run}`;
    return this.asker.ask(workerRequests.evaluate, request, { title, token, cwd: request.root, onProgress });
  }

  /**
   * Draws images of a data set.
   * @throws M2atError `cancelled`; otherwise what went wrong
   */
  showDataset(
    request: ShowDatasetRequest,
    token: vscode.CancellationToken,
    onProgress: (progress: RunProgress) => void,
  ): Promise<ShownDataset> {
    return this.asker.ask(workerRequests.showDataset, request, {
      ...{ title: request.dataset, token, onProgress },
    });
  }

  dispose(): void {
    this.asker.dispose();
  }
}
