// The programs and headers that no npm package brings: which are missing, which system packages hold them, and how they get
// installed. With apt it installs them, through sudo where needed; elsewhere, or without rights, it says what to do.
import { closeSync, existsSync, openSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram, runStep, SetUpError, say } from './steps.mjs';

/**
 * `when`: `run` every start needs it; `build` the native add-ons are compiled with it; `fleet` only `npm run fleet` and tests;
 * `test` only tests, lab and bench. `apt` is Debian's package; `others` is what the same is usually called elsewhere. `service`:
 * Debian's package starts one, which nobody here needs. `versions`: a folder of versions in whose `bin` the program lies.
 */
export const REQUIREMENTS = [
  {
    name: 'tcpdump',
    when: 'run',
    apt: 'tcpdump',
    others: 'tcpdump',
    why: 'reads captures and cuts them by the filter',
  },
  {
    name: 'pcap.h',
    when: 'build',
    apt: 'libpcap-dev',
    others: 'libpcap-devel or libpcap',
    why: 'headers for the capture add-on',
  },
  { name: 'make', when: 'build', apt: 'make', others: 'make', why: 'builds the native add-ons' },
  { name: 'g++', when: 'build', apt: 'g++', others: 'gcc-c++ or gcc', why: 'compiles the native add-ons' },
  {
    name: 'python3',
    when: 'build',
    apt: 'python3',
    others: 'python3',
    why: 'node-gyp, which drives that compiler, needs it',
  },
  {
    name: 'chromium',
    programs: ['chromium', 'chromium-browser', 'google-chrome'],
    when: 'test',
    apt: 'chromium',
    others: 'chromium',
    why: 'browser tests of the page',
  },
  {
    name: 'mosquitto',
    when: 'test',
    apt: 'mosquitto',
    others: 'mosquitto',
    service: 'mosquitto',
    why: 'a second MQTT broker to test against',
  },
  {
    name: 'mosquitto_sub',
    when: 'test',
    apt: 'mosquitto-clients',
    others: 'mosquitto',
    why: 'an MQTT client that is not ours',
  },
  { name: 'ip', when: 'test', apt: 'iproute2', others: 'iproute2 or iproute', why: "the lab's network namespaces" },
  { name: 'nft', when: 'test', apt: 'nftables', others: 'nftables', why: "the lab router's NAT" },
  { name: 'dnsmasq', when: 'test', apt: 'dnsmasq-base', others: 'dnsmasq', why: "the lab router's DHCP and DNS" },
  {
    name: 'dhclient',
    when: 'test',
    apt: 'isc-dhcp-client',
    others: 'dhcp-client or dhclient',
    why: "the lab devices' DHCP client",
  },
  { name: 'mkfs.ext4', when: 'test', apt: 'e2fsprogs', others: 'e2fsprogs', why: 'a card that fails under the sensor' },
  { name: 'zstd', when: 'test', apt: 'zstd', others: 'zstd', why: 'packs and unpacks captures' },
  { name: 'ethtool', when: 'test', apt: 'ethtool', others: 'ethtool', why: "turns the lab ports' offloads off" },
  {
    name: 'tcpreplay',
    when: 'test',
    apt: 'tcpreplay',
    others: 'tcpreplay',
    why: 'plays captures at the rate of a wire',
  },
  {
    name: 'openssl',
    when: 'fleet',
    apt: 'openssl',
    others: 'openssl',
    why: "a fleet's certificates, and those of TLS tests",
  },
  {
    name: 'nats-server',
    when: 'fleet',
    apt: 'nats-server',
    others: 'nats-server',
    service: 'nats-server',
    why: 'keeps what the homes of a fleet report',
  },
  {
    name: 'postgres',
    versions: '/usr/lib/postgresql',
    when: 'fleet',
    apt: 'postgresql',
    others: 'postgresql-server or postgresql',
    service: 'postgresql',
    why: "a fleet's database",
  },
  {
    name: 'tshark',
    when: 'test',
    apt: 'tshark',
    others: 'wireshark-cli or tshark',
    why: 'a second opinion on captures',
  },
  {
    name: 'exim4',
    // Debian's mail servers shut each other out: one that is there already is not thrown out for a test.
    programs: ['exim4', 'sendmail'],
    when: 'test',
    apt: 'exim4-daemon-light',
    others: 'exim',
    service: 'exim4',
    why: 'a mail server and client that are not ours',
  },
  { name: 'swaks', when: 'test', apt: 'swaks', others: 'swaks', why: 'a mail client that is not ours' },
  { name: 'curl', when: 'test', apt: 'curl', others: 'curl', why: 'a mail client that goes through proxies' },
  { name: 'microsocks', when: 'test', apt: 'microsocks', others: 'microsocks', why: 'a SOCKS5 proxy' },
  { name: 'tinyproxy', when: 'test', apt: 'tinyproxy-bin', others: 'tinyproxy', why: 'an HTTP proxy with CONNECT' },
  {
    name: 'miniupnpd',
    when: 'test',
    apt: 'miniupnpd-nftables',
    others: 'miniupnpd',
    why: "the lab router's UPnP, NAT-PMP and PCP",
  },
  {
    name: 'faketime',
    when: 'test',
    apt: 'faketime',
    others: 'libfaketime',
    why: 'sets the clock of one process alone',
  },
  { name: 'upnpc', when: 'test', apt: 'miniupnpc', others: 'miniupnpc', why: 'asks the router for ports by UPnP' },
  { name: 'natpmpc', when: 'test', apt: 'natpmpc', others: 'libnatpmp', why: 'asks the router for ports by NAT-PMP' },
];

