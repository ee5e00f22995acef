// The sensor's own spine for a bench: default configuration, a store in memory, nothing said; and frames to feed it with.
import type { Frame } from '../../sensor/capture/frame.ts';
import { replay } from '../../sensor/capture/replay.ts';
import { loadConfig } from '../../sensor/config.ts';
import { silentLog } from '../../sensor/log.ts';
import type { Spine } from '../../sensor/spine.ts';
import { openSpine } from '../../sensor/stored-spine.ts';

export function memorySpine(homeNet: readonly string[] = []): Spine {
  const { config } = loadConfig({ file: undefined, workingDirectory: '/', environment: {} });
  return openSpine({
    config,
    stateDir: null,
    homeNet,
    sensorMac: null,
    log: () => silentLog,
    now: () => Date.now(),
    alerts: () => [],
  });
}

/** The frames of a capture that pass the filter. */
export async function framesOf(file: string): Promise<Frame[]> {
  const frames: Frame[] = [];
  const onFrame = (frame: Frame) => frames.push({ ...frame, data: Buffer.from(frame.data) });
  await replay({ files: [file], onFrame, onWarning: (message) => console.warn(message) });
  return frames;
}
