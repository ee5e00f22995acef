// What Docker, Podman and Home Assistant make of an image and of how it is to be run: the runtime's specification (OCI runtime-spec,
// config.json). Capabilities are each engine's own: Docker gives a user none but in the bounding set (moby, daemon/pkg/oci), Podman
// makes those that were asked for ambient. Seccomp and AppArmor are left out.

/** Docker's without cap_drop (docs.docker.com, "Runtime privilege and Linux capabilities"). */
const DEFAULTS = [
  ...['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'NET_RAW'],
  ...['SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'],
];

export function capabilitiesOf({ add = [], drop = [], engine, uid }) {
  const held = [...(drop.includes('ALL') ? [] : DEFAULTS), ...add].map((name) => `CAP_${name}`);
  const bounding = [...new Set(held)];
  if (uid === 0) return { bounding, effective: bounding, permitted: bounding };
  if (engine === 'docker') return { bounding };
  const asked = add.map((name) => `CAP_${name}`);
  return { bounding, effective: asked, permitted: asked, inheritable: asked, ambient: asked };
}

const mount = (destination, type, options, source = type) => ({ destination, type, source, options });

/** `/tmp:size=64m,mode=1777` as compose.yaml has it. */
function tmpfs(text) {
  const [place, options = ''] = text.split(':');
  return mount(place, 'tmpfs', ['nosuid', 'nodev', 'noexec', ...options.split(',').filter((option) => option !== '')]);
}

/**
 * @param image `OCIv1.config` of `buildah inspect --type image`
 * @param options.service as in compose.yaml; of its keys those that tell how it runs
 * @param options.volumes places in the container by folders here
 * @param options.command in place of the image's own
 */
export function specOf(image, { command, engine, rootfs, service, volumes }) {
  const [uid = 0, gid = uid] = (service.user ?? '0').split(':').map(Number);
  const environment = Object.entries(service.environment ?? {}).map(([name, value]) => `${name}=${value}`);
  const binds = Object.entries(volumes).map(([place, folder]) =>
    mount(place, 'bind', ['rbind', 'rw', 'nosuid'], folder),
  );
  const isHost = service.network_mode === 'host';
  return {
    ociVersion: '1.0.2',
    root: { path: rootfs, readonly: service.read_only ?? false },
    hostname: isHost ? undefined : 'container',
    process: {
      user: { uid, gid },
      cwd: image.WorkingDir || '/',
      args: [...(image.Entrypoint ?? []), ...(command ?? image.Cmd)],
      env: [...image.Env, ...environment],
      capabilities: capabilitiesOf({ add: service.cap_add, drop: service.cap_drop, engine, uid }),
      noNewPrivileges: (service.security_opt ?? []).some((option) => option.startsWith('no-new-privileges')),
    },
    mounts: [
      mount('/proc', 'proc', []),
      mount('/dev', 'tmpfs', ['nosuid', 'strictatime', 'mode=755', 'size=65536k']),
      mount('/dev/shm', 'tmpfs', ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k'], 'shm'),
      mount('/sys', 'sysfs', ['nosuid', 'noexec', 'nodev', 'ro']),
      ...(service.tmpfs ?? []).map(tmpfs),
      ...binds,
    ],
    linux: {
      namespaces: ['pid', 'ipc', 'mount', ...(isHost ? [] : ['network', 'uts'])].map((type) => ({ type })),
      maskedPaths: ['/proc/kcore', '/proc/keys', '/proc/timer_list', '/sys/firmware'],
      readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
    },
  };
}

/** What Home Assistant's Supervisor makes of an add-on's config.yaml (supervisor/docker/app.py). */
export function serviceOfAddOn(config) {
  return {
    network_mode: config.host_network ? 'host' : undefined,
    environment: { ...config.environment, TZ: 'Europe/Berlin' },
    cap_add: config.privileged,
    tmpfs: config.tmpfs ? ['/tmp'] : [],
  };
}
