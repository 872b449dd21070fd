import { openDevice } from '../src/core/engine/devices/devices';
import { messageOf } from '../src/core/errors';
import { OurSide } from './our-side';
import { recordCompilations } from './scaling/compile-times';
import { childSetup, request, type Request } from './scaling/messages';

/** Answers one request at a time until its parent disconnects. */
async function serve(): Promise<void> {
  const { network, batch, threads } = childSetup.parse(JSON.parse(process.argv[2] ?? ''));
  const device = await openDevice('onnx-cpu', { threads });
  const compilations = recordCompilations();
  const ours = new OurSide(device, network, batch);
  const answer = async (message: Request): Promise<object> => {
    switch (message.type) {
      case 'time':
        return { ms: await ours.time(message.task, message.clock) };
      case 'memory':
        // Kibibytes on every platform.
        return { bytes: process.resourceUsage().maxRSS * 1024 };
      case 'compilations':
        return { compilations };
    }
  };
  process.on('message', (message) => {
    answer(request.parse(message)).then(send, (error: unknown) => {
      send({ error: messageOf(error) });
    });
  });
  send({ ready: true });
}

function send(message: object): void {
  process.send?.(message);
}

serve().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
  if (process.connected) process.disconnect();
});
