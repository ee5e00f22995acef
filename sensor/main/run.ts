// `thingwatch run`: live capture with its page and its broker. Belongs to main.ts.
import { EXIT, type GlobalOptions } from '../cli.ts';
import { KeeperLink } from './keeper-link.ts';
import { NOTIFIES } from './keeper-orders.ts';
import { liveCapture, planSource } from './live.ts';
import { planRights } from './run-rights.ts';
import type { SensorHealth } from './sensor-health.ts';
import { openSession } from './session.ts';
import { keepHeapSmall } from './small-heap.ts';
import { complain, stopSignal } from './terminal.ts';
import type { Watchdog } from './watchdog.ts';

export async function run(options: GlobalOptions): Promise<number> {
  const link = KeeperLink.take();
  try {
    return await runWith(options, link);
  } finally {
    link?.close();
  }
}

async function runWith(options: GlobalOptions, link: KeeperLink | null): Promise<number> {
  const session = openSession(options);
  const { config } = session;
  const rights = await planRights(session, link);
  const plan = planSource(session, link);
  // While the port is opened, page and broker are loaded and what is known of the home is read; frames wait meanwhile.
  const ready = plan.probe();
  // Who waits for it hears of a failure, however early that comes.
  ready.catch(() => {});
  const { serve } = await import('./serve.ts');
  keepHeapSmall();
  const served = await serve({
    session,
    mode: 'live',
    interface: plan.label,
    stateDir: config.state_dir,
    homeNet: config.capture.home_net,
    ready,
    // Ports are taken, keys are read and the database is open: from here on no right is needed.
    up: () => rights.drop(),
  }).catch(async (error: unknown) => {
    // A port that cannot be opened is told first.
    await ready;
    await plan.leave();
    throw error;
  });
  served.health.warnings.push(() => rights.warnings);
  const live = liveCapture(session, plan, served, link);
  const isAsked = process.env.NOTIFY_SOCKET !== undefined || process.env[NOTIFIES] !== undefined;
  const watchdog = isAsked ? await watchdogOf(served.health, link) : null;
  let code: number = EXIT.done;
  try {
    await live.start();
    watchdog?.look();
    const asked = stopSignal();
    complain(`${plan.port === null ? 'Taking frames from' : 'Capturing on'} ${plan.label}. Stop with Ctrl-C.\n`);
    await Promise.race([
      asked,
      served.begin().then(() => asked),
      rights.lost.then(() => {
        complain('thingwatch: the process that holds the right to capture is gone, so the sensor ends\n');
        code = EXIT.failed;
      }),
    ]);
    return code;
  } finally {
    watchdog?.stop();
    await live.stop();
    await served.stop();
  }
}

/** Null where what asked cannot be told. */
async function watchdogOf(health: SensorHealth, link: KeeperLink | null): Promise<Watchdog | null> {
  const { takeTeller, Watchdog } = await import('./watchdog.ts');
  const tell = await takeTeller(link === null ? null : (notice) => link.tell(notice));
  if (tell === null) return null;
  return new Watchdog({ tell, microseconds: process.env.WATCHDOG_USEC, capture: () => health.capture });
}
