// A machine to install on, made of this one: its files under an overlay in memory, with process numbers, mounts and network of its own,
// and in place of systemd a stand-in. What is done there is gone at the end. Needs root.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { childrenOf } from './processes.ts';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Where the checkout lies there; what is changed in it is changed there alone. */
export const SOURCE = '/srv/checkout';

const SET_UP = `set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$1"
mkdir "$1"/root "$1"/upper "$1"/work "$1"/upper2 "$1"/work2
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
cd "$1/root"
rm -rf etc/systemd/system/thingwatch* opt/thingwatch* etc/thingwatch var/lib/thingwatch usr/local/bin/thingwatch
mkdir -p srv/checkout
mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/upper2,workdir=$1/work2" srv/checkout
mount -t proc proc proc
mount -t sysfs sysfs sys
mount --rbind /dev dev
mount -t tmpfs tmpfs run
mkdir -p usr/local/bin
# What is built here has add-ons for this Node, which may be another than the machine's own.
for place in usr/bin usr/local/bin; do [ "$3" -ef /$place/node ] || ln -sf "$3" $place/node; done
for name in systemctl journalctl; do cp "$2/test/support/systemctl.pl" usr/local/bin/$name; chmod 755 usr/local/bin/$name; done
ip link set lo up
ip link add mirror0 type veth peer name switch0
ip link set mirror0 up
ip link set switch0 up
ip link add home0 type veth peer name router0
ip link set home0 up
ip link set router0 up
ip address add 192.168.77.2/24 dev home0
echo ready
exec sleep infinity
`;

export interface Ran {
  code: number | null;
  out: string;
}

export class MachineRoot {
  readonly #folder: string;
  readonly #holder: ChildProcess;
  #init = 0;

  static async make(): Promise<MachineRoot> {
    const machine = new MachineRoot();
    await machine.#begin();
    return machine;
  }

  private constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), 'thingwatch-machine-'));
    const apart = ['--mount', '--net', '--pid', '--fork', '--kill-child'];
    this.#holder = spawn('unshare', [...apart, 'sh', '-c', SET_UP, 'sh', this.#folder, CHECKOUT, process.execPath]);
  }

  #begin(): Promise<void> {
    return new Promise((resolve, reject) => {
      let said = '';
      this.#holder.stderr?.on('data', (text: Buffer) => {
        said += text;
      });
      this.#holder.stdout?.once('data', () => {
        this.#init = childrenOf(this.#holder.pid ?? 0)[0] ?? 0;
        resolve();
      });
      this.#holder.once('exit', () => reject(new Error(`no machine: ${said}`)));
    });
  }

  /** Runs a command line of the shell there as root, without a terminal. */
  run(line: string, input = ''): Ran {
    const inside = ['-t', `${this.#init}`, '-m', '-n', '-p', 'chroot', join(this.#folder, 'root'), '/bin/sh', '-c'];
    const environment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', NO_COLOR: '1' };
    const { status, stderr, stdout } = spawnSync('nsenter', [...inside, `cd / && ${line}`], {
      encoding: 'utf8',
      env: environment,
      input,
      timeout: 120_000,
    });
    return { code: status, out: `${stdout}${stderr}` };
  }

  /** The command of the built checkout there. */
  thingwatch(words: string): Ran {
    return this.run(`node ${SOURCE}/dist/sensor/main.js ${words}`);
  }

  async remove(): Promise<void> {
    const ended = new Promise((resolve) => this.#holder.once('exit', resolve));
    this.#holder.kill('SIGKILL');
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
