// The sensor on a small board: one core for all of it and 256 MB, which the kernel enforces. Mixed traffic passes for a minute,
// with a first mail in it now and then: is it all taken in, at what cost, and how long does an alert need?
import { join } from 'node:path';
import { MailAttempts } from './alert-times.ts';
import { MemoryGroup } from './cgroup.ts';
import { generatedCapture } from './generate.ts';
import { median, quantile, readArgs } from './measure.ts';
import { BROKER, lostText, MirrorLab, passing } from './mirror-lab.ts';

const DEFAULTS = { mbits: 100, megabytes: 256 };
const LOOK_EVERY = 100;
const MAIL_EVERY = 1000;
/** A SYN's record. */
const SYN_BYTES = 16 + 60;
/** tcpreplay and who hears the alerts run beside it, where there is another core. */
const CORE = '0';
const AIMS = { latency: 150 };

export async function run(args: string[]): Promise<void> {
  const { values } = readArgs(args, DEFAULTS);
  const group = MemoryGroup.make('thingwatch-pi');
  if (typeof group === 'string') throw new Error(group);
  let lab: MirrorLab | null = null;
  try {
    lab = await MirrorLab.open();
    group.limit(values.megabytes * 1024 * 1024);
    await measure(lab, group, values);
  } finally {
    await lab?.close();
    await group.remove();
  }
}

async function measure(lab: MirrorLab, group: MemoryGroup, { mbits, megabytes }: typeof DEFAULTS): Promise<void> {
  const file = generatedCapture();
  const pass = await passing(file);
  const by = ['taskset', '-c', CORE];
  const sensor = await lab.startSensor(join(lab.directory, 'pi'), { by, onSpawn: (pid) => group.add(pid) });
  const idle = group.read();
  const peak = { held: 0, charged: 0 };
  const look = setInterval(() => {
    const { charged, held } = group.read();
    Object.assign(peak, { held: Math.max(held, peak.held), charged: Math.max(charged, peak.charged) });
  }, LOOK_EVERY);
  const mail = await MailAttempts.open(
    (command, rest) => lab.spawn('sender', command, rest),
    (command, rest) => lab.spawn('sensor', command, rest),
    BROKER,
  );
  const attempts = setInterval(() => mail.send(), MAIL_EVERY);
  console.log(`one core, ${megabytes} MB; mixed at ${mbits} Mbit/s, a first mail every ${MAIL_EVERY / 1000} s`);
  try {
    const { child, handedOn, parent, result } = await sensor.during(async () => {
      const played = await lab.play(file, mbits);
      clearInterval(attempts);
      return played;
    });
    const expected = pass.bytes + mail.made * SYN_BYTES;
    const took = (cpu: number) => (cpu / (result.seconds * 1000)).toFixed(2);
    console.log(
      `${result.sent} packets at ${result.rate.toFixed(0)} Mbit/s in ${result.seconds.toFixed(0)} s; of what passes the filter ${lostText(expected, handedOn)}`,
    );
    console.log(`CPU: parent ${took(parent.cpu)} of the core, child ${took(child.cpu)}`);
  } catch (error) {
    if (sensor.isRunning) throw error;
    console.log('the sensor was ended');
  } finally {
    clearInterval(attempts);
    clearInterval(look);
  }
  console.log(
    `memory: ${idle.held.toFixed(0)} MB held when idle, ${peak.held.toFixed(0)} at most; ${peak.charged.toFixed(0)} charged at most`,
  );
  const times = (await mail.alerted()).map(({ took }) => took);
  console.log(
    `${mail.made} first mails, alerted: ${times.length}; median ${median(times).toFixed(1)} ms, p99 ${quantile(times, 0.99).toFixed(1)} ms (aim < ${AIMS.latency} ms)`,
  );
  mail.close();
  await sensor.stop();
}
