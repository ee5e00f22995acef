// Live capture as `run` needs it: which source the configuration names, and that source at work with what watches over it.
// Belongs to main.ts.
import { commandOpener } from '../capture/command-stream.ts';
import { defaultInterface, listInterfaces } from '../capture/interfaces.ts';
import { LiveCapture } from '../capture/live.ts';
import type { LiveSource, LiveSourceOptions } from '../capture/live-source.ts';
import { OffloadKeeper } from '../capture/offloads.ts';
import { StreamError, StreamSource } from '../capture/stream-source.ts';
import { EXIT } from '../cli.ts';
import type { Config } from '../config.ts';
import { EdgeError } from './edge-error.ts';
import type { KeeperLink } from './keeper-link.ts';
import type { Served } from './serve.ts';
import type { Session } from './session.ts';

/** Where the store keeps which offloads were switched off. */
const OFFLOADS_OFF = 'offloads_switched_off';
/** Linux's name for all interfaces at once. */
const ANY = 'any';

/** The port that frames come from, or what takes its place, for people. Both null: no port could be found. */
export function sourceNames({ capture }: Config): { port: string | null; remote: string | null } {
  const { command, fritzbox } = capture;
  if (command !== undefined) return { port: null, remote: 'a command (capture.command)' };
  if (fritzbox !== undefined)
    return { port: null, remote: `the FRITZ!Box at ${new URL(fritzbox.url).host}, ${fritzbox.interface}` };
  return { port: capture.interface ?? defaultInterface(), remote: null };
}

export interface LivePlan {
  /** For the terminal and for health. */
  label: string;
  /** Name of the interface; null where frames come from elsewhere. */
  port: string | null;
  /**
   * Settles before a page or a broker is opened whether capturing is possible at all. Where it is, frames wait from then on for
   * whoever opens the source. Throws CaptureError.
   */
  probe(): Promise<void>;
  open(options: LiveSourceOptions): Promise<LiveSource>;
  /** Lets go what was probed and not opened. */
  leave(): Promise<void>;
}

/** `link`: to the keeper that starts captures. @throws EdgeError when there is no such interface */
export function planSource(session: Session, link: KeeperLink | null = null): LivePlan {
  const { capture } = session.config;
  const { port, remote } = sourceNames(session.config);
  if (remote === null) return portPlan(port, session, link);
  const { command, fritzbox } = capture;
  return {
    label: remote,
    port: null,
    async probe() {},
    async leave() {},
    async open(options) {
      if (command !== undefined) {
        const opener = commandOpener({
          command,
          environment: process.env,
          log: session.log('command'),
        });
        return new StreamSource({ ...options, opener });
      }
      // Loaded only where it is used: TLS and HTTP cost start-up time.
      const { FritzboxOpener } = await import('../capture/fritzbox/box-stream.ts');
      if (fritzbox === undefined) throw new EdgeError(EXIT.usage, 'no source of frames is configured');
      try {
        return new StreamSource({ ...options, opener: new FritzboxOpener(fritzbox, session.log('fritzbox')) });
      } catch (error) {
        if (error instanceof StreamError) throw new EdgeError(EXIT.usage, error.message);
        throw error;
      }
    },
  };
}

function portPlan(port: string | null, { log, now }: Session, link: KeeperLink | null): LivePlan {
  if (port === null)
    throw new EdgeError(EXIT.usage, 'no network interface was found to capture on: name one with capture.interface');
  const names = listInterfaces().map(({ name }) => name);
  if (port !== ANY && !names.includes(port))
    throw new EdgeError(
      EXIT.usage,
      `there is no interface ${port}: set capture.interface to the one at the mirror port (there are ${names.join(', ')})`,
    );
  let probed: LiveCapture | null = null;
  const by = link === null ? {} : { launch: link.launch };
  return {
    label: port,
    port,
    async probe() {
      const capture = new LiveCapture({ ...by, interface: port, onFrame() {}, onState() {}, log: log('capture'), now });
      await capture.open();
      probed = capture;
    },
    async open(options) {
      const capture = probed ?? new LiveCapture({ ...options, ...by, interface: port });
      probed = null;
      capture.handTo(options);
      return capture;
    },
    async leave() {
      await probed?.stop();
      probed = null;
    },
  };
}

export interface LiveRun {
  start(): Promise<void>;
  /** Ends the source and leaves its port as it was found. */
  stop(): Promise<void>;
}

/** The source at work: frames into the engine, its state and what is amiss into health, the offloads of its port looked after. */
export function liveCapture(
  session: Session,
  plan: LivePlan,
  { clock, health, spine }: Served,
  link: KeeperLink | null,
): LiveRun {
  const { config, log } = session;
  const now = () => clock?.now() ?? session.now();
  let source: LiveSource | null = null;
  const keeper =
    plan.port === null || plan.port === ANY
      ? null
      : new OffloadKeeper({
          device: plan.port,
          fix: config.capture.fix_offloads,
          log: log('capture'),
          ...(link === null ? {} : { switchThem: (...args) => link.switchOffloads(...args) }),
          memory: {
            read: () => spine.store.meta(OFFLOADS_OFF),
            write: (text) => spine.store.setMeta(OFFLOADS_OFF, text, true),
          },
        });
  health.warnings.push(
    () => source?.warnings() ?? [],
    () => keeper?.warnings() ?? [],
  );
  return {
    async start() {
      const isSwitched = await keeper?.start();
      // The slots of the kernel's ring are as large as the offloads asked for when the capture was opened.
      if (isSwitched) await plan.leave();
      source = await plan.open({
        onFrame: (frame) => spine.engine.frame(frame),
        onState: (state, error) => {
          health.capture = state;
          health.captureError = error;
          health.captureRestarts = source?.restarts ?? 0;
        },
        log: log('capture'),
        now,
        ...(clock === null ? {} : { timeOf: (monotonic: number) => clock.timeOf(monotonic) }),
      });
      await source.start();
    },
    async stop() {
      await source?.stop();
      await keeper?.stop();
    },
  };
}
