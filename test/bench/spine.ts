// The sensor's own spine for a bench: default configuration, in memory, nothing said; and frames to feed it with.
import type { Frame } from '../../sensor/capture/frame.ts';
import { replay } from '../../sensor/capture/replay.ts';
import { loadConfig } from '../../sensor/config.ts';
import { silentLog } from '../../sensor/log.ts';
import type { RecordStore } from '../../sensor/record/record-store.ts';
import { openPassingSpine, type Spine, type SpineOptions } from '../../sensor/spine.ts';
import { openSpine } from '../../sensor/stored-spine.ts';

/** With a database in memory. */
export function memorySpine(homeNet: readonly string[] = []): Spine {
  return openSpine({ ...plainOptions(homeNet), stateDir: null });
}

/** As a replay that keeps nothing has it. */
export function replaySpine(): Spine<RecordStore> {
  return openPassingSpine({ ...plainOptions([]), recorded: true });
}

function plainOptions(homeNet: readonly string[]): SpineOptions {
  const { config } = loadConfig({ file: undefined, workingDirectory: '/', environment: {} });
  return { config, homeNet, sensorMac: null, log: () => silentLog, now: () => Date.now(), alerts: () => [] };
}

/** The frames of a capture that pass the filter. */
export async function framesOf(file: string): Promise<Frame[]> {
  const frames: Frame[] = [];
  const onFrame = (frame: Frame) => frames.push({ ...frame, data: Buffer.from(frame.data) });
  await replay({ files: [file], onFrame, onWarning: (message) => console.warn(message) });
  return frames;
}
