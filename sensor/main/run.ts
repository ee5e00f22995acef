// `thingwatch run`: live capture with its page and its broker. Belongs to main.ts.
import { EXIT, type GlobalOptions } from '../cli.ts';
import { liveCapture, planSource } from './live.ts';
import { openSession } from './session.ts';
import { keepHeapSmall } from './small-heap.ts';
import { complain, stopSignal } from './terminal.ts';

export async function run(options: GlobalOptions): Promise<number> {
  const session = openSession(options);
  const { config } = session;
  const plan = planSource(session);
  // While the port is opened, page and broker are loaded and what is known of the home is read; frames wait meanwhile.
  const ready = plan.probe();
  // Who waits for it hears of a failure, however early that comes.
  ready.catch(() => {});
  const { serve } = await import('./serve.ts');
  keepHeapSmall('staying');
  const served = await serve({
    session,
    mode: 'live',
    interface: plan.label,
    stateDir: config.state_dir,
    homeNet: config.capture.home_net,
    ready,
  }).catch(async (error: unknown) => {
    // A port that cannot be opened is told first.
    await ready;
    await plan.leave();
    throw error;
  });
  const live = liveCapture(session, plan, served);
  try {
    await live.start();
    complain(`${plan.port === null ? 'Taking frames from' : 'Capturing on'} ${plan.label}. Stop with Ctrl-C.\n`);
    await stopSignal();
    return EXIT.done;
  } finally {
    await live.stop();
    await served.stop();
  }
}
