// How a process is started with fewer rights than its parent: Node itself cannot give one up. setpriv of util-linux can; under the
// unit's filter of system calls it may not (it calls capset), there perl clears the ambient set. Belongs to main.ts.
import { spawnSync } from 'node:child_process';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** What of them works here. */
export interface Tools {
  readonly setpriv: boolean;
  readonly perl: boolean;
}

/** The number of prctl(2), by what Node calls the machine. */
const PRCTL: Partial<Record<string, number>> = {
  x64: 157,
  ia32: 172,
  arm: 172,
  arm64: 167,
  riscv64: 167,
  loong64: 167,
  ppc64: 171,
  s390x: 172,
};
/** PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL. */
const CLEAR_AMBIENT = [47, 4, 0, 0, 0];

/** The tools that work here for a process that is `asRoot`; null where what it starts cannot be kept from its rights. */
export function findTools(asRoot: boolean): Tools | null {
  // Another setpriv (busybox has one) knows less, and root in a container may lack what it takes.
  const [command = '', ...args] = captureCommand({ setpriv: true, perl: false }, asRoot ? 'root' : 'ambient');
  const setpriv = succeeds(command, [...args, 'true']);
  const perl = !asRoot && !setpriv && succeeds('perl', clearAmbient(['true']));
  return asRoot || setpriv || perl ? { setpriv, perl } : null;
}

function succeeds(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

/** Before a command: it holds nothing, or as root can give all up by itself. */
export function withoutRights({ setpriv }: Tools, asRoot: boolean): string[] {
  if (asRoot) return setpriv ? ['setpriv', '--no-new-privs'] : ['/usr/bin/env'];
  return setpriv ? ['setpriv', '--ambient-caps=-all', '--no-new-privs'] : ['perl', ...clearAmbient([])];
}

function clearAmbient(command: readonly string[]): string[] {
  const number = PRCTL[process.arch];
  const script = `syscall(${[number ?? -1, ...CLEAR_AMBIENT].join(',')})==0 or die "ambient: $!"; exec @ARGV or die "$ARGV[0]: $!"`;
  return ['-e', script, ...command];
}

/**
 * Before the command of a capture child: the right to open a raw socket and no other, an end with its parent's. `owner`: whom root
 * gives it to, `root` itself where the sensor stays root; `ambient` of a keeper that is not root, and holds that one right.
 */
export function captureCommand({ setpriv }: Tools, owner: Owner | 'root' | 'ambient'): string[] {
  if (!setpriv) return ['/usr/bin/env'];
  const last = ['--no-new-privs', '--pdeathsig=KILL'];
  if (owner === 'ambient') return ['setpriv', '--ambient-caps=-all,+net_raw', ...last];
  // As root it reads a checkout in a folder of another, too.
  const caps = owner === 'root' ? '-all,+net_raw,+dac_read_search' : '-all,+net_raw';
  const user = owner === 'root' ? [] : [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups'];
  const sets = ['inh-caps', 'ambient-caps', 'bounding-set'].map((set) => `--${set}=${caps}`);
  return ['setpriv', ...user, ...sets, ...last];
}