/** The requirements of one use of the checkout: `purpose` is `{ forTests, forFleet, building }`. */
export function neededFor({ forTests, forFleet = forTests, building }) {
  const isNeeded = { run: true, build: building, fleet: forFleet || forTests, test: forTests };
  return REQUIREMENTS.filter(({ when }) => isNeeded[when]);
}

/** Of those, the ones for which `present(requirement)` is false. */
export async function findMissing(purpose, present = isPresent) {
  const missing = [];
  for (const requirement of neededFor(purpose)) if (!(await present(requirement))) missing.push(requirement);
  return missing;
}

const WITHOUT_SERVICES = fileURLToPath(new URL('without-services.sh', import.meta.url));

const HEADER_PLACES = [
  '/usr/include/pcap/pcap.h',
  '/usr/local/include/pcap/pcap.h',
  '/opt/homebrew/include/pcap/pcap.h',
];

/** Debian keeps several versions of PostgreSQL side by side, none of them on the search path. */
function versionFolders(folder) {
  if (folder === undefined || !existsSync(folder)) return [];
  return readdirSync(folder).map((version) => path.join(folder, version, 'bin'));
}

async function isPresent(requirement) {
  if (requirement.name !== 'pcap.h') {
    const searchPath = [process.env.PATH ?? '', ...versionFolders(requirement.versions)].join(':');
    return (requirement.programs ?? [requirement.name]).some((name) => findProgram(name, searchPath) !== null);
  }
  if (HEADER_PLACES.some((file) => existsSync(file))) return true;
  // Elsewhere only the compiler knows; without one the header is asked for together with it.
  if (findProgram('g++') === null) return false;
  const probe = await runStep('g++', ['-E', '-x', 'c++', '-include', 'pcap/pcap.h', '/dev/null'], {
    output: 'capture',
  });
  return probe.code === 0;
}

/**
 * What to do about missing requirements: `{ how, commands }`.
 * `how` is `run` (commands may be run now) or `ask` (a person must: commands are what to type; none where there is no apt).
 * @param machine `{ apt, root, sudo }`: apt-get exists; we are root; sudo is `'free'` (no password), `'asks'` or `'no'`
 */
export function plan(missing, machine) {
  const packages = [...new Set(missing.map(({ apt }) => apt))];
  if (!machine.apt) return { how: 'ask', packages, commands: [] };
  const install = ['apt-get', '-o', 'DPkg::Lock::Timeout=300', 'install', '-y', '--no-install-recommends', ...packages];
  const quietly = missing.some(({ service }) => service !== undefined) ? ['sh', WITHOUT_SERVICES] : [];
  const commands = [
    ['apt-get', 'update'],
    ['env', 'DEBIAN_FRONTEND=noninteractive', ...quietly, ...install],
  ];
  if (machine.root) return { how: 'run', packages, commands };
  if (machine.sudo === 'no') return { how: 'ask', packages, commands };
  const sudo = machine.sudo === 'free' ? ['sudo', '-n'] : ['sudo'];
  return { how: 'run', packages, commands: commands.map((command) => [...sudo, ...command]) };
}

/** The list of what is missing, one line each with its reason. */
export function describe(missing, { apt }) {
  const name = (requirement) => (apt ? requirement.apt : `${requirement.name} (package ${requirement.others})`);
  const width = Math.max(...missing.map((requirement) => name(requirement).length));
  return missing.map((requirement) => `  ${name(requirement).padEnd(width)}  ${requirement.why}`).join('\n');
}

/** What a person without rights here is told; includes the exact command. */
export function instructions(missing, { packages, commands }, machine) {
  const list = `thingwatch needs system packages that are missing:\n${describe(missing, machine)}\n`;
  if (commands.length === 0)
    return `${list}There is no apt-get here: install them with this system's package manager, then start again.`;
  const typed = `apt-get update && ${machine.sudoExists ? 'sudo ' : ''}apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  return machine.sudoExists
    ? `${list}This account may not install them. Run this, then start again:\n  sudo ${typed}`
    : `${list}This account may not install them. Run this as root, then start again:\n  ${typed}`;
}

async function lookAtMachine() {
  const sudoExists = findProgram('sudo') !== null;
  const isRoot = process.getuid?.() === 0;
  let sudo = 'no';
  if (!isRoot && sudoExists) {
    const free = await runStep('sudo', ['-n', 'true'], { output: 'capture' });
    if (free.code === 0) sudo = 'free';
    else if (hasTerminal()) sudo = 'asks';
  }
  return { apt: findProgram('apt-get') !== null, root: isRoot, sudo, sudoExists };
}

/** sudo asks at the terminal itself, so a capture on standard input does not matter. */
function hasTerminal() {
  if (process.env.CI) return false;
  try {
    closeSync(openSync('/dev/tty', 'r+'));
    return true;
  } catch {
    return false;
  }
}

/** Finds what is missing and installs it, or ends with instructions. Quiet when nothing is missing. */
export async function ensureSystem(purpose) {
  const missing = await findMissing(purpose);
  if (missing.length === 0) return;
  const machine = await lookAtMachine();
  const todo = plan(missing, machine);
  if (todo.how === 'ask') throw new SetUpError(instructions(missing, todo, machine));
  say(`installing system packages that are missing:\n${describe(missing, machine)}`);
  for (const command of todo.commands) {
    say(`running: ${command.join(' ')}`);
    const { code } = await runStep(command[0], command.slice(1), { ownGroup: machine.root || machine.sudo === 'free' });
    // A package list that could not be refreshed may still be good enough; the installation decides.
    if (code !== 0 && command.includes('install')) {
      throw new SetUpError(`the installation failed (exit ${code}). ${instructions(missing, todo, machine)}`);
    }
  }
  const still = await findMissing(purpose);
  if (still.length > 0) throw new SetUpError(`still missing after the installation:\n${describe(still, machine)}`);
  const services = missing.flatMap(({ service }) => service ?? []);
  if (services.length > 0) {
    say(
      `Debian would start ${services.join(' and ')} at the next boot; the tests do not need that: systemctl disable ${services.join(' ')}`,
    );
  }
}
